"""How right counts are on real footage: people, visits, occupancy and line crossings.

    .venv/bin/python benchmarks/bench_counts.py [DATA] [--fps 10 5 3] [--only PETS09-S2L1-a]

DATA has `videos/` and `mot/`, as for the tests; by default it is where the tests look for it. Each
clip is watched from the file to the event tables, as `genesis run --local` does it, once for each
number of frames a second. Then the questions that a user would ask are compared with what is known:

    people       who was there: attendances, against the people counted by eye
    visits       entry and exit of each attendance, against those found by eye or labelled
    lines        directed counts over lines, against those that the same LineCounter makes of the
                 ground truth's boxes at every frame; a crossing is right within 1.5 s
    occupancy    people in view in the middle of each second, against the ground truth's boxes

The latency is that of the whole run. A JSON line a result.
"""

import argparse
import csv
import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from harness import note, report_latency
from scipy.optimize import linear_sum_assignment

from genesis_ray.analytics.attendance import attendances
from genesis_ray.analytics.stored import whole
from genesis_ray.domain.places.geometry import foot_of
from genesis_ray.domain.places.lines import LineCounter, LineCrossing
from genesis_ray.evaluation.mot_file import TrackedBoxes, read_ground_truth
from genesis_ray.running.local import run_local
from genesis_ray.running.questions.history import present_tables
from genesis_ray.running.zones.places import lines_of
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.sections.zones import LineSettings
from genesis_ray.settings import Settings
from genesis_ray.store.runs.run_folder import RunFolder
from genesis_ray.vision.sources import open_recording

_DATA = Path(__file__).parents[2] / "shared" / "data"
_START = datetime(2026, 1, 5, 9, tzinfo=UTC)
_CAMERA = "clip"
_RIGHT_WITHIN_S = 1.5
"""Of a crossing. Where the line is, a foot is found within a step or two."""

_Span = tuple[float, float]
"""From when to when, in seconds from the beginning of the clip."""

_PETS_LINES = {
    **{f"x{x}": ((x / 100, 1.0), (x / 100, 0.0)) for x in (25, 50, 75)},
    **{f"y{y}": ((0.0, y / 100), (1.0, y / 100)) for y in (45, 55, 65)},
}
"""Thirds and halves of the picture's width, and of the height within which people walk."""


@dataclass(frozen=True)
class Clip:
    """A video, and what is known of it.

    Attributes:
        people: Counted by eye; None where nobody did.
        truth: The ground truth's name below `mot/`.
        visits: Name of the file of visits below `videos/`.
    """

    name: str
    people: int | None = None
    truth: str | None = None
    visits: str | None = None


CLIPS = (
    Clip("intel_one-by-one-person-detection", people=6, visits="intel_one-by-one_visits.csv"),
    Clip("intel_worker-zone-detection", people=1),
    Clip("intel_classroom", people=4),
    Clip("intel_face-demographics-walking", people=2),
    Clip("epfl_double1", people=2),
    Clip("epfl_single1", people=1),
    Clip("PETS09-S2L1-a", truth="PETS09-S2L1-a"),
    Clip("street_example_01"),
)


def main() -> None:
    """Measure, and print a line a result."""
    options = _options()
    for clip in CLIPS:
        if options.only and clip.name not in options.only:
            continue
        for fps in options.fps:
            note(f"{clip.name} at {fps:g} frames/s")
            begun = time.perf_counter()
            with tempfile.TemporaryDirectory() as folder:
                settings, tables = _watched(options.data, clip, fps, Path(folder))
            figures = _people(clip, settings, tables, options.data)
            if clip.truth:
                truth = _Truth.of(options.data, clip)
                figures |= _errors(truth.visits(), _spans(_attendances(settings, tables)))
                figures |= _lines(truth, settings, tables) | _occupancy(truth, settings, tables)
            report_latency(
                f"counts/{clip.name}",
                [time.perf_counter() - begun],
                parameters={"clip": clip.name, "fps": fps},
                **figures,
            )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    default = Path(os.environ.get("GENESIS_TEST_DATA", _DATA))
    parser.add_argument("data", type=Path, nargs="?", default=default)
    parser.add_argument("--fps", nargs="+", type=float, default=[10, 5, 3])
    parser.add_argument("--only", nargs="+", choices=[clip.name for clip in CLIPS])
    return parser.parse_args()


