"""The charts of a report."""

from typing import Any

import pyarrow as pa

from genesis_ray.analytics import charts
from genesis_ray.analytics.charts.look import shortened
from genesis_ray.analytics.dwell import dwell_histogram
from genesis_ray.analytics.journeys import journeys
from genesis_ray.analytics.query import run
from genesis_ray.analytics.ranges import between
from genesis_ray.analytics.reports.contents import Chart
from genesis_ray.analytics.reports.measures import Measures, Site
from genesis_ray.analytics.traffic import foot_heat
from genesis_ray.domain.periods import Period

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
    states: pa.Table,
    people: str,
) -> list[Chart]:
    """Return the charts, those of zones, queues and visits where the site has any.

    Args:
        site: Whose.
        period: Of which time.
        now: What was measured of it.
        before: Of the period before; None: there is nothing to compare with.
        states: What `camera_uptime` answers.
        people: What those are called who are counted.
    """
    zone = site.time_zone
    range_: dict[str, Any] = {"since": period.since, "until": period.until}
    earlier = before.came if before else None
    made = [Chart(charts.footfall(now.came, time_zone=zone, before=earlier, title=people), True)]
    if period.seconds >= _A_PART_OF_A_WEEK_S:
        made.append(Chart(charts.week(now.came_by_hour, time_zone=zone)))
    stays = dwell_histogram(site.tables, **range_)
    if len(stays):
        made += [
            Chart(charts.occupancy(now.levels, time_zone=zone)),
            Chart(charts.dwell_distribution(stays)),
        ]
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
    ]
    ways = journeys(site.tables, **range_, least_group=site.least_group)
    if len(ways):
        made.append(Chart(charts.journeys(ways), True))
    busiest = run(_BUSIEST, site.tables, between(*period))["camera_id"].to_pylist()
    for camera_id in map(str, busiest[:_MOST_CAMERAS]):
        cells = foot_heat(site.tables, camera_id=camera_id, **range_)
        title = f"Where people stand: {shortened(camera_id, _NAME_LETTERS)}"
        made.append(Chart(charts.foot_points(cells, title=title)))
    return [*made, Chart(charts.uptime(states), True)]
