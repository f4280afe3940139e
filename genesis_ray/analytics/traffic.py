"""Where people are: in the picture, and on the floor."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from genesis_ray.analytics.pieces import in_pieces
from genesis_ray.analytics.ranges import Ids, ask, between, composed
from genesis_ray.analytics.stored import Tables
from genesis_ray.domain.clocks.site_time import range_between
from genesis_ray.domain.places.homography import checked
from genesis_ray.errors import ConfigurationError

Homography = Sequence[Sequence[float]]
"""3 x 3: takes (x, y, 1), fractions of the picture's width and height, to metres on a floor."""

_STEPS = """
steps AS (
    SELECT
        camera_id,
        occurred_at,
        (x1 + x2) / 2 AS x,
        y2 AS y,
        (epoch_us(lead(occurred_at) OVER track) - epoch_us(occurred_at)) / 1000000 AS until_next_s
    FROM track_observations
    WHERE
        list_contains($camera_ids::VARCHAR[], camera_id)
        AND ($since::TIMESTAMPTZ IS NULL OR occurred_at >= $since::TIMESTAMPTZ)
        AND ($read_until::TIMESTAMPTZ IS NULL OR occurred_at < $read_until::TIMESTAMPTZ)
    WINDOW track AS (PARTITION BY track_id, camera_id ORDER BY occurred_at, frame_index)
),
-- A row that stands twice is followed by itself at once, and counts once.
stands AS (
    SELECT camera_id, x, y, least(until_next_s, $longest_s) AS seconds
    FROM steps
    WHERE until_next_s > 0 AND ($until::TIMESTAMPTZ IS NULL OR occurred_at < $until::TIMESTAMPTZ)
)
"""

_FOOT_HEAT = composed(
    _STEPS,
    select="""
SELECT
    greatest(0, least($rows - 1, floor(y * $rows)))::INTEGER AS row_index,
    greatest(0, least($columns - 1, floor(x * $columns)))::INTEGER AS column_index,
    sum(seconds) AS seconds
FROM stands
GROUP BY row_index, column_index
""",
)

_FLOOR_HEAT = composed(
    _STEPS,
    """
cameras AS (
    SELECT
        camera_id,
        h[1] AS h1, h[2] AS h2, h[3] AS h3,
        h[4] AS h4, h[5] AS h5, h[6] AS h6,
        h[7] AS h7, h[8] AS h8, h[9] AS h9
    FROM (
        SELECT
            unnest($camera_ids::VARCHAR[]) AS camera_id, unnest($homographies::DOUBLE[][]) AS h
    )
),
projected AS (
    SELECT
        (h1 * x + h2 * y + h3) / depth AS x_m,
        (h4 * x + h5 * y + h6) / depth AS y_m,
        depth, seconds,
        h1, h2, h4, h5, h7, h8
    FROM (
        SELECT *, h7 * x + h8 * y + h9 AS depth FROM stands JOIN cameras USING (camera_id)
    )
    WHERE depth > 0  -- else it is above the horizon, where there is no floor
),
-- How far on the floor a step in the picture goes, there: the derivatives of the homography,
-- squared by products, which are quicker than `pow`.
known AS (
    SELECT x_m, y_m, seconds
    FROM projected
    WHERE
        (h1 - x_m * h7) * (h1 - x_m * h7) + (h2 - x_m * h8) * (h2 - x_m * h8)
        + (h4 - y_m * h7) * (h4 - y_m * h7) + (h5 - y_m * h8) * (h5 - y_m * h8)
        < ($furthest_m / $feet_error * depth) * ($furthest_m / $feet_error * depth)
)
""",
    select="""
SELECT
    floor(x_m / $cell_m)::BIGINT * $cell_m AS x_m,
    floor(y_m / $cell_m)::BIGINT * $cell_m AS y_m,
    sum(seconds) AS seconds
FROM known
GROUP BY ALL
""",
)

_LONGEST = timedelta(seconds=2)
"""Observations come once a second; over a longer gap the track was lost."""

_FEET_ERROR = 0.01
"""Of the picture's width and height, by which a box may well be wrong,"""

_FURTHEST_M = 10.0
"""and how far off on the floor somebody then is whose place is unknown: close to the horizon a
pixel is kilometres long."""


