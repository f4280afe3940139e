"""A Sankey diagram for paper."""

from collections import defaultdict

import plotly.graph_objects as go
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

_WIDTH = 0.012
_GAP = 0.04
_FAINT = 0.35


def draw_flows(axes: Axes, sankey: go.Sankey) -> None:
    """Draw the nodes in columns, those without a way on in the last, and bands between."""
    links = list(zip(sankey.link.source, sankey.link.target, sankey.link.value, strict=True))
    columns = columns_of(len(sankey.node.label), [(one, other) for one, other, _ in links])
    into: dict[int, float] = defaultdict(float)
    out: dict[int, float] = defaultdict(float)
    for origin, destination, value in links:
        out[origin] += value
        into[destination] += value
    heights = {node: max(into[node], out[node]) for node in columns}
    tops, scale = _tops(columns, heights)
    last = max(columns.values()) or 1
    left = {node: column / last * (1 - _WIDTH) for node, column in columns.items()}
    leaving, arriving = dict(tops), dict(tops)
    for origin, destination, value in sorted(links, key=lambda link: tops[link[1]]):
        high = value * scale
        start, end = leaving[origin], arriving[destination]
        leaving[origin] += high
        arriving[destination] += high
        colour = sankey.node.color[origin]
        _band(axes, left[origin] + _WIDTH, start, left[destination], end, high, colour)
    for node, top in tops.items():
        colour = sankey.node.color[node]
        high = heights[node] * scale
        axes.add_patch(Rectangle((left[node], top), _WIDTH, high, color=colour, lw=0))
        is_last = columns[node] == last
        axes.text(
            left[node] + (-0.006 if is_last else _WIDTH + 0.006), top + high / 2,
            sankey.node.label[node], fontsize=7, va="center", ha="right" if is_last else "left",
        )  # fmt: skip
    axes.set(xlim=(0, 1), ylim=(1, 0))
    axes.set_axis_off()


def columns_of(count: int, links: list[tuple[int, int]]) -> dict[int, int]:
    """Return the column of each node: how many links the longest way there has."""
    columns = dict.fromkeys(range(count), 0)
    for _ in range(count):
        for origin, destination in links:
            columns[destination] = max(columns[destination], columns[origin] + 1)
        if all(columns[one] < columns[other] for one, other in links):
            break
    last = max(columns.values())
    origins = {origin for origin, _ in links}
    return {node: column if node in origins else last for node, column in columns.items()}


def _tops(columns: dict[int, int], heights: dict[int, float]) -> tuple[dict[int, float], float]:
    """Return where each node begins, from above, and the height of one visit."""
    stacks: dict[int, list[int]] = defaultdict(list)
    for node, column in columns.items():
        stacks[column].append(node)
    most = max(len(own) for own in stacks.values())
    gap = min(_GAP, 0.5 / most)
    scale = min(
        (1 - gap * (len(own) - 1)) / sum(heights[node] for node in own) for own in stacks.values()
    )
    tops = {}
    for own in stacks.values():
        high = sum(heights[node] for node in own) * scale + gap * (len(own) - 1)
        top = (1 - high) / 2
        for node in sorted(own, key=lambda node: -heights[node]):
            tops[node] = top
            top += heights[node] * scale + gap
    return tops, scale


def _band(axes: Axes, x1: float, y1: float, x2: float, y2: float, high: float, colour: str) -> None:
    middle = (x1 + x2) / 2
    points = [
        (x1, y1), (middle, y1), (middle, y2), (x2, y2),
        (x2, y2 + high), (middle, y2 + high), (middle, y1 + high), (x1, y1 + high), (x1, y1),
    ]  # fmt: skip
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
    axes.add_patch(PathPatch(Path(points, codes), color=colour, alpha=_FAINT, lw=0))
