"""The ways of visitors through zones, as a Sankey diagram."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go
import pyarrow as pa

from genesis_ray.analytics.charts.look import (
    QUIET,
    coloured,
    figure,
    needs_width,
    nothing,
    shortened,
    width_of,
)
from genesis_ray.analytics.journeys import ENTER, FURTHER, LEAVE

_OUTSIDE = {ENTER: "enter", LEAVE: "leave", FURTHER: "further"}
_END = 1_000
"""The step of those nodes that are one, whenever visitors come there."""

_MOST_ZONES = 16
"""With more, names lie on top of each other."""

_NAME_LETTERS = 20
"""With more, a name runs over the next."""

_THICK_PX = 14
"""Of what stands for a zone at a step."""

_OTHERS = "other zones"

_Row = dict[str, Any]
_Node = tuple[int, str]


def journeys(links: pa.Table, *, title: str = "Ways through the zones") -> go.Figure:
    """Draw how many visits went from which zone to which, step by step.

    Where there are many zones those with fewest visits are drawn as one.

    Args:
        links: What `journeys` answers. Links that are withheld are left out and counted, and so
            are the ways on from there.
        title: What it is called.
    """
    rows = links.to_pylist()
    shown = _readable(_reached(rows))
    withheld = sum(row["visits"] is None for row in rows)
    if not shown:
        why = "Too few visitors to show their ways." if rows else "No visit was over in this time."
        return nothing(title, why)
    ends = [
        (_node(row["step"], row["origin"]), _node(row["step"] + 1, row["destination"]))
        for row in shown
    ]
    nodes = sorted({node for link in ends for node in link})
    places = {node: place for place, node in enumerate(nodes)}
    zones = sorted({name for _, name in nodes if name not in _OUTSIDE})
    colours = coloured(zones) | dict.fromkeys(_OUTSIDE, QUIET)
    names = [shortened(_OUTSIDE.get(name, name), _NAME_LETTERS) for _, name in nodes]
    drawn = figure(title, height=400)
    needs_width(drawn, (len({step for step, _ in nodes}) - 1) * (_THICK_PX + width_of(names)))
    drawn.add_sankey(
        arrangement="snap",
        node={
            "label": names,
            "color": [colours[name] for _, name in nodes],
            "pad": 14,
            "thickness": _THICK_PX,
            "line_width": 0,
            "hovertemplate": "%{label}<br>%{value} visits<extra></extra>",
        },
        link={
            "source": [places[origin] for origin, _ in ends],
            "target": [places[destination] for _, destination in ends],
            "value": [row["visits"] for row in shown],
            "color": [_faint(colours[row["origin"]]) for row in shown],
            "hovertemplate": "%{source.label} → %{target.label}<br>%{value} visits<extra></extra>",
        },
    )
    if withheld:
        ways = "1 way" if withheld == 1 else f"{withheld} ways"
        drawn.add_annotation(
            text=f"{ways} of too few people left out", x=0, y=-0.02, xref="paper", yref="paper",
            showarrow=False, xanchor="left", yanchor="top", font={"color": QUIET, "size": 11},
        )  # fmt: skip
        drawn.update_layout(margin_b=32)
    return drawn


def _reached(rows: Sequence[_Row]) -> list[_Row]:
    """Return the links to which others lead, from outside on: the way there may be withheld."""
    reached = {_node(1, ENTER)}
    kept = []
    for row in sorted(rows, key=lambda row: row["step"]):
        if row["visits"] and _node(row["step"], row["origin"]) in reached:
            kept.append(row)
            reached.add(_node(row["step"] + 1, row["destination"]))
    return kept


def _readable(rows: Sequence[_Row]) -> list[_Row]:
    """Return the links with the less visited zones as one, where there are too many."""
    visits: Counter[str] = Counter()
    for row in rows:
        visits[row["destination"]] += row["visits"]
    zones = [zone for zone, _ in visits.most_common() if zone not in _OUTSIDE]
    if len(zones) <= _MOST_ZONES:
        return list(rows)
    others = dict.fromkeys(zones[_MOST_ZONES - 1 :], _OTHERS)
    summed: Counter[tuple[int, str, str]] = Counter()
    for row in rows:
        origin, destination = str(row["origin"]), str(row["destination"])
        link = others.get(origin, origin), others.get(destination, destination)
        summed[row["step"], *link] += row["visits"]
    return [
        {"step": step, "origin": origin, "destination": destination, "visits": count}
        for (step, origin, destination), count in summed.items()
    ]


def _node(step: int, name: str) -> _Node:
    return (_END if name in (LEAVE, FURTHER) else step), name


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, 0.35)"
