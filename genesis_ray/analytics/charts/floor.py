"""Where people stand on the plan of a floor."""

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go
import pyarrow as pa

from genesis_ray.analytics.charts.look import NONE_TO_MANY, figure, nothing

_MOST_CELLS = 250_000
"""That a browser draws at once."""

_BEYOND = 0.001 / 4
"""Of the time, on each of the four sides, that a floor may lose of which most would be empty."""


def floor(
    cells: pa.Table, *, cell_m: float = 0.5, title: str = "Where people stand on the floor"
) -> go.Figure:
    """Draw how long people stood in each place of a floor plan, whose axes are in metres.

    Where people are so far apart that it would be more than 250,000 cells, it is the part with
    nearly all of their time, and if need be larger cells.

    Args:
        cells: What `floor_heat` answers.
        cell_m: Side of its cells.
        title: What it is called.
    """
    if not len(cells):
        return nothing(title, "Nobody was seen on the floor in this time.")
    row, column = (np.rint(cells[name].to_numpy() / cell_m).astype(int) for name in ("y_m", "x_m"))
    weights = cells["seconds"].to_numpy()
    if _extent(row) * _extent(column) > _MOST_CELLS:
        shown = _among_most(row, weights) & _among_most(column, weights)
        row, column, weights = row[shown], column[shown], weights[shown]
    while _extent(row) * _extent(column) > _MOST_CELLS:
        row, column, cell_m = row // 2, column // 2, cell_m * 2
    first_row, first_column = int(row.min()), int(column.min())
    seconds = np.zeros((_extent(row), _extent(column)))
    np.add.at(seconds, (row - first_row, column - first_column), weights)
    seconds[seconds == 0] = np.nan
    longest = float(np.nanmax(seconds))
    scale, unit = (60.0, "person-minutes") if longest >= 120 else (1.0, "person-seconds")
    drawn = figure(title)
    drawn.add_heatmap(
        z=seconds / scale,
        x0=(first_column + 0.5) * cell_m,
        dx=cell_m,
        y0=(first_row + 0.5) * cell_m,
        dy=cell_m,
        colorscale=NONE_TO_MANY,
        zmin=0,
        zmax=longest / scale,
        colorbar={"title": {"text": unit, "side": "right"}, "thickness": 12, "outlinewidth": 0},
        hovertemplate="%{x:.1f} m, %{y:.1f} m: %{z:.1f} " + unit + "<extra></extra>",
    )
    drawn.update_xaxes(title="metres", constrain="domain")
    drawn.update_yaxes(title="metres", scaleanchor="x", constrain="domain")
    return drawn


def _extent(places: npt.NDArray[np.int64]) -> int:
    return int(places.max()) - int(places.min()) + 1


def _among_most(
    places: npt.NDArray[np.int64], seconds: npt.NDArray[np.float64]
) -> npt.NDArray[np.bool_]:
    """Return which places have no more than a few of the seconds beyond them, on either side."""
    order = np.argsort(places)
    so_far = np.cumsum(seconds[order])
    few = so_far[-1] * _BEYOND
    first, last = places[order[np.searchsorted(so_far, [few, so_far[-1] - few])]]
    among: npt.NDArray[np.bool_] = (places >= first) & (places <= last)
    return among
