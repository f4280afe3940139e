"""Who was there when, and for how long in which zones."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, model_validator

from genesis_ray.analytics.visits import VisitKey, visits_page
from genesis_ray.api.deps import GivenCursor, Limit, Moment, NextCursor, Reached
from genesis_ray.api.pages import Cursor

router = APIRouter(prefix="/v1/visits", tags=["visits"])

_BY_DEFAULT = timedelta(days=1)


class VisitQuery(BaseModel):
    """Which visits to list: those that began in a range, of the last day unless it is given."""

    model_config = ConfigDict(extra="forbid")

    start: Moment | None = Field(
        default=None, description="At or after, with a time zone; a day before `end` by default"
    )
    end: Moment | None = Field(default=None, description="Before, with a time zone; now by default")
    identity_id: str | None = Field(default=None, description="Only of this person")
    camera_id: str | None = Field(default=None, description="Only begun or ended at this camera")
    zone_id: str | None = Field(default=None, description="Only those over that entered this zone")
    least_s: float | None = Field(
        default=None, ge=0, description="Only those over that took as many seconds"
    )
    limit: Limit = 100
    cursor: GivenCursor = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.start and self.end and self.start >= self.end:
            raise ValueError(f"start {self.start.isoformat()} is not before {self.end.isoformat()}")
        return self


class Visit(BaseModel):
    """One stay of one person, however many tracks and cameras saw it."""

    visit_id: str
    identity_id: str
    site_id: str
    started_at: datetime
    ended_at: datetime | None = Field(description="Null: not over yet")
    duration_s: float | None
    first_camera_id: str | None
    last_camera_id: str | None = Field(description="Null: not over yet")
    zone_ids: list[str] = Field(description="Zones entered, in order, once the visit is over")
    dwell_s: dict[str, float] | None = Field(
        description="Seconds in each zone; null: not over yet, or retention has let go of what "
        "would tell it"
    )


class VisitPage(BaseModel):
    """Visits by when they began, then by their id."""

    visits: list[Visit]
    next_cursor: NextCursor


@router.get("")
def read_visits(reached: Reached, query: Annotated[VisitQuery, Query()]) -> VisitPage:
    """List visits, by who people are now."""
    end = query.end or datetime.now(UTC)
    after = Cursor.parse(query.cursor) if query.cursor else None
    rows = visits_page(
        reached.events,
        since=query.start or end - _BY_DEFAULT,
        until=end,
        identity_id=query.identity_id,
        camera_id=query.camera_id,
        zone_id=query.zone_id,
        least_s=query.least_s,
        after=VisitKey(after.at, after.row_id) if after else None,
        limit=query.limit + 1,  # one more tells whether there is a next page
    ).to_pylist()
    shown = [_shown(row) for row in rows[: query.limit]]
    more = len(rows) > query.limit
    last = Cursor(shown[-1].started_at, shown[-1].visit_id) if more else None
    return VisitPage(visits=shown, next_cursor=str(last) if last else None)


def _shown(row: dict[str, Any]) -> Visit:
    dwell_s = row["dwell_s"]
    return Visit(**{**row, "dwell_s": None if dwell_s is None else dict(dwell_s)})
