"""Charts for paper: what `analytics.charts` makes with plotly, drawn by matplotlib.

The figures say what is drawn; this only draws it again, with the kinds of traces that those have.
"""

import io
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, DateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from genesis_ray.analytics.charts.look import COLOURS
from genesis_ray.analytics.reports.flows import draw_flows

_INK, _GRID = "#24292f", "#d8dee4"
_FONT = {"family": "DejaVu Sans", "size": 8}
_DASHES = {"dot": ":", "dash": "--"}
_DPI = 200
_PIXELS_AN_INCH = 96
_DAY = timedelta(days=1)
_MOST_TICKS = 5


def picture(drawn: go.Figure, *, width_in: float) -> bytes:
    """Return a chart as a PNG for print, as high as it is on a page of the same width."""
    height = max(drawn.layout.height / _PIXELS_AN_INCH, 1.0)
    figure = Figure(figsize=(width_in, height), layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(_plain(drawn.layout.title.text), loc="left", fontsize=9.5, color=_INK)
    if drawn.data:
        _draw(drawn, figure, axes)
    else:
        axes.set_axis_off()
        (why,) = (note.text for note in drawn.layout.annotations)
        axes.text(0.5, 0.5, why, ha="center", va="center", fontdict=_FONT, color="dimgray")
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=_DPI)
    return file.getvalue()


def _draw(drawn: go.Figure, figure: Figure, axes: Axes) -> None:
    axes.tick_params(labelsize=_FONT["size"], colors=_INK, length=2)
    axes.spines[["top", "right", "left", "bottom"]].set_color(_GRID)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_axisbelow(True)
    match drawn.data[0].type:
        case "sankey":
            draw_flows(axes, drawn.data[0])
            _notes(drawn, axes)
            return
        case "heatmap":
            _heat(drawn, figure, axes)
        case _:
            _series(drawn, axes)
            _legend(drawn, figure, axes)
    axes.set_xlabel(drawn.layout.xaxis.title.text or "", fontdict=_FONT, color=_INK)
    axes.set_ylabel(drawn.layout.yaxis.title.text or "", fontdict=_FONT, color=_INK)


def _heat(drawn: go.Figure, figure: Figure, axes: Axes) -> None:
    (trace,) = drawn.data
    values = np.array(trace.z, dtype=float)
    is_picture = trace.x is None
    rows, columns = values.shape
    ratio = drawn.layout.yaxis.scaleratio if is_picture else None
    image = axes.imshow(
        values, "cividis", aspect=ratio or "auto", vmin=0, interpolation="nearest"
    )  # fmt: skip
    bar = figure.colorbar(image, ax=axes, shrink=0.65 if is_picture else 0.9, aspect=25, pad=0.02)
    bar.set_label(trace.colorbar.title.text, size=_FONT["size"], color=_INK)
    bar.ax.tick_params(labelsize=_FONT["size"], colors=_INK, length=2)
    bar.outline.set_visible(False)
    if is_picture:
        axes.set(xticks=[], yticks=[])
        axes.spines[["top", "right"]].set_visible(True)
    else:
        axes.set_xticks(range(0, columns, 3), trace.x[::3])
        axes.set_yticks(range(rows), trace.y)


def _series(drawn: go.Figure, axes: Axes) -> None:
    is_stacked = drawn.layout.barmode == "stack"
    lies = any(getattr(trace, "orientation", None) == "h" for trace in drawn.data)
    colours = [_colour(trace, place) for place, trace in enumerate(drawn.data)]
    stack: Any = 0.0
    for trace, colour in zip(drawn.data, colours, strict=True):
        if trace.type == "scatter":
            _line(axes, trace, colour)
            continue
        along, values = (trace.y, trace.x) if lies else (trace.x, trace.y)
        numbers = np.array(values, dtype=float)
        if lies:
            axes.barh(along, numbers, 0.75, left=stack, color=colour, label=trace.name)
        else:
            align: Literal["center", "edge"] = "center" if trace.offset is None else "edge"
            axes.bar(
                along, numbers, 0.85 * _step(along), bottom=stack, color=colour, label=trace.name,
                align=align,
            )  # fmt: skip
        stack = stack + numbers if is_stacked else 0.0
    for shape in drawn.layout.shapes:
        axes.axhline(shape.y0, color="gray", linewidth=0.8, linestyle="--")
    axes.grid(axis="x" if lies else "y", color=_GRID, linewidth=0.6)
    if lies:
        axes.invert_yaxis()
        axes.set_xlim(*drawn.layout.xaxis.range)
        return
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_locator(MaxNLocator(6, integer=drawn.layout.yaxis.dtick == 1))
    if isinstance(_first(drawn), datetime):
        _label_times(drawn, axes)
    else:
        axes.tick_params(axis="x", rotation=35)
        for label in axes.get_xticklabels():
            label.set_horizontalalignment("right")


def _line(axes: Axes, trace: go.Scatter, colour: str) -> None:
    dash = _DASHES.get(trace.line.dash, "-")
    marker = "o" if "markers" in trace.mode else ""
    values = np.array(trace.y, dtype=float)
    axes.plot(
        trace.x, values, dash, marker=marker, ms=2.5, lw=1.2, color=colour, label=trace.name
    )  # fmt: skip


def _label_times(drawn: go.Figure, axes: Axes) -> None:
    times = drawn.data[0].x
    if len(times) <= _MOST_TICKS:
        axes.set_xticks(times)
    else:
        axes.xaxis.set_major_locator(AutoDateLocator(minticks=3, maxticks=_MOST_TICKS))
    axes.xaxis.set_major_formatter(DateFormatter(drawn.layout.xaxis.tickformat))


def _legend(drawn: go.Figure, figure: Figure, axes: Axes) -> None:
    if drawn.layout.showlegend:
        found, names = axes.get_legend_handles_labels()
        handles = dict(zip(names, found, strict=True))
        figure.legend(
            handles=[handles[trace.name] for trace in drawn.data],
            loc="outside lower left", ncols=2, frameon=False, fontsize=_FONT["size"],
            labelcolor=_INK,
        )  # fmt: skip


def _notes(drawn: go.Figure, axes: Axes) -> None:
    for note in drawn.layout.annotations:
        axes.text(
            0, -0.02, note.text, transform=axes.transAxes, fontdict=_FONT, color="dimgray", va="top"
        )  # fmt: skip


def _colour(trace: Any, place: int) -> str:
    of_kind = trace.line if trace.type == "scatter" else trace.marker
    colour: str = of_kind.color or COLOURS[place % len(COLOURS)]
    return colour


def _first(drawn: go.Figure) -> object:
    return drawn.data[0].x[0] if len(drawn.data[0].x) else None


def _step(along: Sequence[Any]) -> float:
    """Return how wide a bar may be: of times, in days, as matplotlib counts."""
    if not isinstance(along[0], datetime):
        return 1.0
    steps = (other - one for one, other in pairwise(along))
    return min((step / _DAY for step in steps), default=1 / 24)


def _plain(text: str) -> str:
    """Return text in which matplotlib finds no formula."""
    return text.replace("$", r"\$")
