"""Pictures of a run: where people stood, and who was where when.

They show places, names and times. Pixels of a camera are in them only as the background that a
heat map may be given: give one only where the operator has asked for pictures.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle, pairwise
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from genesis_ray.analytics.query import run
from genesis_ray.analytics.stored import Table
from genesis_ray.analytics.traffic import foot_heat
from genesis_ray.domain.streams.frames import Image
from genesis_ray.errors import StoreError

_GRID_COLUMNS = 64
_BLUR_CELLS = 1.5  # about as uncertain as the lower edge of a box is
_USUAL_ASPECT = 16 / 9
_GLOW = LinearSegmentedColormap.from_list(
    "glow", ["#3b0f7000", "#8c2981a0", "#de4968d0", "#fe9f6de8", "#fcfdbff4"]
)

# Okabe and Ito, "Color Universal Design" (2008): to be told apart with any colour vision.
_CAMERA_COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#7f7f7f")
_ZONE_MARKS = "vDos^PX"
_MOST_ROWS = 40
_BAR = 0.66  # of a row's height

_STAYS = """
WITH tracks AS (
    SELECT camera_id, track_id, min(occurred_at) AS started_at, max(occurred_at) AS ended_at
    FROM track_observations
    GROUP BY camera_id, track_id
),
named AS (
    SELECT camera_id, track_id, identity_id
    FROM face_recognitions
    WHERE decision IN ('named', 'carried')
    QUALIFY row_number() OVER (PARTITION BY camera_id, track_id ORDER BY occurred_at DESC) = 1
)
SELECT
    camera_id,
    track_id,
    coalesce(identity_id, camera_id || ' #' || track_id) AS row_id,
    coalesce(nullif(name, ''), row_id) AS label,
    identity_id IS NOT NULL AS is_named,
    started_at,
    ended_at
