"""One camera from its source to its reports, whoever does the model work.

The live actor, the local mode and the archive's workers all drive this class: they
differ only in how a stack of frames reaches the detector and a crop the embedder.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from genesis_ray.domain.clocks.ordering import DONE
from genesis_ray.domain.events import CameraState, CameraStateChanged
from genesis_ray.domain.load.roles import Role
from genesis_ray.domain.recognition.face_choice import FaceChoice
from genesis_ray.domain.streams.frames import Frame, Gains, Image
from genesis_ray.domain.streams.stream_health import Diagnosis
from genesis_ray.domain.tracking.appearance import View
from genesis_ray.domain.tracking.detections import Detections
from genesis_ray.domain.tracking.track_ids import next_track_id
from genesis_ray.pipeline.observer import CameraObserver, CameraRules
from genesis_ray.pipeline.producers import TimedEvents
from genesis_ray.running.gates import Gates
from genesis_ray.running.looks import Looks, sights
from genesis_ray.running.station_values import Failure, Report, Seen, StationState
from genesis_ray.vision.crops import cut_heads
from genesis_ray.vision.faces import FaceCrop, GradedFace
from genesis_ray.vision.letterbox import Letterbox
from genesis_ray.vision.looks import view_of
from genesis_ray.vision.playback import VideoSource
from genesis_ray.vision.stream import LiveStream
from genesis_ray.vision.tiling import Tiler

_CLOCKS_AGREE = timedelta(seconds=2)
"""A live frame's time of capture is at most this far from its arrival, the first of a connection's
and those that were not held up by the network."""


class CameraStation:
    """A source with its observer.

    Attributes:
        role: What the camera is for.
        choice: Which faces are embedded, None: all. It is as far as what was chosen last, so behind
            what is observed; for another process to `resume` with.
        failure: Set by who decodes, before the source's end is reported.
        is_cut_off: Likewise, where the source is told to end before its end.
    """

    def __init__(
        self,
        source: VideoSource | LiveStream,
        rules: CameraRules,
        observer: CameraObserver,
        *,
        input_size: int,
        tiler: Tiler | None = None,
        role: Role = "tracking",
        motion_gate: bool = False,
        grey_world: bool = False,
        view_of: Callable[[Image], View] = view_of,
        choice: FaceChoice | None = None,
    ) -> None:
        self.source = source
        self._view_of = view_of
        self.role = role
        self._gates = Gates(motion=motion_gate, grey_world=grey_world)
        self._rules = rules
        self.choice = choice
        self._observer = observer
        self._input_size = input_size
        self._tiler = tiler
        self._letterboxes: dict[tuple[int, ...], Letterbox] = {}
        self._begun = False
        self.failure: Failure | None = None
        self.is_cut_off = False
        self._last_at = source.started_at - timedelta.resolution  # of what was told
        self._ends_from = source.started_at  # news may be of a time after that of the last frame

    @property
    def camera_id(self) -> str:
        """Whose station this is."""
        return self._rules.camera_id

    @property
    def is_live(self) -> bool:
        """Whether frames come when they come, and the source never ends by itself."""
        return self.source.is_live

    @property
    def may_be_held_up(self) -> bool:
        """Whether frames captured since the last one may still come, however late."""
        return self.source.may_be_held_up

    @property
    def is_waited_for(self) -> bool:
        """Whether the next frames of a live stream are not to be dropped, but waited for."""
        return self.source.is_waited_for

    @property
    def expected_frames(self) -> int | None:
        """Frames that will be looked at, where the source knows its length."""
        return self.source.expected_frames

    def rewind(self, after: datetime | None) -> None:
        """Begin with the source anew, behind the frame of time `after`."""
        self.source.rewind(after)

    def break_off(self) -> bool:
        """Note that a live stream's frames ended in an error; tell whether that is news."""
        return isinstance(self.source, LiveStream) and self.source.break_off()

    def state_after(self, seen: Seen) -> StationState:
        """Return the state right after a frame was observed; pickle it before the next is."""
        frame = seen.frame
        return StationState(self._observer, frame.gates, True, seen.observation.at, frame.mark)

    def resume(
        self,
        state: StationState,
        choice: FaceChoice | None = None,
        *,
        now: datetime | None = None,
    ) -> None:
        """Go on from the state of a station that is no more, before the first frame.

        `choice` is what its choice was when the last frame that counts was reported.

        A recording goes on behind the last frame that counts, with `now` not before that time,
        as a camera's stream would: `now` is not before what was told. New tracks get ids then that
        no lost one can have had. A stream goes on by `go_on_after`.
        """
        self._observer = state.observer
        self._gates.resume(state.gates)
        self.choice = choice or self.choice
        self._begun = state.begun
        self._last_at = state.at
        if not isinstance(self.source, LiveStream):
            self.source.skip_until(max(state.at, now or state.at), state.mark)
            if now:
                self._observer.renumber(next_track_id(max(state.at, now)))

    def go_on_after(self, told_until: datetime) -> None:
        """Go on with a live stream of which all was told up to some time, before the first frame.

        Its dates go on from there, though the site's clock may be behind it, having been set back.
        New tracks get ids that no lost one can have had.
        """
        if isinstance(self.source, LiveStream):
            self._last_at = max(self._last_at, told_until)
            self._ends_from = max(self._ends_from, told_until)
            self.source.go_on_after(told_until)
            self._observer.renumber(next_track_id(max(self.source.started_at, told_until)))

    def frames(self) -> Iterator[tuple[Frame, Image]]:
        """Yield each frame to be looked at with what the detector is to be given of it."""
        return self._gates.passed(self.source, self._input_of)

    @property
    def unseen(self) -> dict[str, int]:
        """How many frames `frames` has kept back, by the reason."""
        return {**self._gates.unseen, **self.source.dropped}

    def tiles(self, frame: Frame, found: Detections) -> npt.NDArray[np.uint8] | None:
        """Return what the detector is to see of a frame once more, [4, height, width, 3].

        `found` is what it found in the frame, normalised to its input. None: that is enough.
        """
        if self._tiler is None:
            return None
        letterbox = self._letterbox(frame.image)
        return self._tiler.inputs(frame.image, letterbox, found, frame.gains)

    def people(
        self, frame: Frame, found: Detections, in_tiles: Sequence[Detections] = ()
    ) -> Detections:
        """Return everybody the detector found in a frame and its tiles, normalised to the frame."""
        letterbox = self._letterbox(frame.image)
        people = letterbox.restore(found)
        if self._tiler is None or not in_tiles:
            return people
        return self._tiler.merge(frame.image, letterbox, people, in_tiles)

    def observe(self, frame: Frame, people: Detections) -> Seen:
        """Take the people of the next frame, normalised to it."""
        observation = self._observer.observe(
            frame.stamp, people, width=frame.image.shape[1], view=self._view_of(frame.image)
        )
        wanted = [face.person for face in observation.wanted_faces]
        tracks = observation.tracks
        if not (tracks and wanted):
            return Seen(frame, observation, [])
        crops = cut_heads(frame.image, tracks.detections.xyxy, wanted, frame.gains)
        return Seen(frame, observation, crops)

    def choose(self, seen: Sequence[Seen], found: Sequence[GradedFace | None]) -> Looks:
        """Choose which of the faces found in the crops of frames are to be embedded.

        Call it once for each frame, in their order, before they are reported.
        """
        looks = Looks([*found], [], [])
        of_crops = (
            (one.observation.at, wanted.track_id, crop)
            for one in seen
            for wanted, crop in zip(one.observation.wanted_faces, one.crops, strict=True)
        )
        for place, ((at, track_id, crop), face) in enumerate(zip(of_crops, found, strict=True)):
            if face and (not self.choice or self.choice.takes(track_id, at, face.quality)):
                looks.chosen.append(FaceCrop(crop, face))
                looks.places.append(place)
        return looks

    def report(self, seen: Sequence[Seen], looks: Looks) -> Report:
        """Report frames with what is known of the faces of their crops."""
        answers = iter(looks.faces)
        faces = [
            sight for one in seen for sight in sights(self.camera_id, one.observation, answers)
        ]
        events: TimedEvents = [(one.observation.at, one.observation.events) for one in seen]
        at = seen[-1].observation.at
        if not self._begun and not self.is_live:
            begun_at = seen[0].observation.at
            events.insert(0, (begun_at, self._state(begun_at, "online", "")))
        self._begun = True
        news, diagnosis = self._news(before=at)
        self._last_at = at
        return Report(
            self.camera_id,
            at,
            events + news,
            tuple(faces),
            len(seen),
            diagnosis=diagnosis,
            appearances=tuple(told for one in seen for told in one.observation.appearances),
            clock_offset_s=self.source.clock_offset_s,
        )

    def idle(
        self, now: datetime, *, before: datetime | None = None, may_be_held_up: bool = False
    ) -> Report:
        """Report a live stream that gives no frames: its news, and that time goes on.

        Where there was none for two minutes its tracks are over. `before` is the time of the first
        frame that it gave and that is still to be reported: until then time stands still, and news
        are told only where there is room for them. `may_be_held_up` is what this station told of
        itself before it was asked for that frame: it stands still then as well.
        """
        stands_still = before or may_be_held_up
        at = self._last_at if stands_still else max(self._last_at, now - _CLOCKS_AGREE)
        has_room = not before or self._last_at + timedelta.resolution < before
        news, diagnosis = self._news(before=at) if has_room else ([], None)
        if not before and (over := self._observer.lapse(at)):
            news.append((max(at, self._last_at + timedelta.resolution), tuple(over)))
        self._last_at = max([at, *(told_at for told_at, _ in news)])
        return Report(self.camera_id, self._last_at, news, (), 0, diagnosis=diagnosis)

    def follow(self, told_until: datetime, *, now: datetime | None = None) -> None:
        """Come after another station of the same camera: behind its frames, with ids of its own.

        It has told all up to `told_until`. A recording begins with `now` not before that time, as
        in `resume`; a stream follows by `go_on_after`.
        """
        if not isinstance(self.source, LiveStream):
            behind = max(told_until, now or told_until)
            self._last_at = self._ends_from = behind
            self.source.skip_until(behind)
            self._observer.renumber(next_track_id(behind))

    def leave(self) -> Report:
        """End the tracks of a camera that is taken off, while its name may be used again."""
        report = self.finish()
        at = max((at for at, _ in report.events), default=self._last_at)
        self._last_at = max(at, self._last_at)
        return replace(report, progress=self._last_at, problem=None)

    def finish(self) -> Report:
        """End the stream: every track is over, and nothing more will come."""
        problem = self.failure.reason if self.failure else self.source.problem
        last = self._observer.finish()
        events, diagnosis = self._news(before=last.at if last else self._last_at)
        # Not of a time up to which all was told, as it was of a stream that fell silent.
        turn = self._last_at + timedelta.resolution
        if last:
            turn = max(last.at, turn)
            events.append((turn, last.events))
        ended_at = max(self._last_at, self._ends_from)
        end = self._state(ended_at, "failed" if problem else "ended", problem or "")
        events.append((turn, end))
        return Report(
            self.camera_id, DONE, events, (), 0, problem, self.is_cut_off, diagnosis=diagnosis
        )

    def _news(self, *, before: datetime) -> tuple[TimedEvents, Diagnosis | None]:
        """Return what the source has to say of its state, and the last of it.

        It is told after what was told last and, where there is room, not after `before`.
        """
        events: TimedEvents = []
        latest: Diagnosis | None = None
        for at, latest in self.source.take_news():
            turn = max(min(at, before), self._last_at + timedelta.resolution)
            events.append((turn, self._state(at, latest.state, latest.reason)))
            self._ends_from = max(self._ends_from, at + timedelta.resolution)
        return events, latest

    def _input_of(self, image: Image, gains: Gains | None) -> Image:
        return self._letterbox(image).apply(image, gains)

    def _letterbox(self, image: Image) -> Letterbox:
        """Return the letterbox for pictures of this size, which a live stream may change."""
        size = image.shape[:2]
        if size not in self._letterboxes:
            height, width = size
            self._letterboxes[size] = Letterbox.fit(width, height, long_side=self._input_size)
        return self._letterboxes[size]

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
