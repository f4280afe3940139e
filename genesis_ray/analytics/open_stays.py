"""Stays in zones that have not ended, as far as the log tells of them."""

import pyarrow as pa

from genesis_ray.analytics.query import run
from genesis_ray.analytics.stored import Tables

_LAST_SIGHTS = """
WITH seen AS (
    SELECT camera_id, track_id, max(occurred_at) AS seen_at
    FROM track_observations SEMI JOIN stays USING (camera_id, track_id)
    WHERE occurred_at >= (SELECT min(entered_at) FROM stays)
    GROUP BY ALL
)
SELECT stays.*, greatest(entered_at, coalesce(seen_at, entered_at)) AS seen_at
FROM stays LEFT JOIN seen USING (camera_id, track_id)
ORDER BY seen_at, camera_id, track_id, zone_id
"""


def last_sights(stays: pa.Table, tables: Tables) -> pa.Table:
    """Return stays of one tenant with `seen_at`, when the track was seen last, in that order.

    Who was not seen after the entry left as they entered.

    Args:
        stays: Columns camera_id, track_id, zone_id, entered_at and others.
        tables: With `track_observations`, of the time since the first entry.
    """
    own = {"stays": stays, "track_observations": tables["track_observations"]}
    return run(_LAST_SIGHTS, own)
