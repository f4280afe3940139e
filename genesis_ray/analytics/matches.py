"""How alike matches are, over time."""

import pyarrow as pa

from genesis_ray.analytics.query import run

_BY_DAY = """
SELECT
    camera_id,
    embedder,
    date_trunc('day', occurred_at)::DATE AS day,
    count(*) AS matches,
    avg(similarity) AS mean_similarity,
    quantile_cont(similarity, 0.1) AS p10_similarity
FROM face_recognitions
WHERE decision = 'named' AND NOT is_new
GROUP BY ALL
ORDER BY camera_id, embedder, day
"""


def similarity_by_day(face_recognitions: pa.Table) -> pa.Table:
    """Return how alike the matches of each camera and day (UTC) are.

    Columns: camera_id, embedder, day, matches, mean_similarity, p10_similarity (one in ten is
    below it). Visitors that were made of the track itself are no matches.
    """
    return run(_BY_DAY, {"face_recognitions": face_recognitions})
