"""How many came into view of each camera, for how long, and what was decided about their faces."""

from datetime import datetime

import pyarrow as pa

from genesis_ray.analytics.ranges import BUCKETS, Ids, composed, ids, in_buckets
from genesis_ray.analytics.rolled_up import Figures, figures_of
from genesis_ray.analytics.stored import Tables
from genesis_ray.domain.clocks.site_time import Bucket
from genesis_ray.errors import ConfigurationError

_TRACKS = composed(
    BUCKETS,
    """
chosen AS (
    SELECT * FROM cameras
    WHERE $camera_ids::VARCHAR[] IS NULL OR list_contains($camera_ids::VARCHAR[], camera_id)
),
sums AS (
    SELECT
        starts_at,
        camera_id,
        sum(tracks)::BIGINT AS tracks,
        sum(person_us)::DOUBLE / 1000000 AS person_seconds,
        sum(named)::BIGINT AS named,
        sum(anew)::BIGINT AS new_visitors,
        sum(carried)::BIGINT AS carried,
        sum(review)::BIGINT AS review,
        sum("unknown")::BIGINT AS "unknown"
    FROM chosen ASOF JOIN buckets ON bucket >= starts_at
    GROUP BY ALL
)
""",
    select="""
SELECT
    starts_at,
    ends_at,
    camera_id,
    coalesce(tracks, 0) AS tracks,
    coalesce(person_seconds, 0) AS person_seconds,
    coalesce(named, 0) AS named,
    coalesce(new_visitors, 0) AS new_visitors,
    coalesce(carried, 0) AS carried,
    coalesce(review, 0) AS review,
    coalesce("unknown", 0) AS "unknown"
FROM buckets
CROSS JOIN (SELECT DISTINCT camera_id FROM chosen)
LEFT JOIN sums USING (starts_at, camera_id)
ORDER BY camera_id, starts_at
""",
)

_FIGURES: Figures = {
    "cameras": ("tracks", "person_us", "named", "anew", "carried", "review", "unknown")
}


def tracks_in_view(
    tables: Tables,
    *,
    since: datetime,
    until: datetime,
    time_zone: str,
    bucket: Bucket | None = "hour",
    camera_ids: Ids = None,
) -> pa.Table:
    """Return how many came into view of each camera, a row a bucket and camera.

    Columns: starts_at, ends_at, camera_id, tracks (that came into view: not observed in the minute
    before; additive), person_seconds (in view, from sight to sight and at most 2 s at a time), and
    decisions about faces as they were made then: named, new_visitors, carried, review, unknown.

    Raises:
        ConfigurationError: There is no such range, or buckets are of minutes.
    """
    if bucket == "minute":
        raise ConfigurationError(
            "tracks are counted by quarters of an hour; ask for buckets of an hour or more, or for "
            "people_total of metrics"
        )
    params = in_buckets(since, until, bucket, time_zone)
    return figures_of(_TRACKS, tables, {**params, "camera_ids": ids(camera_ids)}, _FIGURES)
