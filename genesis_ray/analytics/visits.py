"""Visits: a page of them, and how they are distributed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple, get_args

import pyarrow as pa

from genesis_ray.analytics.dwell import BINS_S, bins
from genesis_ray.analytics.ranges import ask, composed
from genesis_ray.analytics.stored import Tables
from genesis_ray.analytics.visit_rows import (
    DWELLS,
    VISIT_COLUMNS,
    VISITS_BEGUN,
    dwells_since,
    of_visits,
)
from genesis_ray.analytics.withholding import withhold
from genesis_ray.domain.clocks.site_time import zone_named
from genesis_ray.domain.figures.small_groups import LEAST_GROUP
from genesis_ray.errors import ConfigurationError

By = Literal["duration", "hour", "weekday"]

MOST_ROWS = 10_000
"""Of one page."""

_PAGE = composed(
    VISITS_BEGUN,
    """
shown AS (
    SELECT * FROM visits_begun
    WHERE
        ($identity_id::VARCHAR IS NULL OR identity_id = $identity_id)
        AND (
            $camera_id::VARCHAR IS NULL
            OR first_camera_id = $camera_id
            OR last_camera_id = $camera_id
        )
        AND ($zone_id::VARCHAR IS NULL OR list_contains(zone_ids, $zone_id))
        AND ($least_s::DOUBLE IS NULL OR epoch(ended_at - started_at) >= $least_s)
        AND (
            $after_at::TIMESTAMPTZ IS NULL
            OR (started_at, visit_id) > ($after_at::TIMESTAMPTZ, $after_id::VARCHAR)
        )
    ORDER BY started_at, visit_id
    LIMIT $limit
)
""",
    DWELLS,
    select=VISIT_COLUMNS,
)

_DISTRIBUTION = composed(
    VISITS_BEGUN,
    """
bins AS (
    SELECT unnest($from_s::DOUBLE[]) AS from_value, unnest($to_s::DOUBLE[]) AS to_value
),
valued AS (
    SELECT identity_id, CASE $by
        WHEN 'duration' THEN epoch(ended_at - started_at)
        WHEN 'hour' THEN hour(started_at AT TIME ZONE $time_zone)
        WHEN 'weekday' THEN isodow(started_at AT TIME ZONE $time_zone)
    END AS value
    FROM visits_begun
),
counts AS (
    SELECT from_value, count(*) AS visits, count(DISTINCT identity_id) AS people
    FROM valued ASOF JOIN bins ON value >= from_value
    GROUP BY from_value
)
""",
    select="""
SELECT
    from_value, to_value, coalesce(visits, 0) AS visits, coalesce(people, 0) AS people
FROM bins LEFT JOIN counts USING (from_value)
ORDER BY from_value
""",
)


class VisitKey(NamedTuple):
    """The place of a visit in the list: what the next page begins after."""

    started_at: datetime
    visit_id: str


def visits_page(
    tables: Tables,
    *,
    since: datetime,
    until: datetime,
    identity_id: str | None = None,
    camera_id: str | None = None,
    zone_id: str | None = None,
    least_s: float | None = None,
    after: VisitKey | None = None,
    limit: int = 100,
) -> pa.Table:
    """Return visits that began in [since, until), by (started_at, visit_id), a row each.

    Args:
        tables: With those of `VISIT_TABLES`.
        since: Start of the range.
        until: Its end, not within.
        identity_id: Only this person's.
        camera_id: Only those that began or ended at this camera.
        zone_id: Only those that entered this zone; known once a visit is over.
        least_s: Only those that are over and took as long.
        after: The last visit of the page before; None: from the first on.
        limit: Most rows.

    Columns: visit_id, identity_id, site_id, started_at, ended_at, duration_s (both null: not over
    yet), first_camera_id, last_camera_id (null: not over), zone_ids (in order), dwell_s (seconds in
    each zone, a map; null: not over, or the crossings are gone).

    Raises:
        ConfigurationError: There is no such range, or the limit is not 1 to `MOST_ROWS`.
    """
    if not 1 <= limit <= MOST_ROWS:
        raise ConfigurationError(f"expected a limit of 1 to {MOST_ROWS:,} visits, got {limit}")
    params = {
        **of_visits(since, until),
        **dwells_since(tables),
        "identity_id": identity_id,
        "camera_id": camera_id,
        "zone_id": zone_id,
        "least_s": least_s,
        "after_at": after.started_at if after else None,
        "after_id": after.visit_id if after else None,
        "limit": limit,
    }
    return ask(_PAGE, tables, params)


def visit_distribution(
    tables: Tables,
    *,
    since: datetime,
    until: datetime,
    time_zone: str,
    by: By,
    bins_s: Sequence[float] = BINS_S,
    least_group: int = LEAST_GROUP,
) -> pa.Table:
    """Return how visits that began in [since, until) are distributed, a row a bin, empty ones too.

    Columns: from_value, to_value (not within; by duration in seconds, of visits that are over, the
    last open; by hour of the day 0 to 24 in the zone; by weekday 1, Monday, to 8), visits, people
    (identities), suppressed (fewer than `least_group` people, or would give away such a bin: visits
    and people are null).

    Raises:
        ConfigurationError: There is no such range, zone or distribution.
    """
    zone_named(time_zone)
    params = {**of_visits(since, until), **_bins(by, bins_s), "by": by, "time_zone": time_zone}
    return withhold(
        ask(_DISTRIBUTION, tables, params),
        least_group=least_group,
        margins=[[]],
        columns=["visits", "people"],
    )


def _bins(by: By, bins_s: Sequence[float]) -> dict[str, object]:
    match by:
        case "duration":
            return bins(bins_s)
        case "hour":
            return {"from_s": list(range(24)), "to_s": list(range(1, 25))}
        case "weekday":
            return {"from_s": list(range(1, 8)), "to_s": list(range(2, 9))}
    raise ConfigurationError(f"no distribution by {by!r}; there are {', '.join(get_args(By))}")
