"""How many of those who were in view could be identified."""

from datetime import datetime

import pyarrow as pa

from genesis_ray.analytics.ranges import Ids, ask, between, ids
from genesis_ray.analytics.stored import Tables

_RATES = """
WITH observed AS (
    SELECT DISTINCT camera_id, track_id FROM track_observations
    WHERE occurred_at >= $since AND occurred_at < $until
),
scored AS (
    SELECT DISTINCT camera_id, track_id FROM face_scores
    WHERE occurred_at >= $since AND occurred_at < $until
),
decided AS (
    SELECT
        camera_id,
        track_id,
        arg_min(decision, CASE decision
            WHEN 'named' THEN 1 WHEN 'carried' THEN 2 WHEN 'review' THEN 3 ELSE 4 END
        ) AS decision,
        bool_or(is_new) AS is_new
    FROM face_recognitions
    WHERE occurred_at >= $since AND occurred_at < $until
    GROUP BY camera_id, track_id
),
tracks AS (
    SELECT camera_id, track_id, scored.track_id IS NOT NULL AS has_face, decision, is_new
    FROM (FROM observed UNION FROM scored UNION SELECT camera_id, track_id FROM decided) AS each
    LEFT JOIN scored USING (camera_id, track_id)
    LEFT JOIN decided USING (camera_id, track_id)
    WHERE $camera_ids::VARCHAR[] IS NULL OR list_contains($camera_ids::VARCHAR[], camera_id)
)
SELECT
    camera_id,
    count(*) AS tracks,
    count(*) FILTER (has_face) AS with_face,
    count(*) FILTER (decision = 'named') AS named,
    count(*) FILTER (decision = 'named' AND is_new) AS new_visitors,
    count(*) FILTER (decision = 'carried') AS carried,
    count(*) FILTER (decision = 'review') AS review,
    count(*) FILTER (decision = 'unknown') AS unknown,
    count(*) FILTER (decision IS NULL) AS undecided,
    count(*) FILTER (decision IN ('named', 'carried')) / count(*) AS share_identified
FROM tracks
GROUP BY camera_id
ORDER BY camera_id
"""


def identification_rates(
    tables: Tables, *, since: datetime, until: datetime, camera_ids: Ids = None
) -> pa.Table:
    """Return what became of the tracks that were in view in [since, until), a row a camera.

    Of a track that was decided more than once the most certain counts: named, carried, review,
    unknown. Tracks: tracks = named + carried + review + unknown + undecided.

    Columns: camera_id, tracks, with_face (whose face was compared), named, new_visitors (of
    those named, the ones who became a visitor), carried, review, unknown, undecided (without a
    usable face, or not decided yet), share_identified (named or carried, of all tracks, 0..1).
    """
    return ask(_RATES, tables, {**between(since, until), "camera_ids": ids(camera_ids)})
