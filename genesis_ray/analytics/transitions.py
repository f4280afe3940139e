"""People's ways from one camera to the next, as far as it is beyond doubt who they were."""

import pyarrow as pa

from genesis_ray.analytics.query import run
from genesis_ray.analytics.stored import Tables

_TRANSITIONS = """
WITH doubtful AS (
    SELECT camera_id, track_id FROM false_merges
    UNION
    SELECT other_camera_id, other_track_id FROM false_merges
),
named AS (
    SELECT DISTINCT camera_id, track_id, identity_id
    FROM face_recognitions ANTI JOIN doubtful USING (camera_id, track_id)
    WHERE
        decision = 'named'
        AND (is_new OR similarity - coalesce(runner_up_similarity, -1) >= $lead)
),
stays AS (
    SELECT
        identity_id,
        camera_id,
        track_id,
        min(occurred_at) AS since,
        max(occurred_at) AS until
    FROM named JOIN track_observations USING (camera_id, track_id)
    GROUP BY identity_id, camera_id, track_id
),
steps AS (
    SELECT
        stays.camera_id AS origin,
        until AS left_at,
        lead(stays.camera_id) OVER own AS destination,
        lead(since) OVER own AS arrived_at
    FROM stays JOIN visits USING (identity_id)
    WHERE since >= started_at AND (ended_at IS NULL OR since <= ended_at)
    WINDOW own AS (PARTITION BY visit_id ORDER BY since, until, stays.camera_id, track_id)
)
SELECT origin, destination, epoch(arrived_at - left_at) AS seconds
FROM steps
WHERE destination <> origin
ORDER BY origin, destination, seconds
"""

_LEARNED = """
SELECT occurred_at, reason FROM system_states WHERE component = 'topology' ORDER BY occurred_at
"""


def learned_of_cameras(tables: Tables) -> pa.Table:
    """Return what was learned of pairs of cameras of which nothing is said, as it came.

    Columns: occurred_at, reason. `tables` has one tenant's `system_states`.
    """
    return run(_LEARNED, tables)


def transitions(tables: Tables, *, lead: float) -> pa.Table:
    """Return when people came into view of another camera, a row a time, by cameras.

    They were named at both, more like themselves than like anybody else by `lead`, in one visit,
    and in none of the tracks of a false merge. Columns: origin, destination, seconds (from the
    last sight at one camera to the first at the next; below 0 where both saw them at once).

    Args:
        tables: One tenant's `face_recognitions`, `track_observations`, `visits` and
            `false_merges`.
        lead: Least difference of similarity to the next identity.
    """
    return run(_TRANSITIONS, tables, {"lead": lead})
