"""What is measured of a period: asked once of this one and once of the one before.

What retention let go of is not measured: a part of the rows would give other figures.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from genesis_ray.analytics.attendance import attendances
from genesis_ray.analytics.limits import limits_of
from genesis_ray.analytics.occupancy import occupancy
from genesis_ray.analytics.query import run
from genesis_ray.analytics.queues import queue_service
from genesis_ray.analytics.ranges import ask, composed
from genesis_ray.analytics.reports.came import Came, CountedBy, who_came
from genesis_ray.analytics.reports.kept import (
    GONE,
    LEVELS,
    LINE_ENTRIES,
    LOOK_BACK,
    PEOPLE_SEEN,
    RETURNING,
    VISITS,
    WAITING,
    has_rows,
    is_kept,
)
from genesis_ray.analytics.reports.site import Queue, Site
from genesis_ray.analytics.returning import returning_visitors
from genesis_ray.analytics.visit_rows import VISITS_BEGUN, of_visits
from genesis_ray.domain.clocks.site_time import Bucket
from genesis_ray.domain.figures.periods import Period

_HOUR: Bucket = "hour"
_LONGEST_BY_MINUTE = timedelta(hours=3)
_LONGEST_BY_HOUR = timedelta(days=3, hours=1)
_LONGEST_BY_DAY = timedelta(days=93)

BEGINS_LATE = timedelta(days=1)
"""That nothing was seen on the first day may be because nobody came."""

_VISIT_LENGTHS = composed(
    VISITS_BEGUN,
    select="""
SELECT
    count(*) AS stays,
    count(DISTINCT identity_id) AS people,
    avg(epoch(ended_at - started_at)) AS mean_s,
    quantile_cont(epoch(ended_at - started_at), 0.5) AS median_s
FROM visits_begun WHERE ended_at IS NOT NULL
""",
)

_LENGTHS = """
SELECT
    count(*) AS stays,
    count(*) AS people,
    avg(seconds) AS mean_s,
    quantile_cont(seconds, 0.5) AS median_s
FROM attendances
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """The figures of a period; None: rows of them are gone.

    Attributes:
        came: How many came.
        visitors: visits, people, new_people, returning_people; null: withheld.
        returning_of: Why it cannot be told who had been here in the `LOOK_BACK` before; "": it can.
        is_comparable: Whether that is of a full `LOOK_BACK`, but for `BEGINS_LATE`.
        stays: stays, people, mean_s and median_s of those that are over.
        levels: What `occupancy` answers, by the hour; of short periods by the minute,
            of long ones by the day.
        service: What `queue_service` answers of each queue: of the whole period, and in buckets.
    """

    came: Came
    visitors: Mapping[str, Any] | None
    returning_of: str = ""
    is_comparable: bool = True
    stays: Mapping[str, Any] | None
    levels: pa.Table | None
    service: Mapping[Queue, tuple[pa.Table, pa.Table]]

    @property
    def are_none(self) -> bool:
        """Whether rows of all of them are gone."""
        came = self.came.people, self.came.entries
        own = *came, self.visitors, self.stays, self.levels
        return all(each is None for each in own)


def has_visits(site: Site, period: Period) -> bool:
    """Tell whether any visit of somebody who was recognised is over, as far as that is known."""
    return is_kept(site.tables, VISITS, period) and bool(_visit_lengths(site, period)["stays"])


def bucket_for(site: Site, *periods: Period) -> Bucket:
    """Return buckets of which a chart of the first period has some, and not too many.

    All periods are drawn in them: in minutes only if all single rows are there.
    """
    length = timedelta(seconds=periods[0].seconds)
    if length <= _LONGEST_BY_MINUTE:
        has_all = all(
            has_rows(site.tables, part, each) for part in (LINE_ENTRIES, LEVELS) for each in periods
        )
        return "minute" if has_all else _HOUR
    if length <= _LONGEST_BY_HOUR:
        return "hour"
    return "day" if length <= _LONGEST_BY_DAY else "week"


def measured(
    site: Site,
    period: Period,
    *,
    bucket: Bucket,
    counted_by: CountedBy,
    by_visits: bool,
    first: datetime | None,
) -> Measures:
    """Measure a period.

    Args:
        site: Whose.
        period: Which.
        bucket: Of what is drawn over time.
        counted_by: What tells how many came.
        by_visits: Take stays to be the visits of who was recognised; else those of anybody.
        first: When anybody was seen first of all.
    """
    since, until = period
    zoned: dict[str, Any] = {"since": since, "until": until, "time_zone": site.time_zone}
    seen: dict[str, pa.Table] | None = None
    if (counted_by == "views" or not by_visits) and is_kept(site.tables, PEOPLE_SEEN, period):
        seen = {
            "attendances": attendances(
                site.tables, since=since, until=until, visit_gap_s=site.visit_gap_s
            )
        }
    came = who_came(site, period, bucket=bucket, counted_by=counted_by, seen=seen)
    visitors = None
    if is_kept(site.tables, VISITS, period):
        (visitors,) = returning_visitors(
            site.tables, **zoned, bucket=None, least_group=site.least_group, look_back=LOOK_BACK
        ).to_pylist()
    stays = None
    if by_visits and visitors:
        stays = _visit_lengths(site, period)
    elif not by_visits and seen is not None:
        stays = run(_LENGTHS, seen, limits=limits_of(site.tables)).to_pylist()[0]
    service = {}
    if is_kept(site.tables, WAITING, period):
        service = {
            queue: (_served(site, queue, zoned, None), _served(site, queue, zoned, bucket))
            for queue in site.queues
        }
    return Measures(
        came=came,
        visitors=visitors,
        returning_of=_why_not_returning(site, period, first),
        is_comparable=first is not None and first <= since - LOOK_BACK + BEGINS_LATE,
        stays=stays,
        levels=_levels(site, period, zoned, bucket),
        service=service,
    )


def _levels(site: Site, period: Period, zoned: dict[str, Any], bucket: Bucket) -> pa.Table | None:
    if not is_kept(site.tables, LEVELS, period):
        return None
    fine: Mapping[Bucket, Bucket] = {"minute": "minute", "week": "day"}
    return occupancy(site.tables, **zoned, bucket=fine.get(bucket, _HOUR))


def _why_not_returning(site: Site, period: Period, first: datetime | None) -> str:
    if not is_kept(site.tables, RETURNING, period):
        return f"earlier visits were {GONE}"
    return "nothing is recorded of before" if first is None or first >= period.since else ""


def _served(site: Site, queue: Queue, zoned: dict[str, Any], bucket: Bucket | None) -> pa.Table:
    return queue_service(
        site.tables,
        **zoned,
        queue_zone_id=queue.zone_id,
        service_zone_id=queue.service_zone_id,
        within_s=queue.within_s,
        bucket=bucket,
    )


def _visit_lengths(site: Site, period: Period) -> dict[str, Any]:
    answer: dict[str, Any] = ask(_VISIT_LENGTHS, site.tables, of_visits(*period)).to_pylist()[0]
    return answer
