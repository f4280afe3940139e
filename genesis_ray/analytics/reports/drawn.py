"""The charts of a report."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from genesis_ray.analytics import charts
from genesis_ray.analytics.charts.look import shortened
from genesis_ray.analytics.dwell import dwell_histogram
from genesis_ray.analytics.journeys import journeys
from genesis_ray.analytics.ranges import ask, between
from genesis_ray.analytics.reports.contents import Chart
from genesis_ray.analytics.reports.kept import DWELL, HEAT, WAYS, is_kept
from genesis_ray.analytics.reports.measures import Measures
from genesis_ray.analytics.reports.site import Site
from genesis_ray.analytics.traffic import foot_heat
from genesis_ray.domain.figures.periods import Period

_MOST_CAMERAS = 6
"""That have a picture of where people stand: each is a look at all that the camera saw."""

_NAME_LETTERS = 20
"""Of a name in a title, for it to fit on a phone."""

_A_PART_OF_A_WEEK_S = 47 * 3600.0
"""Two days: of less, hours of the week are no more than hours."""

_BUSIEST = """
SELECT camera_id FROM track_observations
WHERE occurred_at >= $since AND occurred_at < $until
GROUP BY camera_id ORDER BY count(*) DESC, camera_id
"""


def drawn(
    site: Site,
    period: Period,
    now: Measures,
    before: Measures | None,
    *,
    states: pa.Table | None,
    people: str,
) -> list[Chart]:
    """Return the charts, those of zones, queues and visits where the site has any.

    What cannot be told any more is not drawn, nor is over time what is a single bucket.

    Args:
        site: Whose.
        period: Of which time.
        now: What was measured of it.
        before: Of the period before; None: there is nothing to compare with.
        states: What `camera_uptime` answers; None: it is not known any more.
        people: What those are called who are counted.
    """
    zone = site.time_zone
    range_: dict[str, Any] = {"since": period.since, "until": period.until}
    made = []
    if now.came.in_buckets is not None and _is_a_course(now.came.in_buckets):
        earlier = before.came.in_buckets if before else None
        came = charts.footfall(now.came.in_buckets, time_zone=zone, before=earlier, title=people)
        made.append(Chart(came, True))
    if now.came.by_hour is not None and period.seconds >= _A_PART_OF_A_WEEK_S:
        made.append(Chart(charts.week(now.came.by_hour, time_zone=zone)))
    has_zones = now.levels is not None and now.levels["zone_id"].null_count < len(now.levels)
    if now.levels is not None and has_zones and _is_a_course(now.levels):
        made.append(Chart(charts.occupancy(now.levels, time_zone=zone)))
    if is_kept(site.tables, DWELL, period):
        stays = dwell_histogram(site.tables, **range_)
        made += [Chart(charts.dwell_distribution(stays))] if len(stays) else []
    made += [
        Chart(
            charts.queue_waits(
                in_time,
                time_zone=zone,
                within_s=queue.within_s,
                title=f"Waiting in {shortened(queue.zone_id, _NAME_LETTERS)}",
            )
        )
        for queue, (_, in_time) in now.service.items()
        if _is_a_course(in_time)
    ]
    if is_kept(site.tables, WAYS, period):
        ways = journeys(site.tables, **range_, least_group=site.least_group)
        made += [Chart(charts.journeys(ways), True)] if len(ways) else []
    if is_kept(site.tables, HEAT, period):
        made += _feet(site, period)
    return made if states is None else [*made, Chart(charts.uptime(states), True)]


def _is_a_course(rows: pa.Table) -> bool:
    """Tell whether figures are of several buckets: a chart of one says what the figure does."""
    return len(rows["starts_at"].unique()) > 1


def _feet(site: Site, period: Period) -> Iterator[Chart]:
    busiest = ask(_BUSIEST, site.tables, between(*period))["camera_id"].to_pylist()
    for camera_id in map(str, busiest[:_MOST_CAMERAS]):
        cells = foot_heat(
            site.tables, camera_id=camera_id, since=period.since, until=period.until
        )  # fmt: skip
        title = f"Where people stand: {shortened(camera_id, _NAME_LETTERS)}"
        yield Chart(charts.foot_points(cells, title=title))
