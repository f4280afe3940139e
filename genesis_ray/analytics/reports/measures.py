"""What is measured of a period: asked once of this one and once of the one before."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

import pyarrow as pa

from genesis_ray.analytics.attendance import attendances
from genesis_ray.analytics.footfall import footfall
from genesis_ray.analytics.occupancy import occupancy
from genesis_ray.analytics.query import run
from genesis_ray.analytics.queues import queue_service
from genesis_ray.analytics.ranges import BUCKETS, composed
from genesis_ray.analytics.returning import returning_visitors
from genesis_ray.analytics.stored import Tables
from genesis_ray.analytics.visit_rows import VISITS_BEGUN, of_visits
from genesis_ray.domain.periods import Period
from genesis_ray.domain.site_time import Bucket, bucket_edges

_HOUR: Bucket = "hour"
_LONGEST_BY_MINUTE = timedelta(hours=3)
_LONGEST_BY_HOUR = timedelta(days=3, hours=1)
_LONGEST_BY_DAY = timedelta(days=93)

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

_CAME = composed(
    BUCKETS,
    """
counts AS (
    SELECT starts_at, count(*) AS went_in
    FROM attendances ASOF JOIN buckets ON started_at >= starts_at
    GROUP BY starts_at
)
""",
    select="""
SELECT starts_at, ends_at, coalesce(went_in, 0) AS went_in
FROM buckets LEFT JOIN counts USING (starts_at)
ORDER BY starts_at
""",
)


class Queue(NamedTuple):
    """Where people queue, where they are served, and how soon that is to be."""

    zone_id: str
    service_zone_id: str | None = None
    within_s: float = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What is to be known of a site to measure it.

    Attributes:
        tables: One tenant's.
        within: Returns those of a period alone.
        time_zone: Of the site.
        queues: Its queues.
        least_group: People whom a figure of a group tells of at least.
        visit_gap_s: Who is out of sight for longer comes anew.
    """

    tables: Tables
    within: Callable[[Period], Tables]
    time_zone: str
    queues: Sequence[Queue] = ()
    least_group: int
    visit_gap_s: float = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """The figures of a period.

    Attributes:
        came: starts_at, ends_at and went_in, in buckets for a chart.
        came_by_hour: The same by the hour.
        visitors: visits, people, new_people, returning_people; null: withheld.
        stays: stays, people, mean_s and median_s of those that are over.
        levels: What `occupancy` answers, by the hour; of short periods by the minute,
            of long ones by the day.
        service: What `queue_service` answers of each queue: of the whole period, and in buckets.
    """

    came: pa.Table
    came_by_hour: pa.Table
    visitors: Mapping[str, Any]
    stays: Mapping[str, Any]
    levels: pa.Table
    service: Mapping[Queue, tuple[pa.Table, pa.Table]]


def has_lines(site: Site, period: Period) -> bool:
    """Tell whether anybody went over a counting line."""
    since, until = period
    answer = footfall(
        site.tables, since=since, until=until, time_zone=site.time_zone, bucket=None
    )  # fmt: skip
    return len(answer) > 0


def has_visits(site: Site, period: Period) -> bool:
    """Tell whether any visit of somebody who was recognised is over."""
    return bool(_visit_lengths(site, period)["stays"])


def bucket_for(period: Period) -> Bucket:
    """Return buckets of which a chart of the period has some, and not too many."""
    length = timedelta(seconds=period.seconds)
    if length <= _LONGEST_BY_MINUTE:
        return "minute"
    if length <= _LONGEST_BY_HOUR:
        return "hour"
    return "day" if length <= _LONGEST_BY_DAY else "week"


def measured(site: Site, period: Period, *, by_lines: bool, by_visits: bool) -> Measures:
    """Measure a period.

    Args:
        site: Whose.
        period: Which.
        by_lines: Count people as they go over lines; else as they come into view.
        by_visits: Take stays to be the visits of who was recognised; else those of anybody.
    """
    since, until = period
    zoned: dict[str, Any] = {"since": since, "until": until, "time_zone": site.time_zone}
    bucket = bucket_for(period)
    seen: dict[str, pa.Table] = {}
    if not (by_lines and by_visits):
        seen["attendances"] = attendances(
            site.within(period), since=since, until=until, visit_gap_s=site.visit_gap_s
        )
    came, came_by_hour = (
        footfall(site.tables, **zoned, bucket=each)
        if by_lines
        else run(_CAME, seen, {"edges": bucket_edges(since, until, each, site.time_zone)})
        for each in (bucket, _HOUR)
    )
    (visitors,) = returning_visitors(
        site.tables, **zoned, bucket=None, least_group=site.least_group
    ).to_pylist()
    stays = _visit_lengths(site, period) if by_visits else run(_LENGTHS, seen).to_pylist()[0]
    fine: Mapping[Bucket, Bucket] = {"minute": "minute", "week": "day"}
    levels = occupancy(site.tables, **zoned, bucket=fine.get(bucket, _HOUR))
    service = {
        queue: (_served(site, queue, zoned, None), _served(site, queue, zoned, bucket))
        for queue in site.queues
    }
    return Measures(
        came=came,
        came_by_hour=came_by_hour,
        visitors=visitors,
        stays=stays,
        levels=levels,
        service=service,
    )


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
    answer: dict[str, Any] = run(_VISIT_LENGTHS, site.tables, of_visits(*period)).to_pylist()[0]
    return answer
