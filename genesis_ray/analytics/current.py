"""What goes on at a moment, by camera: the metrics of the time up to it, and who is in view."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pyarrow as pa

from genesis_ray.analytics.limits import limits_of
from genesis_ray.analytics.query import run
from genesis_ray.analytics.ranges import LONGEST_STAY, composed
from genesis_ray.analytics.stays import STAYS, of_stays
from genesis_ray.analytics.stored import Table, Tables, narrowed

IN_VIEW_FOR = timedelta(seconds=2)
"""A track in view has a row a second, so one that had none for so long has left."""

_NOW = composed(
    STAYS,
    """
people AS (
    SELECT
        camera_id,
        count(DISTINCT track_id) FILTER (occurred_at > $seen_after) AS people_in_view,
        count(DISTINCT track_id) AS people_total
    FROM track_observations
    WHERE occurred_at >= $since AND occurred_at < $until
    GROUP BY camera_id
),
zones AS (
    SELECT
        camera_id,
        map_from_entries(list((zone_id, people) ORDER BY zone_id)) AS people_by_zone,
        sum(people) FILTER (list_contains($queue_zone_ids::VARCHAR[], zone_id)) AS queue_len
    FROM (
        SELECT camera_id, zone_id, count(*) AS people
        FROM stays
        WHERE entered_at < $until AND left_at >= $until
        GROUP BY ALL
    )
    GROUP BY camera_id
),
waits AS (
    SELECT
        camera_id,
        count(*) AS waited,
        avg((epoch_us(left_at) - epoch_us(entered_at)) / 1000000) AS avg_wait_sec
    FROM stays
    WHERE
        has_left
        AND left_at >= $since
        AND left_at < $until
        AND list_contains($queue_zone_ids::VARCHAR[], zone_id)
    GROUP BY camera_id
),
faces AS (
    SELECT
        camera_id,
        count(DISTINCT track_id) FILTER (is_new) AS new_faces,
        count(DISTINCT track_id) FILTER (decision = 'named' AND NOT is_new) AS recognized_faces
    FROM face_recognitions
    WHERE occurred_at >= $since AND occurred_at < $until
    GROUP BY camera_id
)
""",
    select="""
SELECT
    camera_id,
    coalesce(people_in_view, 0) AS people_in_view,
    coalesce(people_total, 0) AS people_total,
    CASE WHEN len($queue_zone_ids::VARCHAR[]) > 0 THEN coalesce(queue_len, 0)::BIGINT END
        AS queue_len,
    avg_wait_sec,
    coalesce(waited, 0) AS waited,
    coalesce(people_by_zone, MAP {}) AS people_by_zone,
    coalesce(new_faces, 0) AS new_faces,
    coalesce(recognized_faces, 0) AS recognized_faces
FROM people
FULL JOIN zones USING (camera_id)
FULL JOIN waits USING (camera_id)
FULL JOIN faces USING (camera_id)
ORDER BY camera_id
""",
)


def now(
    tables: Tables, *, at: datetime, window_s: float, queue_zone_ids: Sequence[str] = ()
) -> pa.Table:
    """Return a row for each camera that has something to tell of the `window_s` seconds up to `at`.

    Columns: camera_id; people_in_view (within `IN_VIEW_FOR`); those of `metrics.current_metrics`,
    which are the same of all cameras together; and waited, how many avg_wait_sec is the mean of.
    """
    since = at - timedelta(seconds=window_s)
    params = {
        **of_stays(since, at, LONGEST_STAY, now=at),
        "seen_after": at - IN_VIEW_FOR,
        "camera_ids": None,
        "queue_zone_ids": list(queue_zone_ids),
    }
    recent = narrowed(tables, since, at)
    own: dict[str, Table] = {
        name: recent[name] for name in ("track_observations", "face_recognitions")
    }
    stays = narrowed(tables, since - LONGEST_STAY, at + LONGEST_STAY)
    own["zone_crossings"] = stays["zone_crossings"]
    return run(_NOW, own, params, limits=limits_of(tables))
