"""Counting what cameras see and do right now."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, Field

from genesis_ray.analytics import current
from genesis_ray.api.backends import Backends
from genesis_ray.running.result import CameraProgress

WINDOW_S = 60.0
"""What faces are counted over: the interval by which the reference system aggregates."""


class Counts(BaseModel):
    """What a camera, or several together, see and do."""

    people_total: int = Field(description="In view")
    people_by_zone: dict[str, int] = Field(description="In view, by the zone they are in")
    new_faces: int = Field(description="Tracks that became a new visitor, in the last `window_s`")
    recognized_faces: int = Field(
        description="Tracks that were named as somebody known, in the last `window_s`"
    )
    frames_per_second: float = Field(description="Looked at, over the last seconds")
    frames: int = Field(description="Looked at since the system started")
    dropped: dict[str, int] = Field(description="Frames not looked at, by the reason")


class CameraCounts(Counts):
    """What one camera sees and does."""

    camera_id: str


def count(backends: Backends, camera_ids: Sequence[str]) -> list[CameraCounts]:
    """Count for each of the cameras."""
    figures = backends.feed.state().figures
    at = figures.moment
    rows = current.now(backends.events, at=at, window_s=WINDOW_S).to_pylist() if at else []
    seen = {row["camera_id"]: row for row in rows}
    done = {camera.camera_id: camera for camera in figures.cameras}
    rates = backends.feed.frames_per_second()
    return [
        _counts(
            done.get(camera_id, CameraProgress(camera_id=camera_id)),
            seen.get(camera_id, {}),
            rates.get(camera_id, 0.0),
        )
        for camera_id in camera_ids
    ]


def total(counts: Sequence[Counts]) -> Counts:
    """Return the counts of several cameras together; zones of one name are one zone."""
    return Counts(
        people_total=sum(each.people_total for each in counts),
        people_by_zone=_sum([each.people_by_zone for each in counts]),
        new_faces=sum(each.new_faces for each in counts),
        recognized_faces=sum(each.recognized_faces for each in counts),
        frames_per_second=round(sum(each.frames_per_second for each in counts), 2),
        frames=sum(each.frames for each in counts),
        dropped=_sum([each.dropped for each in counts]),
    )


def _counts(done: CameraProgress, seen: dict[str, Any], rate: float) -> CameraCounts:
    return CameraCounts(
        camera_id=done.camera_id,
        people_total=seen.get("people", 0),
        people_by_zone=dict(seen.get("people_by_zone", ())),
        new_faces=seen.get("new_faces", 0),
        recognized_faces=seen.get("recognized_faces", 0),
        frames_per_second=round(rate, 2),
        frames=done.frames,
        dropped=dict(done.dropped),
    )


def _sum(counts: Sequence[dict[str, int]]) -> dict[str, int]:
    summed: Counter[str] = Counter()
    for each in counts:
        summed.update(each)
    return dict(summed)
