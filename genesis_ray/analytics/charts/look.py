"""What all charts share: colours, type, margins, times by the clock of the site."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import cycle

import plotly.graph_objects as go
import pyarrow as pa

from genesis_ray.domain.clocks.site_time import zone_named

# Okabe and Ito, "Color Universal Design" (2008): to be told apart with any colour vision.
COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00")
QUIET = "#8a8f98"
"""Of what is there to be compared with; it stands out from white and from black."""
NONE_TO_MANY = "Cividis"
"""A scale whose lightness grows evenly, with any colour vision."""

MOST_SERIES = len(COLOURS)

_INK = "#24292f"
_GRID = "rgba(138, 143, 152, 0.3)"
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"
_HEIGHT = 280
_HALF_A_PAGE_PX, _LETTER_PX, _KEY_PX, _ENTRY_PX = 400, 7, 50, 20
_ROOM_PX = 10
_FEW = 3
_ENTRY_LETTERS = 36
"""That fit on a phone."""
_A_DAY = timedelta(hours=23)
"""At the least: one in spring, when summer time begins."""


def figure(title: str, *, x: str = "", y: str = "", height: int = _HEIGHT) -> go.Figure:
    """Return an empty figure with labelled axes.

    Args:
        title: What it shows, in a line.
        x: What is along, with its unit.
        y: What is upwards, with its unit.
        height: Pixels.
    """
    axis = {"automargin": True, "gridcolor": _GRID, "zeroline": False, "title_standoff": 8}
    drawn = go.Figure()
    drawn.update_layout(
        template="none",
        title={"text": title, "x": 0, "xref": "container", "pad": {"l": 12}, "font_size": 15},
        font={"family": _FONT, "size": 12, "color": _INK},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        colorway=COLOURS,
        height=height,
        margin={"l": 16, "r": 16, "t": 44, "b": 16},
        showlegend=False,
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": QUIET, "activecolor": _INK},
        hovermode="closest",
        hoverlabel={"namelength": -1},
        bargap=0.15,
        xaxis={**axis, "title_text": x, "showgrid": False, **_APART},
        yaxis={**axis, "title_text": y, "rangemode": "tozero"},
    )
    return drawn


_APART = {"ticks": "outside", "ticklen": 6, "tickcolor": "rgba(0,0,0,0)"}
"""Keeps the lowest number upwards off the first label along: marks that nobody sees."""


def shortened(name: str, most: int = _ENTRY_LETTERS) -> str:
    """Return a name of at most so many letters: of a longer one, how it begins and how it ends."""
    if len(name) <= most:
        return name
    end = most // 2
    return f"{name[: most - 1 - end]}…{name[-end:]}"


def width_of(names: Iterable[str]) -> int:
    """Return how many pixels the longest of some names takes, with room round it."""
    return max(map(len, names)) * _LETTER_PX + _ROOM_PX


def needs_width(drawn: go.Figure, pixels: int) -> None:
    """Note below which width names would lie on each other: a narrower page scrolls the figure."""
    drawn.update_layout(meta={"least_width": pixels})


def add_legend(drawn: go.Figure, *, axis_px: int = 44, columns: int | None = None) -> None:
    """Name the series below the axis along.

    Args:
        drawn: The figure.
        axis_px: Pixels that the axis' labels take.
        columns: In how many columns there is certainly room; None: as many as half a page has. On
            a phone there are fewer, and what is drawn gets lower by what the names take.
    """
    drawn.for_each_trace(lambda trace: trace.update(name=shortened(trace.name)))
    names = [trace.name for trace in drawn.data if trace.showlegend is not False]
    if columns is None:
        columns = max(1, _HALF_A_PAGE_PX // (max(map(len, names)) * _LETTER_PX + _KEY_PX))
    legend_px = -(-len(names) // columns) * _ENTRY_PX
    bottom = axis_px + legend_px + 8
    drawn.update_layout(
        showlegend=True,
        legend={
            "orientation": "h", "traceorder": "normal", "x": 0, "xanchor": "left",
            "yref": "container", "y": 0.01, "yanchor": "bottom",
        },
        margin_b=bottom,
        height=drawn.layout.height + bottom - axis_px,
    )  # fmt: skip


def are_days(buckets: pa.Table) -> bool:
    """Tell whether buckets are of a day or more, whatever the range cuts off."""
    return any(row["ends_at"] - row["starts_at"] >= _A_DAY for row in buckets.to_pylist())


def label_times(drawn: go.Figure, buckets: pa.Table) -> None:
    """Label buckets along, those of a day or more by their day alone."""
    starts = {row["starts_at"] for row in buckets.to_pylist()}
    if len(starts) <= _FEW:  # plotly would repeat their names between them
        drawn.update_xaxes(tickvals=sorted({at for trace in drawn.data for at in trace.x})[:_FEW])
    if are_days(buckets):
        drawn.update_xaxes(tickformat="%a %-d %b", hoverformat="%a %-d %b %Y")
    else:
        drawn.update_xaxes(tickformat="%H:%M\n%a %-d %b", hoverformat="%a %-d %b, %H:%M")


def nothing(title: str, why: str) -> go.Figure:
    """Return a figure that says that there is nothing to show, and why."""
    drawn = figure(title, height=160)
    drawn.update_layout(xaxis_visible=False, yaxis_visible=False)
    drawn.add_annotation(
        text=why, showarrow=False, x=0.5, y=0.5, xref="paper", yref="paper", font_color=QUIET
    )
    return drawn


def whole_numbers(drawn: go.Figure, most: float) -> None:
    """Let the axis of a small number of people have no halves of them."""
    if most < 5:
        drawn.update_yaxes(dtick=1)


def by_the_clock(times: Iterable[datetime], time_zone: str) -> list[datetime]:
    """Return times as the site's clock shows them, without a zone: what plotly writes as it is."""
    zone = zone_named(time_zone)
    return [at.astimezone(zone).replace(tzinfo=None) for at in times]


def coloured(names: Iterable[str]) -> dict[str, str]:
    """Return a colour for each name, in their order."""
    return dict(zip(names, cycle(COLOURS), strict=False))
