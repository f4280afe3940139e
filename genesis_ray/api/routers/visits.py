"""Who was there when, and for how long in which zones."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any, Literal, Self

import pyarrow as pa
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from genesis_ray.analytics.visits import MOST_ROWS, VisitKey, visits_page
from genesis_ray.api.deps import GivenCursor, Limit, Moment, NextCursor, Reached
from genesis_ray.api.pages import Cursor
from genesis_ray.api.rows import CSV_DESCRIBED, Format, csv_of, wants_csv
from genesis_ray.errors import ConfigurationError

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
    format: Format = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.start and self.end and self.start >= self.end:
            raise ValueError(f"start {self.start.isoformat()} is not before {self.end.isoformat()}")
        return self


class VisitRecord(BaseModel):
    """One stay of one person, however many tracks and cameras saw it: VisitRecord.v1."""

    model_config = ConfigDict(extra="forbid")

    contract: Literal["VisitRecord.v1"] = Field(
        description="The form of this record, docs/contracts/VisitRecord.v1.json"
    )
    visit_id: str
    tenant_id: str
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

    visits: list[VisitRecord]
    next_cursor: NextCursor


@router.get("", response_model=VisitPage, responses={HTTPStatus.OK: CSV_DESCRIBED})
def read_visits(
    request: Request, reached: Reached, query: Annotated[VisitQuery, Query()]
) -> Response | VisitPage:
    """List visits, by who people are now; as CSV all of the range, with neither pages nor names."""
    end = query.end or datetime.now(UTC)
    page = partial(
        visits_page,
        reached.events,
        since=query.start or end - _BY_DEFAULT,
        until=end,
        identity_id=query.identity_id,
        camera_id=query.camera_id,
        zone_id=query.zone_id,
        least_s=query.least_s,
    )
    if wants_csv(request, query.format):
        if given := {"limit", "cursor"} & query.model_fields_set:
            raise ConfigurationError(
                f"CSV has all visits of a range; leave out {' and '.join(sorted(given))}"
            )
        return csv_of("visits", _all_of(page))
    after = Cursor.parse(query.cursor) if query.cursor else None
    rows = page(
        after=VisitKey(after.at, after.row_id) if after else None,
        limit=query.limit + 1,  # one more tells whether there is a next page
    ).to_pylist()
    shown = [_shown(row, reached.settings.tenant_id) for row in rows[: query.limit]]
    more = len(rows) > query.limit
    last = Cursor(shown[-1].started_at, shown[-1].visit_id) if more else None
    return VisitPage(visits=shown, next_cursor=str(last) if last else None)


def _all_of(page: partial[pa.Table]) -> Iterator[pa.Table]:
    """Yield all pages, so that memory is that of one."""
    after = None
    while True:
        rows: pa.Table = page(after=after, limit=MOST_ROWS)
        yield rows
        if len(rows) < MOST_ROWS:
            return
        (last,) = rows.slice(len(rows) - 1).to_pylist()
        after = VisitKey(last["started_at"].astimezone(UTC), last["visit_id"])


def _shown(row: dict[str, Any], tenant_id: str) -> VisitRecord:
    dwell_s = row["dwell_s"]
    told = {**row, "dwell_s": None if dwell_s is None else dict(dwell_s)}
    return VisitRecord(contract="VisitRecord.v1", tenant_id=tenant_id, **told)