def _watched(
    data: Path, clip: Clip, fps: float, folder: Path
) -> tuple[Settings, dict[str, pa.Table]]:
    """Watch a clip; return the settings, and the tables of what was seen."""
    lines = _PETS_LINES if clip.truth else {}
    camera = CameraSettings(
        camera_id=_CAMERA,
        source=str(data / "videos" / f"{clip.name}.mp4"),
        start=_START,
        lines=tuple(LineSettings(line_id=one, start=a, end=b) for one, (a, b) in lines.items()),
    )
    settings = Settings(data_dir=folder / "data", cameras=(camera,), process_fps=fps)
    run = RunFolder.create(folder / "run")
    run_local(settings, run, on_progress=lambda _: None)
    # Read before the folder goes.
    tables = present_tables(run.events, settings, None)
    return settings, {name: whole(table) for name, table in tables.items()}


def _attendances(settings: Settings, tables: Mapping[str, pa.Table]) -> list[dict[str, Any]]:
    return attendances(tables, visit_gap_s=settings.visit_gap_s).to_pylist()


def _spans(rows: Iterable[Mapping[str, Any]]) -> list[_Span]:
    return [
        ((row["started_at"] - _START).total_seconds(), (row["ended_at"] - _START).total_seconds())
        for row in rows
    ]


def _people(
    clip: Clip, settings: Settings, tables: Mapping[str, pa.Table], data: Path
) -> dict[str, Any]:
    """Return how many attendances there were, and how far off they are where that is known."""
    found = _spans(_attendances(settings, tables))
    tracks = len(set(tables["track_observations"]["track_id"].to_pylist()))
    figures: dict[str, Any] = {"people": clip.people, "attendances": len(found), "tracks": tracks}
    if clip.visits:
        figures |= _errors(_visits(data, clip), found)
    return figures


def _visits(data: Path, clip: Clip) -> list[_Span]:
    """Return when each visit that was counted by eye began and ended."""
    video = str(data / "videos" / f"{clip.name}.mp4")
    with (
        open_recording(video, camera_id=_CAMERA, process_fps=None, start=None) as source,
        (data / "videos" / str(clip.visits)).open() as rows,
    ):
        return [
            (int(row["first_frame"]) / source.fps, int(row["last_frame"]) / source.fps)
            for row in csv.DictReader(rows)
        ]


def _errors(visits: Sequence[_Span], found: Sequence[_Span]) -> dict[str, Any]:
    """Pair visits with the attendances that agree best in all, and return how far off these are."""
    agreement = np.array(
        [[_agreement(visit, attendance) for attendance in found] for visit in visits]
    )
    best = zip(*linear_sum_assignment(agreement, maximize=True), strict=True)
    pairs = [(visits[row], found[column]) for row, column in best if agreement[row, column] > 0]
    entries = [round(float(attendance[0] - visit[0]), 2) for visit, attendance in pairs]
    exits = [round(float(attendance[1] - visit[1]), 2) for visit, attendance in pairs]
    return {
        "missed": len(visits) - len(pairs),
        "extra": len(found) - len(pairs),
        "entry_errors_s": entries,  # later is positive
        "exit_errors_s": exits,
        "within_1_s": int(sum(abs(np.array([entries, exits])).max(axis=0, initial=0) <= 1)),
    }


def _agreement(a: _Span, b: _Span) -> float:
    """Return the time that two spans share, as a part of the time that either takes."""
    shared = min(a[1], b[1]) - max(a[0], b[0])
    return max(0.0, shared) / (max(a[1], b[1]) - min(a[0], b[0]))


