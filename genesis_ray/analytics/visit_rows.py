"""Visits that began in a range, in SQL: what questions of visits are counted from."""

from datetime import datetime, timedelta

from genesis_ray.analytics.ranges import between

LONGEST_VISIT = timedelta(days=1)
"""A visit that takes longer is one that has not ended, as far as these questions tell."""

VISITS_BEGUN = """
visits_known AS (
    SELECT
        visit_id,
        identity_id,
        site_id,
        started_at,
        ended_at,
        any_value(camera_id) FILTER (ended_at IS NULL) OVER (PARTITION BY visit_id)
            AS first_camera_id,
        CASE WHEN ended_at IS NOT NULL THEN camera_id END AS last_camera_id,
        zone_ids
    FROM visit_events
    WHERE
        ($visits_since::TIMESTAMPTZ IS NULL OR occurred_at >= $visits_since::TIMESTAMPTZ)
        AND occurred_at < $read_until
    QUALIFY row_number() OVER (
        PARTITION BY visit_id ORDER BY ended_at DESC NULLS LAST, occurred_at DESC, event_id
    ) = 1
),
visits_begun AS (
    SELECT * FROM visits_known WHERE started_at >= $since AND started_at < $until
)
"""
"""A row a visit, its latest state: those known, and of them those that began in the range."""


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


def of_visits(since: datetime, until: datetime, *, with_history: bool = False) -> dict[str, object]:
    """Return the parameters of `VISITS_BEGUN`, by default without the visits before the range.

    Raises:
        ConfigurationError: See `between`.
    """
    params = between(since, until, after=LONGEST_VISIT)
    return {**params, "visits_since": None if with_history else params["since"]}
