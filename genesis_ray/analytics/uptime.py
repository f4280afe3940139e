"""How much of the time cameras were online."""

from datetime import UTC, datetime

import pyarrow as pa

from genesis_ray.analytics.ranges import BUCKETS, Ids, ask, composed, ids, in_buckets
from genesis_ray.analytics.stored import Tables
from genesis_ray.domain.site_time import Bucket

_UPTIME = composed(
    BUCKETS,
    """
told AS (
    SELECT
        camera_id, greatest(occurred_at, $since) AS changed_at, state, occurred_at, event_id
    FROM camera_states
    WHERE
        occurred_at < least($until, $now)
        AND ($camera_ids::VARCHAR[] IS NULL OR list_contains($camera_ids::VARCHAR[], camera_id))
),
changes AS (
    FROM told
    UNION ALL
    SELECT DISTINCT camera_id, greatest($now, $since), NULL, $now, NULL FROM told
    WHERE $now < $until
),
-- Of what happens at one moment a bucket begins last: whatever went before it takes no time.
marks AS (
    SELECT *, NULL AS starts_at, NULL AS ends_at FROM changes
    UNION ALL
    SELECT camera_id, starts_at, NULL, NULL, NULL, starts_at, ends_at
    FROM (SELECT DISTINCT camera_id FROM changes) CROSS JOIN buckets
),
spans AS (
    SELECT
        camera_id,
        last_value(starts_at IGNORE NULLS) OVER own AS starts_at,
        ends_at,
        CASE WHEN changed_at < $now THEN last_value(state IGNORE NULLS) OVER own END AS state,
        epoch(lead(changed_at, 1, $until) OVER own - changed_at) AS seconds
    FROM marks
    WINDOW own AS (PARTITION BY camera_id
        ORDER BY changed_at, occurred_at NULLS LAST, event_id
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
),
sums AS (
    SELECT
        starts_at,
        max(ends_at) AS ends_at,
        camera_id,
        coalesce(sum(seconds) FILTER (state = 'online'), 0) AS online_s,
        coalesce(sum(seconds) FILTER (state IN
            ('behind', 'too_fast', 'clock_skewed', 'decoding_errors', 'frozen', 'black', 'white')
        ), 0) AS impaired_s,
        coalesce(sum(seconds) FILTER (state IN ('connecting', 'stalled', 'failed')), 0)
            AS offline_s,
        coalesce(sum(seconds) FILTER (state IS NULL OR state = 'ended'), 0) AS unwatched_s
    FROM spans
    WHERE starts_at IS NOT NULL
    GROUP BY starts_at, camera_id
)
""",
    select="""
SELECT *, online_s / nullif(online_s + impaired_s + offline_s, 0) AS share_online
FROM sums
ORDER BY camera_id, starts_at
""",
)


def camera_uptime(
    tables: Tables,
    *,
    since: datetime,
    until: datetime,
    time_zone: str,
    bucket: Bucket | None = "hour",
    camera_ids: Ids = None,
    now: datetime | None = None,
) -> pa.Table:
    """Return in which state each camera was for how long, a row a bucket and camera.

    A state lasts until the next, however long before the range it began, and no longer than until
    `now`, by default the present: of what is to come nobody has watched anything.

    Columns: starts_at, ends_at, camera_id; in seconds, which add up to the bucket: online_s,
    impaired_s (pictures come, and something is wrong with them: black, frozen, behind, ...),
    offline_s (connecting, stalled, failed), unwatched_s (before the first state, after the source
    has ended, or yet to come); share_online (of the time that was watched, 0..1; null: none was).
    """
    params = in_buckets(since, until, bucket, time_zone)
    params |= {"camera_ids": ids(camera_ids), "now": now or datetime.now(UTC)}
    return ask(_UPTIME, tables, params, with_history=True)
