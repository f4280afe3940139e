"""Where people stand on the plan of a floor."""

import numpy as np
import plotly.graph_objects as go
import pyarrow as pa

from genesis_ray.analytics.charts.look import NONE_TO_MANY, figure, nothing


def floor(
    cells: pa.Table, *, cell_m: float = 0.5, title: str = "Where people stand on the floor"
) -> go.Figure:
    """Draw how long people stood in each place of a floor plan, whose axes are in metres.

    Args:
        cells: What `floor_heat` answers.
        cell_m: Side of its cells.
        title: What it is called.
    """
    if not len(cells):
        return nothing(title, "Nobody was seen on the floor in this time.")
    row, column = (np.rint(cells[name].to_numpy() / cell_m).astype(int) for name in ("y_m", "x_m"))
    first_row, first_column = int(row.min()), int(column.min())
    seconds = np.full(
        (int(row.max()) - first_row + 1, int(column.max()) - first_column + 1), np.nan
    )
    seconds[row - first_row, column - first_column] = cells["seconds"]
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
