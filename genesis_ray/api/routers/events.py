"""What happened, row by row."""

from typing import Annotated, Self

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, model_validator

from genesis_ray.api.backends import Backends
from genesis_ray.api.deps import GivenCursor, Limit, Moment, NextCursor, Reached, Shared
from genesis_ray.api.event_models import EventRow, Kind, to_models
from genesis_ray.api.pages import Cursor, place_of
from genesis_ray.domain.figures.event_page import PageRequest

router = APIRouter(prefix="/v1/events", tags=["events"])


class EventQuery(BaseModel):
    """Which events to read."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind = Field(description="The event table")
    camera_id: str | None = None
    start: Moment | None = Field(default=None, description="At or after, with a time zone")
    end: Moment | None = Field(default=None, description="Before, with a time zone")
    limit: Limit = 100
    cursor: GivenCursor = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.start and self.end and self.start > self.end:
            raise ValueError(f"start {self.start.isoformat()} is after end {self.end.isoformat()}")
        return self


class EventPage(BaseModel):
    """Events by when they were captured, then by their id."""

    events: list[EventRow]
    next_cursor: NextCursor


@router.get("", response_model=EventPage)
def read_events(
    reached: Reached, shared: Shared, query: Annotated[EventQuery, Query()]
) -> Response:
    """Read the rows of one event table, those not yet committed to Parquet included."""
    content = shared.ask(
        ("events", query.model_dump_json()), lambda: _page(reached, query).model_dump_json()
    )
    return Response(content, media_type=JSONResponse.media_type)


def _page(reached: Backends, query: EventQuery) -> EventPage:
    wanted = PageRequest(
        limit=query.limit + 1,  # one more tells whether there is a next page
        camera_id=query.camera_id,
        since=query.start,
        until=query.end,
        after=place_of(Cursor.parse(query.cursor)) if query.cursor else None,
    )
    rows = reached.event_page(query.kind, wanted)
    shown = to_models(query.kind, rows[: query.limit])
    more = len(rows) > query.limit
    last = Cursor(shown[-1].occurred_at, shown[-1].event_id.hex) if more else None
    return EventPage(events=shown, next_cursor=str(last) if last else None)
