"""How many people came, and how many were there, over time."""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

import plotly.graph_objects as go
import pyarrow as pa

from genesis_ray.analytics.charts.look import (
    MOST_SERIES,
    QUIET,
    add_legend,
    are_days,
    by_the_clock,
    coloured,
    figure,
    label_times,
    nothing,
    whole_numbers,
)

_MILLISECOND = timedelta(milliseconds=1)


def footfall(
    counts: pa.Table,
    *,
    time_zone: str,
    before: pa.Table | None = None,
    column: str = "went_in",
    title: str = "Entries over lines",
) -> go.Figure:
    """Draw how many came in each bucket, those of the period before as a line beside.

    Args:
        counts: What `footfall` answers, of any number of lines, which are added up; or another
            table with starts_at, ends_at and `column`, a number of people.
        time_zone: Of the site.
        before: The same of an earlier period, drawn as if both began at the same time.
        column: What is counted.
        title: What it is called.
    """
    own = _added_up(counts, column, time_zone)
    earlier = _added_up(before, column, time_zone) if before is not None else {}
    if not own or not any([*own.values(), *earlier.values()]):
        return nothing(title, "Nobody was counted in this time.")
    drawn = figure(title, y="people")
    width, half = _bar(counts)
    drawn.add_bar(
        x=[*own],
        y=[*own.values()],
        name="this period",
        # A day stands over its name, an hour from its beginning to its end.
        offset=0 if width else None,
        width=0.9 * width if width else None,
        hovertemplate="%{x}<br>%{y} people",
    )
    if earlier:
        shift = min(own) - min(earlier)
        drawn.add_scatter(
            x=[at + shift + half for at in earlier],
            y=[*earlier.values()],
            customdata=[f"{at:%Y-%m-%d %H:%M}" for at in earlier],
            name="period before",
            mode="lines+markers",
            line={"color": QUIET, "width": 2, "dash": "dot"},
            marker={"size": 5, "color": QUIET},
            hovertemplate="%{customdata}<br>%{y} people",
        )
        add_legend(drawn)
    label_times(drawn, counts)
    whole_numbers(drawn, max([*own.values(), *earlier.values()]))
    return drawn


def occupancy(levels: pa.Table, *, time_zone: str, title: str = "People at once") -> go.Figure:
    """Draw how many people were in each zone, their mean over each bucket.

    Args:
        levels: What `occupancy` answers. All zones together are drawn where there are several; of
            more zones than there are colours, the fullest.
        time_zone: Of the site.
        title: What it is called.
    """
    zones: dict[tuple[str | None, str | None], list[dict[str, Any]]] = defaultdict(list)
    for row in levels.sort_by("starts_at").to_pylist():
        zones[row["camera_id"], row["zone_id"]].append(row)
    together = zones.pop((None, None), [])
    if not zones:
        return nothing(title, "Nobody was in a zone in this time.")
    fullest = sorted(zones, key=lambda key: -sum(row["person_seconds"] for row in zones[key]))
    shown = sorted(fullest[:MOST_SERIES], key=str)
    left_out = len(zones) - len(shown)
    if left_out:
        title += f" ({left_out} emptier zones left out)" if left_out > 1 else " (1 zone left out)"
    drawn = figure(title, y="people, mean")
    names = {key: f"{key[0]} / {key[1]}" for key in shown}
    colours = coloured(names.values())
    if len(zones) > 1:
        _add_level(drawn, together, "all zones", time_zone, color=QUIET, width=1.5, dash="dot")
    for key, name in names.items():
        _add_level(drawn, zones[key], name, time_zone, color=colours[name], width=2)
    add_legend(drawn)
    label_times(drawn, levels)
    return drawn


def _bar(counts: pa.Table) -> tuple[float | None, timedelta]:
    """Return how wide a bar of hours or minutes is, in milliseconds, and half of it."""
    if are_days(counts):
        return None, timedelta()
    width = max(row["ends_at"] - row["starts_at"] for row in counts.to_pylist())
    return width / _MILLISECOND, width / 2


def _add_level(
    drawn: go.Figure, rows: list[dict[str, Any]], name: str, time_zone: str, **line: Any
) -> None:
    drawn.add_scatter(
        x=by_the_clock((row["starts_at"] for row in rows), time_zone),
        y=[row["mean_people"] for row in rows],
        customdata=[row["max_people"] for row in rows],
        name=name,
        mode="lines" if len(rows) > 1 else "markers",
        line=line,
        hovertemplate="%{x}<br>%{y:.1f} people, at most %{customdata}",
    )


def _added_up(counts: pa.Table, column: str, time_zone: str) -> dict[datetime, int]:
    """Return how many by the start of the bucket; the hour that comes twice is one."""
    rows = counts.to_pylist()
    starts = by_the_clock((row["starts_at"] for row in rows), time_zone)
    sums: dict[datetime, int] = defaultdict(int)
    for at, row in zip(starts, rows, strict=True):
        sums[at] += row[column] or 0
    return dict(sorted(sums.items()))
