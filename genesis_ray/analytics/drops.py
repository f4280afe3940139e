"""How many frames were dropped because they could not be kept up with."""

from datetime import datetime

import pyarrow as pa

from genesis_ray.analytics.ranges import ask, between
from genesis_ray.analytics.stored import Tables

_DROPPED = """
SELECT
    camera_id,
    sum(epoch(occurred_at - since)) AS seconds,
    sum(looked_at)::BIGINT AS looked_at,
    sum(list_sum(map_values(by_reason)))::BIGINT AS dropped
FROM (
    SELECT DISTINCT camera_id, occurred_at, since, looked_at, by_reason
    FROM frame_drops
    WHERE occurred_at >= $since AND occurred_at < $until
)
GROUP BY camera_id
ORDER BY dropped DESC, camera_id
"""


def dropped_frames(tables: Tables, *, since: datetime, until: datetime) -> pa.Table:
    """Return how many frames were dropped in [since, until), a row a camera of which any was.

    They are told once a minute: those of the minute that an end of the range is in count where it
    ends.

    Columns: camera_id, seconds (of the minutes in which frames were dropped), looked_at and
    dropped (frames of those minutes).
    """
    return ask(_DROPPED, tables, between(since, until))
