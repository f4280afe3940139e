"""Charts of the answers to questions: an Arrow table in, a plotly Figure out.

Each takes what the question of the same module answers, shows times by the clock of the site and
units at its axes, and says so where there is nothing to show. Colours can be told apart with any
colour vision; figures are readable at half the width of a page.
"""

from genesis_ray.analytics.charts.cameras import foot_points, uptime
from genesis_ray.analytics.charts.durations import dwell_distribution, queue_waits
from genesis_ray.analytics.charts.floor import floor
from genesis_ray.analytics.charts.journeys import journeys
from genesis_ray.analytics.charts.people import footfall, occupancy
from genesis_ray.analytics.charts.week import week

__all__ = [
    "dwell_distribution",
    "floor",
    "foot_points",
    "footfall",
    "journeys",
    "occupancy",
    "queue_waits",
    "uptime",
    "week",
]
