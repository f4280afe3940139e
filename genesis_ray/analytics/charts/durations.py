"""How long people stay, and how long they wait."""

from collections import defaultdict
from typing import Any

import plotly.graph_objects as go
import pyarrow as pa

from genesis_ray.analytics.charts.look import (
    MOST_SERIES,
    QUIET,
    add_legend,
    by_the_clock,
    coloured,
    figure,
    label_times,
    nothing,
    whole_numbers,
)

_MINUTE_S = 60
_HOUR_S = 3600


def dwell_distribution(stays: pa.Table, *, title: str = "How long people stay") -> go.Figure:
    """Draw how many stays in zones took how long.

    Args:
        stays: What `dwell_histogram` answers. Zones beyond the number of colours are one.
        title: What it is called.
    """
    zones: dict[str, dict[float, int]] = defaultdict(dict)
    ends: dict[float, float | None] = {}
    for row in stays.to_pylist():
        ends[row["from_s"]] = row["to_s"]
        zones[f"{row['camera_id']} / {row['zone_id']}"][row["from_s"]] = row["stays"]
    if not any(number for own in zones.values() for number in own.values()):
        return nothing(title, "No stay in a zone was over in this time.")
    fullest = sorted(zones, key=lambda zone: -sum(zones[zone].values()))
    shown, others = fullest[:MOST_SERIES], fullest[MOST_SERIES:]
    drawn = figure(title, x="time in the zone", y="stays")
    labels = [_span(start, ends[start]) for start in sorted(ends)]
    colours = coloured(sorted(shown))
    for zone, colour in colours.items():
        numbers = [zones[zone].get(start, 0) for start in sorted(ends)]
        _add_stays(drawn, labels, numbers, zone, colour)
    if others:
        numbers = [sum(zones[zone].get(start, 0) for zone in others) for start in sorted(ends)]
        _add_stays(drawn, labels, numbers, f"{len(others)} other zones", QUIET)
    drawn.update_layout(barmode="stack")
    add_legend(drawn, axis_px=90)
    drawn.update_xaxes(type="category", tickangle=-40)
    whole_numbers(drawn, max(map(sum, zip(*(bars.y for bars in drawn.data), strict=True))))
    return drawn


def queue_waits(
    service: pa.Table, *, time_zone: str, within_s: float | None = None, title: str = "Waiting"
) -> go.Figure:
    """Draw how long half and nine in ten of those served waited, by when they joined.

    Args:
        service: What `queue_service` answers, of any number of cameras.
        time_zone: Of the site.
        within_s: Seconds in which people should be served; drawn as a line.
        title: What it is called.
    """
    cameras: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in service.sort_by("starts_at").to_pylist():
        cameras[row["camera_id"]].append(row)
    served = [row for own in cameras.values() for row in own if row["served"]]
    if not served:
        return nothing(title, "Nobody was served from a queue in this time.")
    longest = max(row["p90_wait_s"] for row in served)
    scale, unit = (60.0, "minutes") if longest >= 2 * _MINUTE_S else (1.0, "seconds")
    drawn = figure(title, y=f"wait, {unit}")
    for camera, colour in coloured(sorted(cameras)).items():
        own = cameras[camera]
        prefix = f"{camera}: " if len(cameras) > 1 else ""
        for column, name, dash in (
            ("p50_wait_s", "half wait at most", "solid"),
            ("p90_wait_s", "nine in ten", "dot"),
        ):
            drawn.add_scatter(
                x=by_the_clock((row["starts_at"] for row in own), time_zone),
                y=[row[column] / scale if row["served"] else None for row in own],
                customdata=[row["served"] for row in own],
                name=prefix + name,
                mode="lines+markers",
                line={"color": colour, "width": 2, "dash": dash},
                marker={"size": 5},
                hovertemplate="%{x}<br>%{y:.1f} " + unit + ", of %{customdata} served",
            )
    if within_s is not None:
        drawn.add_hline(y=within_s / scale, line={"color": QUIET, "width": 1, "dash": "dash"})
        drawn.add_annotation(
            text=f"to be served within {_duration(within_s)}",
            x=1, y=within_s / scale, xref="paper", showarrow=False, xanchor="right",
            yanchor="bottom", font={"color": QUIET, "size": 11},
        )  # fmt: skip
    add_legend(drawn)
    label_times(drawn, service)
    return drawn


def _add_stays(
    drawn: go.Figure, labels: list[str], numbers: list[int], name: str, colour: str
) -> None:
    drawn.add_bar(
        x=labels,
        y=numbers,
        name=name,
        marker_color=colour,
        hovertemplate="%{x}<br>%{y} stays",
    )


def _span(start_s: float, end_s: float | None) -> str:
    """Return a bin's bounds in the largest unit in which both are whole."""
    if end_s is None:
        return f"{_duration(start_s)} and more"
    for unit_s, unit in ((_HOUR_S, "h"), (_MINUTE_S, "min")):
        if not start_s % unit_s and not end_s % unit_s:
            return f"{start_s / unit_s:g}–{end_s / unit_s:g} {unit}"
    if end_s >= _MINUTE_S and not end_s % _MINUTE_S:
        return f"{start_s:g} s–{_duration(end_s)}"
    return f"{start_s:g}–{end_s:g} s"


def _duration(seconds: float) -> str:
    for unit_s, unit in ((_HOUR_S, "h"), (_MINUTE_S, "min")):
        if seconds and not seconds % unit_s:
            return f"{seconds / unit_s:g} {unit}"
    return f"{seconds:g} s"
