"""One camera from its source to its reports, whoever does the model work.

The live actor, the local mode and the archive's workers all drive this class: they
differ only in how a stack of frames reaches the detector and a crop the embedder.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from genesis_ray.domain.detections import Detections
from genesis_ray.domain.events import CameraState, CameraStateChanged
from genesis_ray.domain.frames import Frame, Image
from genesis_ray.domain.identity import Face
from genesis_ray.domain.ordering import DONE
from genesis_ray.pipeline.observer import CameraObserver, CameraRules, Observation
from genesis_ray.pipeline.stages import TimedEvents
from genesis_ray.vision.crops import HeadCrop, cut_heads
from genesis_ray.vision.faces import EmbeddedFace
from genesis_ray.vision.letterbox import Letterbox
from genesis_ray.vision.sources import VideoSource


@dataclass(frozen=True, slots=True)
class Report:
    """What a camera has to say, up to `progress`, by which it will add nothing more.

    Attributes:
        frames: Frames looked at since the report before.
        problem: In the last report, why the source ended before its time.
    """

    camera_id: str
    progress: datetime
    events: TimedEvents
    faces: tuple[Face, ...]
    frames: int
    problem: str | None = None

    @property
    def is_last(self) -> bool:
        """Whether the source has ended."""
        return self.progress == DONE


@dataclass(frozen=True, slots=True)
class Seen:
    """A frame observed, and the crops to be embedded before it can be reported."""

    frame: Frame
    observation: Observation
    crops: list[HeadCrop]


class CameraStation:
    """A source with its observer."""

    def __init__(
        self,
        source: VideoSource,
        rules: CameraRules,
        observer: CameraObserver,
        *,
        input_size: int,
    ) -> None:
        self.source = source
        self._rules = rules
        self._observer = observer
        self._letterbox = Letterbox.fit(source.width, source.height, long_side=input_size)
        self._begun = False
        self._last_at = source.started_at

    @property
    def camera_id(self) -> str:
        """Whose station this is."""
        return self._rules.camera_id

    @property
    def input_shape(self) -> tuple[int, int]:
        """Height and width of what `prepare` returns."""
        return self._letterbox.shape

    @property
    def expected_frames(self) -> int | None:
        """Frames that will be looked at, where the source knows its length."""
        return self.source.expected_frames

    def frames(self) -> Iterator[tuple[Frame, Image]]:
        """Yield each frame with what the detector is to be given of it."""
        for frame in self.source:
            yield frame, self._letterbox.apply(frame.image)

    def observe(self, frame: Frame, found: Detections) -> Seen:
        """Take what the detector found in the next frame, normalised to its input."""
        observation = self._observer.observe(frame.stamp, self._letterbox.restore(found))
        wanted = [face.person for face in observation.wanted_faces]
        tracks = observation.tracks
        crops = cut_heads(frame.image, tracks.detections.xyxy, wanted) if tracks and wanted else []
        return Seen(frame, observation, crops)

    def report(self, seen: Sequence[Seen], embedded: Sequence[EmbeddedFace | None]) -> Report:
        """Report frames whose crops, in their order, have been embedded."""
        answers = iter(embedded)
        faces = [face for one in seen for face in self._faces_of(one.observation, answers)]
        events: TimedEvents = [(one.observation.at, one.observation.events) for one in seen]
        at = self._last_at = seen[-1].observation.at
        if not self._begun:
            self._begun = True
            begun_at = seen[0].observation.at
            events.insert(0, (begun_at, self._state(begun_at, "online", "")))
        return Report(self.camera_id, at, events, tuple(faces), len(seen))

    def finish(self) -> Report:
        """End the stream: every track is over, and nothing more will come."""
        events: TimedEvents = []
        if last := self._observer.finish():
            problem = self.source.problem
            events.append((last.at, last.events))
            state = self._state(self._last_at, "failed" if problem else "ended", problem or "")
            events.append((last.at, state))
        return Report(self.camera_id, DONE, events, (), 0, self.source.problem)

    def _faces_of(
        self, observation: Observation, answers: Iterator[EmbeddedFace | None]
    ) -> Iterator[Face]:
        for wanted in observation.wanted_faces:
            if answer := next(answers):
                yield Face(
                    camera_id=self.camera_id,
                    track_id=wanted.track_id,
                    face_index=wanted.face_index,
                    captured_at=observation.at,
                    embedding=answer.embedding,
                    quality=answer.quality,
                )

    def _state(self, at: datetime, state: CameraState, reason: str) -> tuple[CameraStateChanged]:
        event = CameraStateChanged(
            tenant_id=self._rules.tenant_id,
            site_id=self._rules.site_id,
            camera_id=self.camera_id,
            occurred_at=at,
            state=state,
            reason=reason,
        )
        return (event,)
