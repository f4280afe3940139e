"""What goes on at a moment: who is in view, in which zones, and which faces came up."""

from datetime import datetime, timedelta

import pyarrow as pa

from genesis_ray.analytics.limits import limits_of
from genesis_ray.analytics.query import run
from genesis_ray.analytics.ranges import LONGEST_STAY
from genesis_ray.analytics.stored import Table, Tables, narrowed

IN_VIEW_FOR = timedelta(seconds=2)
"""A track in view has a row a second, so one that had none for so long has left."""

_NOW = """
WITH people AS (
    SELECT camera_id, count(DISTINCT track_id) AS people
    FROM track_observations
    WHERE occurred_at > $seen_after AND occurred_at <= $at
    GROUP BY camera_id
),
insiders AS (
    SELECT camera_id, zone_id, track_id
    FROM zone_crossings
    SEMI JOIN (
        SELECT camera_id, track_id
        FROM track_observations
        WHERE occurred_at > $seen_after AND occurred_at <= $at
    ) USING (camera_id, track_id)
    WHERE occurred_at >= $entered_since AND occurred_at <= $at
    QUALIFY row_number() OVER (
        PARTITION BY camera_id, zone_id, track_id ORDER BY occurred_at DESC, direction DESC
    ) = 1 AND direction = 'enter'
),
zones AS (
    SELECT camera_id, map_from_entries(list((zone_id, people) ORDER BY zone_id)) AS people_by_zone
    FROM (SELECT camera_id, zone_id, count(*) AS people FROM insiders GROUP BY ALL)
    GROUP BY camera_id
),
faces AS (
    SELECT
        camera_id,
        count(DISTINCT track_id) FILTER (is_new) AS new_faces,
        count(DISTINCT track_id) FILTER (decision = 'named' AND NOT is_new) AS recognized_faces
    FROM face_recognitions
    WHERE occurred_at > $at - to_seconds($window_s) AND occurred_at <= $at
    GROUP BY camera_id
)
SELECT
    camera_id,
    coalesce(people, 0) AS people,
    coalesce(people_by_zone, MAP {}) AS people_by_zone,
    coalesce(new_faces, 0) AS new_faces,
    coalesce(recognized_faces, 0) AS recognized_faces
FROM people FULL JOIN zones USING (camera_id) FULL JOIN faces USING (camera_id)
ORDER BY camera_id
"""


def now(tables: Tables, *, at: datetime, window_s: float) -> pa.Table:
    """Return a row for each camera that has something to tell of the moment `at`.

    Columns: camera_id, people (in view), people_by_zone (a map, of those in view who entered a zone
    within `LONGEST_STAY`), and, of the `window_s` seconds up to `at`, new_faces (tracks that became
    a new visitor) and recognized_faces (tracks that were named as somebody known).
    """
    entered_since = at - LONGEST_STAY
    params = {
        "at": at,
        "seen_after": at - IN_VIEW_FOR,
        "entered_since": entered_since,
        "window_s": window_s,
    }
    after = at + timedelta(microseconds=1)
    recent = narrowed(tables, at - max(IN_VIEW_FOR, timedelta(seconds=window_s)), after)
    own: dict[str, Table] = {
        name: recent[name] for name in ("track_observations", "face_recognitions")
    }
    own["zone_crossings"] = narrowed(tables, entered_since, after)["zone_crossings"]
    return run(_NOW, own, params, limits=limits_of(tables))
