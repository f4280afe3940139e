"""What a worker found in one segment, kept until the archive's last pass has read it.

Not part of a run's tables. Holds templates of faces and of looks, so it is removed with the
rest of the work folder once the run is finished. JSON lines, one a report: numbers survive exactly.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import TypeAdapter, ValidationError

from genesis_ray.domain.events import (
    CameraStateChanged,
    LineCrossed,
    LoiteringFound,
    TrackObserved,
    ZoneCrossed,
)
from genesis_ray.domain.recognition.carrying import Appearance
from genesis_ray.domain.recognition.identity import Face, FaceSight
from genesis_ray.errors import StoreError
from genesis_ray.running.station_values import Report
from genesis_ray.store.disk import writing_file, writing_to

_Observed = TrackObserved | ZoneCrossed | LoiteringFound | LineCrossed | CameraStateChanged
"""What a camera by itself tells; all other events are made in the last pass."""


@dataclass(frozen=True, slots=True)
class _FaceLine:
    track_id: int
    face_index: int
    captured_at: datetime
    embedding: list[float] | None
    quality: float
    in_view_since: datetime | None = None
    companions: list[int] = field(default_factory=list)
    overlapped: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _AppearanceLine:
    track_id: int
    captured_at: datetime
    since: datetime
    looks: list[float]
    is_clear: bool


@dataclass(frozen=True, slots=True)
class _Line:
    camera_id: str
    progress: datetime
    events: list[tuple[datetime, tuple[_Observed, ...]]]
    faces: list[_FaceLine]
    frames: int
    problem: str | None
    appearances: list[_AppearanceLine] = field(default_factory=list)


_LINE = TypeAdapter(_Line)


def write_segment(path: Path, reports: Iterable[Report]) -> None:
    """Write the reports of a whole segment as they come, which may be those of months.

    The file appears only when it is complete.

    Raises:
        StoreError: The disk is full or refuses.
    """
    with writing_file(path) as file:
        for report in reports:
            with writing_to(path.parent):
                file.write(_LINE.dump_json(_to_line(report)) + b"\n")


def read_segment(path: Path) -> Iterator[Report]:
    """Yield the reports of a segment in their order.

    Raises:
        StoreError: The file is not what this version writes.
    """
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                yield _to_report(_LINE.validate_json(line))
            except ValidationError as error:
                raise StoreError(
                    f"{path}, line {number}: not what this version leaves of a segment; "
                    f"begin again with --force"
                ) from error


def _to_line(report: Report) -> _Line:
    faces = [
        _FaceLine(
            face.track_id,
            face.face_index,
            face.captured_at,
            face.embedding.tolist() if isinstance(face, Face) else None,
            face.quality,
            face.in_view_since,
            list(face.companions),
            list(face.overlapped),
        )
        for face in report.faces
    ]
    appearances = [
        _AppearanceLine(
            told.track_id, told.captured_at, told.since, told.looks.tolist(), told.is_clear
        )
        for told in report.appearances
    ]
    events: list[tuple[datetime, tuple[_Observed, ...]]] = report.events  # type: ignore[assignment]
    return _Line(
        report.camera_id,
        report.progress,
        events,
        faces,
        report.frames,
        report.problem,
        appearances,
    )


def _to_report(line: _Line) -> Report:
    faces = tuple(_to_face(line.camera_id, face) for face in line.faces)
    appearances = tuple(
        Appearance(
            camera_id=line.camera_id,
            track_id=told.track_id,
            captured_at=told.captured_at,
            since=told.since,
            looks=np.array(told.looks, np.float32),
            is_clear=told.is_clear,
        )
        for told in line.appearances
    )
    return Report(
        line.camera_id,
        line.progress,
        list(line.events),
        faces,
        line.frames,
        line.problem,
        appearances=appearances,
    )


def _to_face(camera_id: str, line: _FaceLine) -> FaceSight:
    about: dict[str, Any] = {
        "camera_id": camera_id,
        "track_id": line.track_id,
        "face_index": line.face_index,
        "captured_at": line.captured_at,
        "quality": line.quality,
        "in_view_since": line.in_view_since,
        "companions": tuple(line.companions),
        "overlapped": tuple(line.overlapped),
    }
    if line.embedding is None:
        return FaceSight(**about)
    return Face(**about, embedding=np.array(line.embedding, np.float32))
