"""What each camera saw of the floor, and for how much of the time it did."""

from collections import defaultdict

import numpy as np
import plotly.graph_objects as go
import pyarrow as pa

from genesis_ray.analytics.charts.look import (
    COLOURS,
    NONE_TO_MANY,
    QUIET,
    add_legend,
    figure,
    nothing,
    shortened,
)

_USUAL_ASPECT = 16 / 9
_STATES = (
    ("online_s", "online", COLOURS[0]),
    ("impaired_s", "picture impaired", COLOURS[1]),
    ("offline_s", "offline", COLOURS[5]),
    ("unwatched_s", "not watched", QUIET),
)
_BAR_PX, _AROUND_PX = 26, 100
_MOST_BARS = 10
_NO_GAP_H = 1 / 3600
"""A second: what is shorter is no state to name."""
_NAME_LETTERS = 20
"""Of a camera's beside its bar: half of a phone's width."""


def foot_points(
    cells: pa.Table,
    *,
    rows: int = 36,
    columns: int = 64,
    title: str = "Where people stand",
) -> go.Figure:
    """Draw how long people stood in each place of a camera's picture.

    Args:
        cells: What `foot_heat` answers of one camera.
        rows: Of the grid that it was asked for.
        columns: Of the grid.
        title: What it is called.
    """
    if not len(cells):
        return nothing(title, "Nobody was seen in this time.")
    seconds = np.full((rows, columns), np.nan)
    seconds[cells["row_index"].to_numpy(), cells["column_index"].to_numpy()] = cells["seconds"]
    longest = float(np.nanmax(seconds))
    scale, unit = (60.0, "person-minutes") if longest >= 120 else (1.0, "person-seconds")
    drawn = figure(title)
    drawn.add_heatmap(
        z=seconds / scale,
        colorscale=NONE_TO_MANY,
        zmin=0,
        zmax=longest / scale,
        colorbar={"title": {"text": unit, "side": "right"}, "thickness": 12, "outlinewidth": 0},
        hovertemplate="%{z:.1f} " + unit + "<extra></extra>",
    )
    frame = {
        "showticklabels": False,
        "ticks": "",
        "showgrid": False,
        "mirror": True,
        "showline": True,
    }
    drawn.update_xaxes(**frame, range=[-0.5, columns - 0.5], linecolor=QUIET, constrain="domain")
    drawn.update_yaxes(
        **frame,
        range=[rows - 0.5, -0.5],
        linecolor=QUIET,
        scaleanchor="x",
        scaleratio=columns / rows / _USUAL_ASPECT,
        constrain="domain",
    )
    return drawn


def uptime(states: pa.Table, *, title: str = "Cameras online") -> go.Figure:
    """Draw for which share of the time each camera was online, and what it was else.

    Of many cameras those are drawn that were online the least, so that it fits on a page.

    Args:
        states: What `camera_uptime` answers, in any buckets, which are added up.
        title: What it is called.
    """
    cameras: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for row in states.to_pylist():
        for column, *_ in _STATES:
            cameras[row["camera_id"]][column] += row[column]
    if not cameras:
        return nothing(title, "No camera told its state.")
    names = sorted(cameras)
    if len(names) > _MOST_BARS:
        names.sort(key=lambda name: cameras[name]["online_s"])
        title = f"{title}: the worst {_MOST_BARS} of {len(names):,}"
        names = names[:_MOST_BARS]
    drawn = figure(title, x="% of the time", height=_AROUND_PX + _BAR_PX * len(names))
    for column, name, colour in _STATES:
        hours = [cameras[camera][column] / 3600 for camera in names]
        drawn.add_bar(
            y=names,
            x=[100 * cameras[camera][column] / sum(cameras[camera].values()) for camera in names],
            customdata=hours,
            name=name,
            orientation="h",
            marker_color=colour,
            showlegend=any(each >= _NO_GAP_H for each in hours),
            hovertemplate="%{y}, " + name + "<br>%{x:.1f} %, %{customdata:.1f} h<extra></extra>",
        )
    drawn.update_layout(barmode="stack")
    add_legend(drawn, columns=1)  # so low a chart has nothing to give away
    drawn.update_xaxes(range=[0, 100])
    drawn.update_yaxes(
        type="category",
        autorange="reversed",
        showgrid=False,
        tickvals=names,
        ticktext=[shortened(name, _NAME_LETTERS) for name in names],
    )
    return drawn
