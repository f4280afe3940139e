"""Where in the picture people are."""

import pyarrow as pa

from genesis_ray.analytics.query import run
from genesis_ray.analytics.stored import Table

_FOOT_HEAT = """
WITH steps AS (
    SELECT
        greatest(0, least($rows - 1, floor(y2 * $rows)))::INTEGER AS row_index,
        greatest(0, least($columns - 1, floor((x1 + x2) / 2 * $columns)))::INTEGER AS column_index,
        epoch(lead(occurred_at) OVER track - occurred_at) AS until_next_s
    FROM track_observations
    WHERE camera_id = $camera_id
    WINDOW track AS (PARTITION BY tenant_id, track_id ORDER BY occurred_at, frame_index)
)
SELECT row_index, column_index, sum(least(until_next_s, $longest_s)) AS seconds
FROM steps
WHERE until_next_s > 0
GROUP BY row_index, column_index
ORDER BY row_index, column_index
"""

_LONGEST_S = 2.0  # observations come once a second; over a longer gap the track was lost


def foot_heat(track_observations: Table, *, camera_id: str, rows: int, columns: int) -> pa.Table:
    """Return how long people stood in each cell of a grid over one camera's picture.

    A person stands at the middle of the lower edge of their box, and there until the track is
    observed again. Cells where nobody stood have no row.

    Columns: row_index, column_index (from the upper left), seconds (summed over people).
    """
    params = {
        "camera_id": camera_id,
        "rows": rows,
        "columns": columns,
        "longest_s": _LONGEST_S,
    }
    return run(_FOOT_HEAT, {"track_observations": track_observations}, params)