def foot_heat(
    tables: Tables,
    *,
    camera_id: str,
    rows: int = 36,
    columns: int = 64,
    since: datetime | None = None,
    until: datetime | None = None,
) -> pa.Table:
    """Return how long people stood in each cell of a grid over one camera's picture.

    A person stands at the middle of the lower edge of their box, and there until the track is
    observed again. Cells where nobody stood have no row. Without `since` or `until` the range has
    no start or no end.

    Columns: row_index, column_index (from the upper left), seconds (summed over people; additive).
    """
    params = {
        "camera_ids": [camera_id],
        "rows": rows,
        "columns": columns,
        "longest_s": _LONGEST.total_seconds(),
    }
    if since and until:
        parts = _by_pieces(_FOOT_HEAT, tables, params, since, until)
    else:
        range_ = {"since": since, "until": until, "read_until": until and until + _LONGEST}
        parts = ask(_FOOT_HEAT, tables, {**params, **range_})
    return _summed(parts, "row_index", "column_index")


def floor_heat(
    tables: Tables,
    *,
    since: datetime,
    until: datetime,
    homographies: Mapping[str, Homography],
    camera_ids: Ids = None,
    cell_m: float = 0.5,
) -> pa.Table:
    """Return how long people stood in each cell of a grid over a floor plan.

    Cameras that see one floor add up, and whom two see at once counts twice. Who is so far away
    that a hundredth of the picture is ten metres of floor is left out.

    Args:
        tables: With `track_observations`.
        since: Start of the range.
        until: Its end, not within.
        homographies: Of each camera that has one, to one and the same floor.
        camera_ids: Only these of them.
        cell_m: Side of a cell.

    Columns: x_m, y_m (a cell's corner of the smallest coordinates, metres), seconds (summed over
    people; additive).

    Raises:
        ConfigurationError: There is no such range, no camera or one that is asked for has no
            homography, one is no invertible 3 x 3 matrix, or a cell has no size.
    """
    if not cell_m > 0:
        raise ConfigurationError(f"expected cells of more than 0 m, got {cell_m}")
    asked = list(homographies) if camera_ids is None else list(camera_ids)
    without = [camera_id for camera_id in asked if camera_id not in homographies]
    if without or not asked:
        raise ConfigurationError(
            f"{', '.join(without) or 'no camera'} has {'no' if without else 'a'} floor; set four "
            f"points of it for the camera, see docs/zones.md"
        )
    params = {
        "camera_ids": asked,
        "homographies": [_flat(camera_id, homographies[camera_id]) for camera_id in asked],
        "cell_m": cell_m,
        "furthest_m": _FURTHEST_M,
        "feet_error": _FEET_ERROR,
        "longest_s": _LONGEST.total_seconds(),
    }
    parts = _by_pieces(_FLOOR_HEAT, tables, params, since, until)
    return _summed(parts, "y_m", "x_m")


def _by_pieces(
    sql: str, tables: Tables, params: Mapping[str, Any], since: datetime, until: datetime
) -> pa.Table:
    """Return the seconds in each cell in [since, until), once a piece that it is asked of."""

    def part(since: datetime, until: datetime) -> pa.Table:
        return ask(sql, tables, {**params, **between(since, until, after=_LONGEST)})

    return in_pieces(part, *range_between(since, until))


def _summed(parts: pa.Table, *cell: str) -> pa.Table:
    """Return each cell once, in order."""
    names = parts.column_names
    summed = parts.group_by(list(cell)).aggregate([("seconds", "sum")])
    in_order = summed.sort_by([(name, "ascending") for name in cell])
    return in_order.rename_columns([*cell, "seconds"]).select(names)


def _flat(camera_id: str, matrix: Homography) -> list[float]:
    """Return the nine numbers by row, so that what is in front of the camera has depth above 0."""
    try:
        values = np.array(checked(matrix))
    except ValueError as error:
        raise ConfigurationError(f"the homography of camera {camera_id}: {error}") from error
    at_foot_of_picture = float(values[2] @ (0.5, 1.0, 1.0))
    flat: list[float] = (values if at_foot_of_picture >= 0 else -values).ravel().tolist()
    return flat
