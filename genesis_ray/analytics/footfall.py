"""How many went over counting lines and into zones, by bucket of time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import pyarrow as pa

from genesis_ray.analytics.ranges import (
    BUCKETS,
    SLOTS,
    Ids,
    ask,
    composed,
    ids,
    in_slots,
    slot_of,
)
from genesis_ray.analytics.rolled_up import Figures, from_quarters
from genesis_ray.analytics.stored import Tables
from genesis_ray.domain.clocks.site_time import Bucket


@dataclass(frozen=True, slots=True)
class _Crossed:
    """What can be crossed, and what its crossings are called.

    Attributes:
        place: Its rows are in `<place>_crossings`.
        quarters: The table of counts by quarters of an hour.
        inwards: The direction that counts as in.
        came_in, went_out: Columns.
        chosen: Which rows are asked for.
    """

    place: Literal["line", "zone"]
    quarters: Literal["lines", "zones"]
    inwards: str
    came_in: str
    went_out: str
    chosen: str

    @property
    def from_events(self) -> str:
        """The query that counts crossings one by one."""
        return composed(
            BUCKETS,
            SLOTS,
            f"""
of_slots AS (
    SELECT
        {slot_of("occurred_at")} AS slot,
        camera_id,
        {self.place}_id,
        count_if(inwards) AS {self.came_in},
        count(*) - count_if(inwards) AS {self.went_out}
    FROM (
        SELECT DISTINCT
            occurred_at, track_id, camera_id, {self.place}_id,
            direction = '{self.inwards}' AS inwards
        FROM {self.place}_crossings
        WHERE occurred_at >= $since AND occurred_at < $until AND {self.chosen}
    )
    GROUP BY ALL
),
{self._counts("of_slots ASOF JOIN slots ON of_slots.slot >= slots.slot")}
""",  # noqa: S608  constants
            select=self._select("of_slots"),
        )

    @property
    def from_quarters(self) -> str:
        """The query that adds up the counts of quarters."""
        return composed(
            BUCKETS,
            f"""
chosen AS (
    SELECT * FROM {self.quarters}
    WHERE {self.came_in} + {self.went_out} > 0 AND {self.chosen}
),
{self._counts("chosen ASOF JOIN buckets ON bucket >= starts_at")}
""",  # noqa: S608  constants
            select=self._select("chosen"),
        )

    def _counts(self, rows: str) -> str:
        return f"""
counts AS (
    SELECT
        starts_at,
        camera_id,
        {self.place}_id,
        sum({self.came_in})::BIGINT AS {self.came_in},
        sum({self.went_out})::BIGINT AS {self.went_out}
    FROM {rows}
    GROUP BY ALL
)
"""  # noqa: S608  constants

    def _select(self, rows: str) -> str:
        return f"""
SELECT
    starts_at,
    ends_at,
    camera_id,
    {self.place}_id,
    coalesce({self.came_in}, 0) AS {self.came_in},
    coalesce({self.went_out}, 0) AS {self.went_out}
FROM buckets
CROSS JOIN (SELECT DISTINCT camera_id, {self.place}_id FROM {rows})
LEFT JOIN counts USING (starts_at, camera_id, {self.place}_id)
ORDER BY camera_id, {self.place}_id, starts_at
"""  # noqa: S608  constants

    def counted(self, tables: Tables, params: Mapping[str, Any]) -> pa.Table:
        """Return the counts by bucket: from quarters where these are kept up, else from events."""
        figures: Figures = {self.quarters: (self.came_in, self.went_out)}
        rolled_up = from_quarters(self.from_quarters, tables, params, figures)
        return ask(self.from_events, tables, params) if rolled_up is None else rolled_up


_OF_CAMERAS = "($camera_ids::VARCHAR[] IS NULL OR list_contains($camera_ids::VARCHAR[], camera_id))"
_OF_ZONES = "($zone_ids::VARCHAR[] IS NULL OR list_contains($zone_ids::VARCHAR[], zone_id))"

_LINES = _Crossed("line", "lines", "in", "went_in", "went_out", _OF_CAMERAS)
_ZONES = _Crossed("zone", "zones", "enter", "entries", "exits", f"{_OF_CAMERAS} AND {_OF_ZONES}")


def footfall(
    tables: Tables,
    *,
    since: datetime,
    until: datetime,
    time_zone: str,
    bucket: Bucket | None = "hour",
    camera_ids: Ids = None,
) -> pa.Table:
    """Return how often each counting line was crossed, a row a bucket and line that was at all.

    Columns: starts_at, ends_at, camera_id, line_id, went_in, went_out (crossings; one person who
    goes in, out and in again went in twice).
    """
    chosen = {"camera_ids": ids(camera_ids)}
    return _LINES.counted(tables, in_slots(since, until, bucket, time_zone) | chosen)


def zone_entries(
    tables: Tables,
    *,
    since: datetime,
    until: datetime,
    time_zone: str,
    bucket: Bucket | None = "hour",
    camera_ids: Ids = None,
    zone_ids: Ids = None,
) -> pa.Table:
    """Return how often each zone was entered and left, a row a bucket and zone that was at all.

    Columns: starts_at, ends_at, camera_id, zone_id, entries, exits.
    """
    chosen = {"camera_ids": ids(camera_ids), "zone_ids": ids(zone_ids)}
    return _ZONES.counted(tables, in_slots(since, until, bucket, time_zone) | chosen)
