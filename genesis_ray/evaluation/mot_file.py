"""MOTChallenge text files: one box a line, in pixels, frames and columns counted from 1.

Format: A. Milan et al., "MOT16: A Benchmark for Multi-Object Tracking", 2016, section 4.
Columns: frame, id, left, top, width, height, confidence (ground truth: 1 where the row
counts), class (ground truth: 1 is a pedestrian), and others that nothing here reads.
"""

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from genesis_ray.domain.tracking.detections import Tracks
from genesis_ray.errors import StoreError

_PEDESTRIAN = 1


@dataclass(frozen=True, slots=True)
class TrackedBoxes:
    """The boxes of one video with their track ids, ordered by frame.

    Attributes:
        frame: int64 [n], from 1.
        track_id: int64 [n].
        ltwh: float64 [n, 4], left, top, width, height in pixels.
        confidence: float64 [n].
    """

    frame: npt.NDArray[np.int64]
    track_id: npt.NDArray[np.int64]
    ltwh: npt.NDArray[np.float64]
    confidence: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.frame)

    @classmethod
    def of(
        cls, tracks: Sequence[Tracks], *, width: int, height: int, every: int = 1
    ) -> "TrackedBoxes":
        """Take the tracks of frames 1, 1 + every, ... of a video of this size in pixels."""
        xyxy = np.concatenate([np.zeros((0, 4)), *(t.detections.xyxy for t in tracks)])
        xyxy *= [width, height, width, height]
        return cls(
            np.repeat(1 + every * np.arange(len(tracks)), [len(t) for t in tracks]),
            np.concatenate([np.zeros(0, np.int64), *(t.track_id for t in tracks)]),
            np.hstack([xyxy[:, :2], xyxy[:, 2:] - xyxy[:, :2]]),
            np.concatenate([np.zeros(0), *(t.detections.confidence for t in tracks)]),
        )

    def in_frames(self, frames: range) -> "TrackedBoxes":
        """Return the boxes of these frames."""
        rows = np.isin(self.frame, frames)
        return TrackedBoxes(
            self.frame[rows], self.track_id[rows], self.ltwh[rows], self.confidence[rows]
        )


def read_ground_truth(path: Path) -> TrackedBoxes:
    """Read the rows that count: column 7 is 1 and column 8, where there is one, is 1.

    Raises:
        StoreError: The file cannot be read, a row is malformed, or no row counts.
    """
    boxes = _read(path, ground_truth=True)
    if not len(boxes):
        raise StoreError(
            f"{path}: no row counts; a ground-truth row has 1 in column 7 and, "
            "where there is one, 1 in column 8"
        )
    return boxes


def read_predictions(path: Path) -> TrackedBoxes:
    """Read every row of a tracker's output.

    Raises:
        StoreError: The file cannot be read or a row is malformed.
    """
    return _read(path, ground_truth=False)


def write_predictions(path: Path, boxes: TrackedBoxes) -> None:
    """Write a tracker's output: all of the file, or nothing.

    Raises:
        StoreError: The file cannot be written.
    """
    lines = (
        f"{frame},{track_id},{left:.2f},{top:.2f},{width:.2f},{height:.2f},{confidence:.4f},-1,-1,-1\n"
        for frame, track_id, (left, top, width, height), confidence in zip(
            boxes.frame, boxes.track_id, boxes.ltwh, boxes.confidence, strict=True
        )
    )
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("w", encoding="utf-8") as file:
            file.writelines(lines)
        part.replace(path)
    except OSError as problem:
        raise StoreError(f"cannot write {path}: {problem.strerror}") from problem
    finally:
        part.unlink(missing_ok=True)


class _Row(NamedTuple):
    frame: int
    track_id: int
    ltwh: tuple[float, float, float, float]
    confidence: float
    counts: bool


def _read(path: Path, *, ground_truth: bool) -> TrackedBoxes:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as problem:
        raise StoreError(f"cannot read {path}: {problem.strerror}") from problem
    except UnicodeDecodeError:
        raise StoreError(f"{path} is no text file; expected MOTChallenge rows") from None
    rows: dict[tuple[int, int], _Row] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = _parse(line)
            if ground_truth and not row.counts:
                continue
            if min(row.ltwh[2:]) < 0:
                raise ValueError(f"width and height cannot be negative, got {row.ltwh[2:]}")
            key = (row.frame, row.track_id)
            if key in rows:
                raise ValueError(f"frame {row.frame} has id {row.track_id} twice")
        except ValueError as problem:
            raise StoreError(f"{path}, line {number}: {problem}") from None
        rows[key] = row
    ordered = [rows[key] for key in sorted(rows)]
    return TrackedBoxes(
        np.array([row.frame for row in ordered], np.int64),
        np.array([row.track_id for row in ordered], np.int64),
        np.array([row.ltwh for row in ordered], np.float64).reshape(-1, 4),
        np.array([row.confidence for row in ordered], np.float64),
    )


def _parse(line: str) -> _Row:
    columns = line.split(",")
    if len(columns) < 7:
        raise ValueError(
            "expected at least frame,id,left,top,width,height,confidence, "
            f"got {len(columns)} columns: {line.strip()[:60]!r}"
        )
    frame, track_id, left, top, width, height, confidence, *rest = map(_number, columns)
    for name, value, least in (("frame", frame, 1), ("id", track_id, -math.inf)):
        if not value.is_integer() or value < least:
            raise ValueError(f"{name} must be a whole number, frames count from 1; got {value:g}")
    counts = confidence == 1 and (not rest or rest[0] == _PEDESTRIAN)
    return _Row(int(frame), int(track_id), (left, top, width, height), confidence, counts)


def _number(column: str) -> float:
    try:
        value = float(column)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"expected a number, got {column.strip()!r}")
    return value
