"""What a run reports of itself: while it goes on, and in its run.json."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Literal

from genesis_ray.domain.streams.stream_health import StreamState
from genesis_ray.running.stage_clock import Stage
from genesis_ray.settings import Settings

Mode = Literal["live", "local", "archive"]

RUNNING = "running"
"""What run.json has as the state of a run without a result: it goes on, or was cut off."""

_WITHOUT_FRAMES: tuple[StreamState, ...] = ("connecting", "stalled")


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraProgress:
    """How far a camera is.

    Attributes:
        frames: Looked at so far.
        expected_frames: In all, where the source knows.
        dropped: Frames not looked at, by reason.
        problem: Why the source ended before its time.
        is_cut_off: Whether it was told to end before its end; a live stream has no other.
        state: Of a live stream, the last that was reported.
        reason: Why it is in that, as a code; "" where nothing is wrong.
        clock_offset_s: Of a live stream, what its own clock gained since it was connected to.
        is_device: Whether it is a camera of the machine that watches it.
    """

    camera_id: str
    frames: int = 0
    expected_frames: int | None = None
    dropped: Mapping[str, int] = field(default_factory=dict)
    is_done: bool = False
    problem: str | None = None
    is_cut_off: bool = False
    state: StreamState | None = None
    reason: str = ""
    clock_offset_s: float | None = None
    is_device: bool = False

    @property
    def is_away(self) -> bool:
        """Whether it is a live stream that is watched and gives no frames."""
        return not self.is_done and self.state in _WITHOUT_FRAMES


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """What a finished run measured.

    Attributes:
        startup_s: From the start to the first frame looked at.
        first_event_s: From the start to the first event in the log.
        watching_s: From the first frame looked at to the last event in the log.
        stage_s: Seconds by stage, over all threads and cameras; stages overlap.
        interrupted: Whether all sources were told to end; recordings may have ended before.
        latency_s: In real time, by quantile: seconds from the capture of a report's last frame
            until the log had it.
    """

    mode: Mode
    cameras: tuple[CameraProgress, ...]
    events: int
    late: int
    startup_s: float
    first_event_s: float | None
    watching_s: float
    stage_s: Mapping[Stage, float]
    interrupted: bool = False
    latency_s: Mapping[float, float] = field(default_factory=dict)

    @property
    def frames(self) -> int:
        """Frames looked at, of all cameras."""
        return sum(camera.frames for camera in self.cameras)

    @property
    def problems(self) -> list[str]:
        """What went wrong with which camera."""
        return [f"{c.camera_id}: {c.problem}" for c in self.cameras if c.problem]


def summary(settings: Settings, result: RunResult | None) -> dict[str, object]:
    """Return what a run adds to its run.json; without a result it goes on, or was cut off."""
    return {"settings": settings.model_dump(mode="json"), **outcome(settings, result)}


def outcome(settings: Settings, result: RunResult | None) -> dict[str, object]:
    """Return what of that is known at the end alone."""
    return {
        "state": _state(settings, result),
        "result": asdict(result) | {"frames": result.frames} if result else None,
    }


def cut_off(settings: Settings, result: RunResult) -> list[str]:
    """Return the cameras whose recordings were ended before their end; a stream has no other."""
    if not result.interrupted:
        return []
    whole = {each.camera_id for each in result.cameras if each.is_done and not each.is_cut_off}
    recordings = [camera.camera_id for camera in settings.cameras if not camera.is_live]
    return [camera_id for camera_id in recordings if camera_id not in whole]


def _state(settings: Settings, result: RunResult | None) -> str:
    if result is None:
        return RUNNING
    return "interrupted" if cut_off(settings, result) else "finished"
