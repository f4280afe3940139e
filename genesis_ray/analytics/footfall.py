"""How many went over counting lines and into zones, by bucket of time."""

from datetime import datetime

import pyarrow as pa

from genesis_ray.analytics.ranges import BUCKETS, Ids, ask, composed, ids, in_buckets
from genesis_ray.analytics.stored import Tables
from genesis_ray.domain.site_time import Bucket

_LINES = composed(
    BUCKETS,
    """
crossings AS (
    SELECT DISTINCT camera_id, line_id, track_id, direction, occurred_at
    FROM line_crossings
    WHERE
        occurred_at >= $since
        AND occurred_at < $until
        AND ($camera_ids::VARCHAR[] IS NULL OR list_contains($camera_ids::VARCHAR[], camera_id))
),
counts AS (
    SELECT
        starts_at,
        camera_id,
        line_id,
        count(*) FILTER (direction = 'in') AS went_in,
        count(*) FILTER (direction = 'out') AS went_out
    FROM crossings ASOF JOIN buckets ON occurred_at >= starts_at
    GROUP BY ALL
)
""",
    select="""
SELECT
    starts_at,
    ends_at,
    camera_id,
    line_id,
    coalesce(went_in, 0) AS went_in,
    coalesce(went_out, 0) AS went_out
FROM buckets
CROSS JOIN (SELECT DISTINCT camera_id, line_id FROM crossings)
LEFT JOIN counts USING (starts_at, camera_id, line_id)
ORDER BY camera_id, line_id, starts_at
""",
)

_ZONES = composed(
    BUCKETS,
    """
crossings AS (
    SELECT DISTINCT camera_id, zone_id, track_id, direction, occurred_at
    FROM zone_crossings
    WHERE
        occurred_at >= $since
        AND occurred_at < $until
        AND ($camera_ids::VARCHAR[] IS NULL OR list_contains($camera_ids::VARCHAR[], camera_id))
        AND ($zone_ids::VARCHAR[] IS NULL OR list_contains($zone_ids::VARCHAR[], zone_id))
),
counts AS (
    SELECT
        starts_at,
        camera_id,
        zone_id,
        count(*) FILTER (direction = 'enter') AS entries,
        count(*) FILTER (direction = 'exit') AS exits
    FROM crossings ASOF JOIN buckets ON occurred_at >= starts_at
    GROUP BY ALL
)
""",
    select="""
SELECT
    starts_at,
    ends_at,
    camera_id,
    zone_id,
    coalesce(entries, 0) AS entries,
    coalesce(exits, 0) AS exits
FROM buckets
CROSS JOIN (SELECT DISTINCT camera_id, zone_id FROM crossings)
LEFT JOIN counts USING (starts_at, camera_id, zone_id)
ORDER BY camera_id, zone_id, starts_at
""",
)


def footfall(
    tables: Tables,
    *,
    since: datetime,
    until: datetime,
    time_zone: str,
    bucket: Bucket | None = "hour",
    camera_ids: Ids = None,
) -> pa.Table:
    """Return how often each counting line was crossed, a row a bucket and line that was at all.

    Columns: starts_at, ends_at, camera_id, line_id, went_in, went_out (crossings; one person who
    goes in, out and in again went in twice).
    """
    params = in_buckets(since, until, bucket, time_zone)
    return ask(_LINES, tables, {**params, "camera_ids": ids(camera_ids)})


def zone_entries(
    tables: Tables,
    *,
    since: datetime,
    until: datetime,
    time_zone: str,
    bucket: Bucket | None = "hour",
    camera_ids: Ids = None,
    zone_ids: Ids = None,
) -> pa.Table:
    """Return how often each zone was entered and left, a row a bucket and zone that was at all.

    Columns: starts_at, ends_at, camera_id, zone_id, entries, exits.
    """
    params = in_buckets(since, until, bucket, time_zone)
    chosen = {"camera_ids": ids(camera_ids), "zone_ids": ids(zone_ids)}
    return ask(_ZONES, tables, {**params, **chosen})
