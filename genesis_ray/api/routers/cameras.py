"""The cameras and how they are, and changing them while the others go on."""

from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Body, Query, Response
from pydantic import BaseModel, Field

from genesis_ray.api.deps import Reached
from genesis_ray.domain.streams.stream_health import StreamState
from genesis_ray.errors import ConfigurationError
from genesis_ray.running.changes import Changes
from genesis_ray.running.live_state import LiveState
from genesis_ray.running.result import CameraProgress
from genesis_ray.sections.cameras import CameraSettings

router = APIRouter(prefix="/v1/cameras", tags=["cameras"])

State = Literal["starting", StreamState, "ended", "failed"]


class Camera(BaseModel):
    """A camera of the configuration, with how far it is."""

    camera_id: str
    state: State
    reason: str = Field(
        description="Why a live stream is in its state: refused, unauthorised, no_frames, ... "
        "(docs/live.md); empty where nothing is wrong, and at the end"
    )
    frames: int = Field(description="Looked at since the system started")
    expected_frames: int | None = Field(description="In all, where the source knows its length")
    dropped: dict[str, int] = Field(description="Frames not looked at, by the reason")
    problem: str | None = Field(description="Why the source ended before its time")
    clock_offset_s: float | None = Field(
        description="Seconds that a live stream's own clock gained on the machine's since it was "
        "connected to, and dates are corrected by; below 0: it lost"
    )
    zone_ids: list[str]
    line_ids: list[str]


class Cameras(BaseModel):
    """All cameras."""

    cameras: list[Camera]


@router.get("")
async def read_cameras(reached: Reached) -> Cameras:
    """List the cameras of the configuration."""
    state = reached.feed.state()
    progress = {camera.camera_id: camera for camera in state.figures.cameras}
    return Cameras(
        cameras=[
            _shown(camera, progress.get(camera.camera_id), state) for camera in reached.cameras
        ]
    )


class CameraChange(BaseModel):
    """What a change of cameras comes to, by their names."""

    added: list[str]
    removed: list[str]
    changed: dict[str, list[str]] = Field(description="Of each that is set in another way, what")


DryRun = Annotated[bool, Query(description="Say what would change, and change nothing")]


@router.put("/{camera_id}")
async def put_camera(
    reached: Reached,
    camera_id: str,
    camera: Annotated[CameraSettings, Body()],
    response: Response,
    *,
    dry_run: DryRun = False,
) -> CameraChange:
    """Add a camera, or change the one of that name, while the others go on.

    The source is opened before anything changes. `genesis apply --back` undoes it.
    """
    if camera.camera_id != camera_id:
        raise ConfigurationError(
            f"camera_id {camera.camera_id!r} is not that of the address, {camera_id!r}; a camera "
            f"is renamed by adding it under the new name and taking the old one off"
        )
    changes = await reached.camera_changes.put(camera, dry_run=dry_run)
    if changes.added and not dry_run:
        response.status_code = HTTPStatus.CREATED
    return _told(changes)


@router.delete("/{camera_id}")
async def remove_camera(
    reached: Reached, camera_id: str, *, dry_run: DryRun = False
) -> CameraChange:
    """Take a camera off while the others go on; what it had seen until then is kept.

    `genesis apply --back` undoes it.
    """
    return _told(await reached.camera_changes.remove(camera_id, dry_run=dry_run))


def _told(changes: Changes) -> CameraChange:
    return CameraChange(
        added=[camera.camera_id for camera in changes.added],
        removed=[camera.camera_id for camera in changes.removed],
        changed={each.after.camera_id: list(each.fields) for each in changes.changed},
    )


def _shown(camera: CameraSettings, progress: CameraProgress | None, state: LiveState) -> Camera:
    progress = progress or CameraProgress(camera_id=camera.camera_id)
    is_lost = state.failure is not None and not progress.is_done
    return Camera(
        camera_id=camera.camera_id,
        state="failed" if is_lost else _state(progress, is_open=state.is_open),
        reason="" if is_lost or progress.is_done else progress.reason,
        frames=progress.frames,
        expected_frames=progress.expected_frames,
        dropped=dict(progress.dropped),
        problem=state.failure if is_lost else progress.problem,
        clock_offset_s=progress.clock_offset_s,
        zone_ids=[zone.zone_id for zone in camera.zones],
        line_ids=[line.line_id for line in camera.lines],
    )


def _state(progress: CameraProgress, *, is_open: bool) -> State:
    if progress.is_done:
        return "failed" if progress.problem else "ended"
    if not is_open:
        return "starting"
    return progress.state or ("online" if progress.frames else "starting")