@dataclass(frozen=True)
class _Truth:
    """The ground truth of a clip: its boxes, normalised, and their times from its beginning."""

    boxes: TrackedBoxes
    xyxy: Any
    fps: float

    @classmethod
    def of(cls, data: Path, clip: Clip) -> "_Truth":
        boxes = read_ground_truth(data / "mot" / str(clip.truth) / "gt" / "gt.txt")
        video = str(data / "videos" / f"{clip.name}.mp4")
        with open_recording(video, camera_id=_CAMERA, process_fps=None, start=None) as source:
            size = [source.width, source.height]
            xyxy = np.hstack([boxes.ltwh[:, :2], boxes.ltwh[:, :2] + boxes.ltwh[:, 2:]])
            return cls(boxes, xyxy / np.tile(size, 2), source.fps)

    def crossings(self, counter: LineCounter) -> list[LineCrossing]:
        """Return what a counter makes of the boxes."""
        crossings = []
        for frame in np.unique(self.boxes.frame):
            rows = np.flatnonzero(self.boxes.frame == frame)
            feet = {int(self.boxes.track_id[row]): foot_of(self.xyxy[row]) for row in rows}
            at = _START + timedelta(seconds=float(frame - 1) / self.fps)
            crossings += counter.update(at, feet)
        return crossings

    def visits(self) -> list[_Span]:
        """Return when each person was labelled first and last."""
        spans = []
        for person in np.unique(self.boxes.track_id):
            frames = self.boxes.frame[self.boxes.track_id == person] - 1
            spans.append((frames.min() / self.fps, frames.max() / self.fps))
        return spans

    def in_view(self, second: float) -> int:
        """Return how many people were labelled then."""
        return int((self.boxes.frame == 1 + round(second * self.fps)).sum())


def _lines(truth: _Truth, settings: Settings, tables: Mapping[str, pa.Table]) -> dict[str, Any]:
    """Return counts over each line, in and out, and what was missed of both and counted besides."""
    counter = LineCounter(
        lines_of(settings.cameras[0], time_zone=settings.time_zone),
        settle=timedelta(seconds=settings.settle_s),
    )
    true = [(each.line_id, each.direction, each.at) for each in truth.crossings(counter)]
    found = [
        (row["line_id"], row["direction"], row["occurred_at"])
        for row in tables["line_crossings"].to_pylist()
    ]
    missed, extra = _unpaired(true, found)
    return {
        "lines": {
            line_id: {
                "truth": _in_and_out(line_id, true),
                "found": _in_and_out(line_id, found),
                "missed": missed[line_id],
                "extra": extra[line_id],
            }
            for line_id in _PETS_LINES
        },
        "crossings": len(true),
        "crossings_found": len(found),
        "crossings_missed": missed.total(),
        "crossings_extra": extra.total(),
    }


_Crossing = tuple[str, str, datetime]


def _in_and_out(line_id: str, crossings: Iterable[_Crossing]) -> tuple[int, int]:
    directions = Counter(direction for one, direction, _ in crossings if one == line_id)
    return directions["in"], directions["out"]


def _unpaired(
    true: Sequence[_Crossing], found: Sequence[_Crossing]
) -> "tuple[Counter[str], Counter[str]]":
    """Pair crossings of one line and direction, the nearest in time first; count the others."""
    near = sorted(
        (abs((at - found_at).total_seconds()), row, column)
        for row, (*what, at) in enumerate(true)
        for column, (*found_what, found_at) in enumerate(found)
        if what == found_what
    )
    rows, columns = set(range(len(true))), set(range(len(found)))
    for apart_s, row, column in near:
        if apart_s <= _RIGHT_WITHIN_S and row in rows and column in columns:
            rows.discard(row)
            columns.discard(column)
    return Counter(true[row][0] for row in rows), Counter(found[column][0] for column in columns)


def _occupancy(truth: _Truth, settings: Settings, tables: Mapping[str, pa.Table]) -> dict[str, Any]:
    """Return by how many people the number in view is off, by the second."""
    rows = _attendances(settings, tables)
    errors = []
    for second in range(int(truth.boxes.frame.max() / truth.fps)):
        at = _START + timedelta(seconds=second + 0.5)
        there = sum(row["started_at"] <= at <= row["ended_at"] for row in rows)
        errors.append(there - truth.in_view(second + 0.5))
    return {
        "people": len(np.unique(truth.boxes.track_id)),
        "occupancy_error_mean": round(float(np.mean(np.abs(errors))), 3),
        "occupancy_error_most": int(np.abs(errors).max()),
        "occupancy_bias": round(float(np.mean(errors)), 3),
    }


if __name__ == "__main__":
    main()
