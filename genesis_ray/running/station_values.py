"""What goes into a camera's station and comes out of it."""

from dataclasses import dataclass
from datetime import datetime

from genesis_ray.domain.clocks.ordering import DONE
from genesis_ray.domain.recognition.carrying import Appearance
from genesis_ray.domain.recognition.identity import FaceSight
from genesis_ray.domain.streams.frames import Frame
from genesis_ray.domain.streams.stream_health import Diagnosis
from genesis_ray.pipeline.observer import CameraObserver, Observation
from genesis_ray.pipeline.producers import Evidence, TimedEvents
from genesis_ray.vision.crops import HeadCrop


@dataclass(frozen=True, slots=True)
class Report:
    """What a camera has to say, up to `progress`, by which it will add nothing more.

    Attributes:
        frames: Frames looked at since the report before.
        problem: In the last report, why the source ended before its time.
        is_cut_off: In the last report, whether the source was told to end before its end.
        diagnosis: The state that a live stream came into since the report before, and why.
        appearances: How tracks look, where identities are carried by that.
        clock_offset_s: What a live stream's own clock gained since it was connected to.
    """

    camera_id: str
    progress: datetime
    events: TimedEvents
    faces: tuple[FaceSight, ...]
    frames: int
    problem: str | None = None
    is_cut_off: bool = False
    diagnosis: Diagnosis | None = None
    appearances: tuple[Appearance, ...] = ()
    clock_offset_s: float | None = None

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """All that tells who tracks are."""
        return self.faces + self.appearances

    @property
    def is_last(self) -> bool:
        """Whether the source has ended."""
        return self.progress == DONE


@dataclass(frozen=True, slots=True)
class StationState:
    """Where a station is: what another one needs to go on from there.

    Attributes:
        gates: What those remember that the last frame passed, see `Gates.resume`.
        at: Capture time of the last frame that counts.
        mark: Where its recording is right behind that frame.
    """

    observer: CameraObserver
    gates: object
    begun: bool
    at: datetime
    mark: object


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a source was given up before its end, after how many attempts."""

    reason: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Seen:
    """A frame observed, and the crops to be embedded before it can be reported."""

    frame: Frame
    observation: Observation
    crops: list[HeadCrop]
