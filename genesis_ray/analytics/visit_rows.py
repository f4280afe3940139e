"""Visits that began in a range, in SQL: what questions of visits are counted from."""

from datetime import datetime, timedelta

from genesis_ray.analytics.ranges import between

LONGEST_VISIT = timedelta(days=1)
"""A visit that takes longer is one that has not ended, as far as these questions tell."""

VISITS_BEGUN = """
visits_known AS (
    SELECT
        visit_id,
        any_value(identity_id) AS identity_id,
        any_value(site_id) AS site_id,
        min(started_at) AS started_at,
        max(ended_at) AS ended_at,
        any_value(camera_id) FILTER (ended_at IS NULL) AS first_camera_id,
        arg_max(camera_id, ended_at) AS last_camera_id,
        coalesce(arg_max(zone_ids, ended_at), any_value(zone_ids)) AS zone_ids
    FROM visit_events
    WHERE occurred_at >= $since AND occurred_at < $read_until
    GROUP BY visit_id
),
visits_begun AS (
    SELECT * FROM visits_known WHERE started_at >= $since AND started_at < $until
)
"""
"""A row a visit, its latest state: those with a row since the range began, and of them those that
began in it.

All rows of a visit are of one identity, and its start only moves back (`domain.visits`): grouping
finds what the latest row says, at half of what ordering the rows of each visit takes.
"""

VISIT_COLUMNS = """
SELECT
    visit_id,
    identity_id,
    site_id,
    started_at,
    ended_at,
    epoch(ended_at - started_at) AS duration_s,
    first_camera_id,
    last_camera_id,
    zone_ids
FROM visits_begun
"""
"""What visits are shown with, wherever a row is one."""


def of_visits(since: datetime, until: datetime) -> dict[str, object]:
    """Return the parameters of `VISITS_BEGUN`.

    Raises:
        ConfigurationError: See `between`.
    """
    return between(since, until, after=LONGEST_VISIT)
