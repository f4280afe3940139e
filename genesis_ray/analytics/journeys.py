"""Ways through the zones of the site, visit by visit."""

from datetime import datetime

import pyarrow as pa

from genesis_ray.analytics.ranges import ask, composed
from genesis_ray.analytics.stored import Tables
from genesis_ray.analytics.visit_rows import VISITS_BEGUN, of_visits
from genesis_ray.analytics.withholding import withhold
from genesis_ray.domain.figures.small_groups import LEAST_GROUP
from genesis_ray.errors import ConfigurationError

ENTER, LEAVE, FURTHER = "(enter)", "(leave)", "(further)"
"""Nodes that are no zones: before the first, after the last, and beyond what is shown."""

_LINKS = """
nodes AS (
    SELECT
        visit_id,
        identity_id,
        list_concat(
            [$enter],
            list_filter(zone_ids, lambda zone_id, n: n = 1 OR zone_id <> zone_ids[n - 1]),
            [$leave]
        ) AS nodes
    FROM visits_begun
    WHERE ended_at IS NOT NULL
),
links AS (
    SELECT
        identity_id, visit_id, step, nodes[step] AS origin, nodes[step + 1] AS destination
    FROM (SELECT *, unnest(range(1, len(nodes))) AS step FROM nodes)
)
"""

_MATRIX = composed(
    VISITS_BEGUN,
    _LINKS,
    """
counts AS (
    SELECT origin, destination, count(*) AS moves, count(DISTINCT identity_id) AS people
    FROM links
    GROUP BY origin, destination
)
""",
    select="""
SELECT
    origin,
    destination,
    coalesce(moves, 0) AS moves,
    coalesce(people, 0) AS people,
    coalesce(moves, 0) / sum(moves) OVER (PARTITION BY origin) AS share
FROM (SELECT DISTINCT origin FROM links)
CROSS JOIN (SELECT DISTINCT destination FROM links)
LEFT JOIN counts USING (origin, destination)
WHERE origin <> destination
ORDER BY origin, destination
""",
)

_JOURNEYS = composed(
    VISITS_BEGUN,
    _LINKS,
    select="""
SELECT
    step,
    origin,
    CASE WHEN step = $most_steps AND destination <> $leave THEN $further ELSE destination END
        AS destination,
    count(*) AS visits,
    count(DISTINCT identity_id) AS people
FROM links
WHERE step <= $most_steps
GROUP BY ALL
ORDER BY ALL
""",
)


def zone_transitions(
    tables: Tables,
    *,
    since: datetime,
    until: datetime,
    least_group: int = LEAST_GROUP,
) -> pa.Table:
    """Return from which zone visitors went to which next, a row a pair, those of nobody too.

    Of the visits that began in [since, until) and are over. Zones that a visitor entered twice in
    a row count once.

    Columns: origin (a zone, or `ENTER`), destination (a zone, or `LEAVE`), moves, people
    (identities), share (of the moves from this origin, 0..1), suppressed (fewer than
    `least_group` people, or would give away such a cell: moves, people and share are null).
    """
    params = of_visits(since, until) | {"enter": ENTER, "leave": LEAVE}
    return withhold(
        ask(_MATRIX, tables, params),
        least_group=least_group,
        margins=[["origin"], ["destination"]],
        columns=["moves", "people", "share"],
    )


def journeys(
    tables: Tables,
    *,
    since: datetime,
    until: datetime,
    most_steps: int = 6,
    least_group: int = LEAST_GROUP,
) -> pa.Table:
    """Return the links of a Sankey diagram of the same visits, a row a link that has visits.

    Columns: step (1: from `ENTER`), origin, destination (a zone, `LEAVE`, or `FURTHER` where a
    journey has more than `most_steps`), visits, people (identities), suppressed (as with
    `zone_transitions`: visits and people are null).

    Raises:
        ConfigurationError: There is no such range, or fewer than 1 step is asked for.
    """
    if most_steps < 1:
        raise ConfigurationError(f"expected at least 1 step of a journey, got {most_steps}")
    nodes = {"enter": ENTER, "leave": LEAVE, "further": FURTHER}
    params = of_visits(since, until) | nodes | {"most_steps": most_steps}
    return withhold(
        ask(_JOURNEYS, tables, params),
        least_group=least_group,
        margins=[["step"], ["step", "origin"], ["step", "destination"]],
        columns=["visits", "people"],
    )
