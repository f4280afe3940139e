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
    """What a camera, or several together, see and do.

    What has a name of the question `metrics` is what `genesis ask current-metrics` tells.
    """

    people_in_view: int = Field(description="Tracks in view at this moment")
    people_total: int = Field(description="Tracks in view in the last `window_s`")
    queue_len: int | None = Field(description="People in the queue zones; null without any")
    avg_wait_sec: float | None = Field(
        description="Mean seconds in a queue zone of those who left one in the last `window_s`; "
        "null: nobody did"
    )
    waited: int = Field(description="Of how many that is the mean")
    people_by_zone: dict[str, int] = Field(description="Who entered a zone and has not left it")
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


def count(
    backends: Backends, camera_ids: Sequence[str], queue_zone_ids: Sequence[str]
) -> list[CameraCounts]:
    """Count for each of the cameras; people queue in zones of `queue_zone_ids`."""
    figures = backends.feed.state().figures
    at = figures.moment
    own: dict[str, Any] = {"window_s": WINDOW_S, "queue_zone_ids": queue_zone_ids}
    rows = current.now(backends.events, at=at, **own).to_pylist() if at else []
    seen: dict[str, dict[str, Any]] = {row["camera_id"]: row for row in rows}
    nothing = {"queue_len": 0 if queue_zone_ids else None}
    done = {camera.camera_id: camera for camera in figures.cameras}
    rates = backends.feed.frames_per_second()
    return [
        _counts(
            done.get(camera_id, CameraProgress(camera_id=camera_id)),
            seen.get(camera_id, nothing),
            rates.get(camera_id, 0.0),
        )
        for camera_id in camera_ids
    ]


def total(counts: Sequence[Counts]) -> Counts:
    """Return the counts of several cameras together; zones of one name are one zone."""
    queues = [each.queue_len for each in counts if each.queue_len is not None]
    waited = sum(each.waited for each in counts)
    waits_s = sum(each.avg_wait_sec * each.waited for each in counts if each.avg_wait_sec)
    return Counts(
        people_in_view=sum(each.people_in_view for each in counts),
        queue_len=sum(queues) if queues else None,
        avg_wait_sec=waits_s / waited if waited else None,
        waited=waited,
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
        people_in_view=seen.get("people_in_view", 0),
        people_total=seen.get("people_total", 0),
        queue_len=seen["queue_len"],
        avg_wait_sec=seen.get("avg_wait_sec"),
        waited=seen.get("waited", 0),
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