FROM tracks
LEFT JOIN named USING (camera_id, track_id)
LEFT JOIN people USING (identity_id)
ORDER BY is_named DESC, min(started_at) OVER (PARTITION BY row_id), row_id, started_at, camera_id
"""


def heat_map(track_observations: Table, *, camera_id: str, background: Image | None) -> Figure:
    """Draw where people stood in one camera's picture, and for how long.

    Args:
        track_observations: Of one or more cameras.
        camera_id: The one to draw.
        background: A picture it took, blue-green-red; None draws on plain paper.
    """
    aspect = _USUAL_ASPECT if background is None else background.shape[1] / background.shape[0]
    rows = max(1, round(_GRID_COLUMNS / aspect))
    tables = {"track_observations": track_observations}
    cells = foot_heat(tables, camera_id=camera_id, rows=rows, columns=_GRID_COLUMNS)
    seconds = np.zeros((rows, _GRID_COLUMNS), np.float32)
    seconds[cells["row_index"].to_numpy(), cells["column_index"].to_numpy()] = cells["seconds"]
    cells_a_percent = seconds.size / 100
    heat = cv2.GaussianBlur(seconds, (0, 0), _BLUR_CELLS) * cells_a_percent

    figure = Figure(figsize=(9, 7.5 / aspect + 0.9), layout="constrained")
    axes = figure.add_subplot()
    extent = (0, aspect, 1, 0)
    if background is not None:
        axes.imshow(background[..., ::-1], extent=extent)
    most = float(heat.max()) or 1.0
    glow = axes.imshow(heat, _GLOW, extent=extent, vmin=0, vmax=most, interpolation="bicubic")
    figure.colorbar(glow, label="person-seconds per 1 % of the picture", shrink=0.8)
    axes.set(xticks=[], yticks=[])
    axes.set_title(f"Where people stood: {camera_id}", loc="left", weight="bold")
    axes.set_xlabel(f"{seconds.sum():.0f} person-seconds in all", loc="left", color="dimgray")
    return figure


def timeline(
    track_observations: Table,
    *,
    face_recognitions: Table,
    zone_crossings: pa.Table,
    people: pa.Table,
) -> Figure:
    """Draw who was where when: a row a person, with a bar where a camera saw them.

    Who has been named comes first, then the tracks that have not; of more than 40 rows the
    shortest nameless ones are left out, and counted. Marks show where zones were entered.

    Args:
        track_observations: Of one or more cameras.
        face_recognitions: What named their tracks.
        zone_crossings: Of the same cameras.
        people: Names by identity; who is not in it is shown by identity.
    """
    tables: dict[str, Table] = {
        "track_observations": track_observations,
        "face_recognitions": face_recognitions,
        "people": people,
    }
    stays = [_Stay(**row) for row in run(_STAYS, tables).to_pylist()]
    rows, left_out = _rows(stays)
    cameras = sorted({stay.camera_id for stay in stays})
    colours = dict(zip(cameras, cycle(_CAMERA_COLOURS), strict=False))

    figure = Figure(figsize=(11, 1.7 + 0.3 * len(rows)), layout="constrained")
    axes = figure.add_subplot()
    lanes = _draw_bars(axes, rows, colours)
    marks = _draw_entries(axes, zone_crossings, lanes)
    _label_time(axes, undated=any(stay.started_at.year == 1970 for stay in stays))
    note = f" ({left_out} shorter tracks without a name are not shown)" if left_out else ""
    axes.set_title(f"Who was where{note}" if rows else "Nobody was seen", loc="left", weight="bold")
    axes.set_yticks(range(len(rows)), [row[0].label for row in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.grid(axis="x", color="gainsboro")
    axes.set_axisbelow(True)
    axes.spines[["left", "right", "top"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    keys = [Patch(color=colour, label=camera) for camera, colour in colours.items()]
    figure.legend(handles=[*keys, *marks], loc="outside lower left", ncols=6, frameon=False)
    return figure


def save(figure: Figure, path: Path) -> None:
    """Write a PNG, whole or not at all; raises StoreError."""
    unfinished = path.with_name(f".{path.name}.part")
    try:
        figure.savefig(unfinished, format="png", dpi=130)
        os.replace(unfinished, path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise StoreError(
            f"{path}: the picture cannot be written ({error}); free or choose another disk"
        ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stay:
    """One track: a stretch of time that a camera saw somebody, and the row that is theirs."""

    camera_id: str
    track_id: int
    row_id: str
    label: str
    is_named: bool
    started_at: datetime
    ended_at: datetime


def _rows(stays: Sequence[_Stay]) -> tuple[list[list[_Stay]], int]:
    """Gather the stays row by row, in their order; return how many rows were too many."""
    rows: dict[str, list[_Stay]] = {}
    for stay in stays:
        rows.setdefault(stay.row_id, []).append(stay)
    by_weight = sorted(rows.values(), key=_weight, reverse=True)
    kept = {row[0].row_id for row in by_weight[:_MOST_ROWS]}
    return [row for row_id, row in rows.items() if row_id in kept], len(rows) - len(kept)


def _weight(row: Sequence[_Stay]) -> tuple[bool, timedelta]:
    seen = sum((stay.ended_at - stay.started_at for stay in row), timedelta())
    return row[0].is_named, seen


def _draw_bars(
    axes: Axes, rows: Sequence[Sequence[_Stay]], colours: Mapping[str, str]
) -> dict[tuple[str, int], float]:
    """Draw each stay; return at which height, by camera and track.

    Cameras that saw one person at the same time share the height of the row.
    """
    lanes = {}
    for number, row in enumerate(rows):
        shared = any(one.ended_at > other.started_at for one, other in pairwise(row))
        cameras = sorted({stay.camera_id for stay in row})
        height = _BAR / (len(cameras) if shared else 1)
        for stay in row:
            place = cameras.index(stay.camera_id) if shared else 0
            lane = number - _BAR / 2 + height * (place + 0.5)
            lanes[stay.camera_id, stay.track_id] = lane
            begin, end = date2num(stay.started_at), date2num(stay.ended_at)
            colour = colours[stay.camera_id]
            # An edge of its own colour keeps the shortest stay visible.
            axes.barh(lane, end - begin, height, begin, color=colour, edgecolor=colour)
    return lanes


def _draw_entries(
    axes: Axes, zone_crossings: pa.Table, lanes: Mapping[tuple[str, int], float]
) -> list[Line2D]:
    """Mark where zones were entered by tracks that are shown; return the key of the marks."""
    entries: dict[str, list[tuple[float, float]]] = {}
    for crossing in zone_crossings.filter(pc.field("direction") == "enter").to_pylist():
        lane = lanes.get((crossing["camera_id"], crossing["track_id"]))
        if lane is not None:
            at = date2num(crossing["occurred_at"])
            entries.setdefault(crossing["zone_id"], []).append((at, lane))
    return [
        axes.plot(
            *zip(*entries[zone_id], strict=True),
            mark,
            color="white",
            markeredgecolor="black",
            markersize=6,
            label=f"enters {zone_id}",
        )[0]
        for zone_id, mark in zip(sorted(entries), cycle(_ZONE_MARKS), strict=False)
    ]


def _label_time(axes: Axes, *, undated: bool) -> None:
    """Write the time of day below, or the time since the start where nobody knows the date."""
    locator = AutoDateLocator(tz=UTC)
    axes.xaxis.set_major_locator(locator)
    if undated:
        axes.xaxis.set_major_formatter(FuncFormatter(_minutes_and_seconds))
        axes.set_xlabel("minutes:seconds since the start")
    else:
        axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=UTC))
        axes.set_xlabel("UTC")


def _minutes_and_seconds(days: float, _position: int) -> str:
    seconds = round(days * 86_400, 1)
    return f"{int(seconds // 60)}:{seconds % 60:02.0f}"
