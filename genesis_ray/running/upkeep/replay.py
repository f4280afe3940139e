"""What was set aside in a run, tried once more; it may kill who does that: see `replaying`."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from typing import NamedTuple

from genesis_ray.domain.events import Event, FaceRecognized
from genesis_ray.domain.streams.frames import Frame, FrameStamp
from genesis_ray.domain.tracking.detections import Detections
from genesis_ray.errors import ConfigurationError, FailedAgainError, GenesisError, SourceError
from genesis_ray.pipeline.journal_stage import JournalStage
from genesis_ray.pipeline.resolver_stage import ResolverStage
from genesis_ray.running.assembly import (
    Detector,
    Embedder,
    build_journal,
    input_shape,
    load_detector,
    open_station,
)
from genesis_ray.running.looking import embed_heads
from genesis_ray.running.people.identities import open_identities
from genesis_ray.running.recordings import WatchedRun, recordings_of
from genesis_ray.running.resolver_building import build_resolver
from genesis_ray.running.result import CameraProgress
from genesis_ray.running.set_aside import in_a_line
from genesis_ray.running.stage_clock import StageClock
from genesis_ray.running.station import CameraStation
from genesis_ray.running.station_values import Report
from genesis_ray.running.templates.protected import load_protected_embedder
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.running.upkeep.dead_letters import DeadLetter
from genesis_ray.running.viewing import load_viewing
from genesis_ray.running.watching import people_in, settle, watch
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.settings import Settings
from genesis_ray.store.audit.audit_entry import Access
from genesis_ray.store.events.reader import read_table
from genesis_ray.store.keys.template_keys import KeyRing
from genesis_ray.store.runs.run_folder import RunFolder
from genesis_ray.vision.crops import cut_heads
from genesis_ray.vision.playback import VideoSource
from genesis_ray.vision.sources import open_recording

OnProgress = Callable[[CameraProgress], None]

_LOOKED_AT_BY = ("detect", "embed")
"""The stages that can be shown a single frame once more."""


class Replayed(NamedTuple):
    """What a dead letter that was tried again brings: its events, and the finding in a line."""

    events: list[Event]
    finding: str


class Replay:
    """Tries the dead letters of one run again, with the settings the run was made with."""

    def __init__(
        self,
        run: RunFolder,
        settings: Settings,
        watched: WatchedRun,
    ) -> None:
        """Load nothing yet; `settings` are those of `watched`, but for where its data is.

        Raises:
            ConfigurationError: The folder of the run's people and faces is not there.
        """
        if not settings.data_dir.is_dir():
            raise ConfigurationError(
                f"{settings.data_dir}, which has the people and faces of the run, is not there; go "
                f"to the folder in which the run was started, or name it with --data DIR"
            )
        self._run = run
        self._settings = settings
        self._watched = watched

    def shapes(self, letters: Iterable[DeadLetter]) -> set[tuple[int, int]]:
        """Return height and width of what the detector will be given, as far as can be told."""
        shapes = set()
        for letter in letters:
            with suppress(GenesisError):  # to replay it says so again
                camera = self._recording(letter)
                with open_recording(
                    camera.source, camera_id=camera.camera_id, process_fps=None, start=camera.start
                ) as source:
                    shapes.add(input_shape(self._settings, source.width, source.height))
        return shapes

    def replay(self, letter: DeadLetter, on_progress: OnProgress) -> Replayed:
        """Try a dead letter again; return what that brings, which is logged nowhere yet.

        Raises:
            FailedAgainError: It raised what nobody expected, as when it was set aside.
            GenesisError: There is nothing to replay it from, or it fails for a known reason.
        """
        camera = self._recording(letter)
        try:
            if letter.unit == "frame":
                return Replayed([], self._look_again(letter, camera))
            return self._watch_again(camera, on_progress)
        except GenesisError:
            raise
        except Exception as error:  # whatever a decoder or a model raises, as when it was set aside
            raise FailedAgainError(in_a_line(error)) from error

    def _recording(self, letter: DeadLetter) -> CameraSettings:
        if letter.unit == "frame" and letter.stage not in _LOOKED_AT_BY:
            raise ConfigurationError(
                f"what was told of the frame was set aside by the {letter.stage}, and not what "
                f"looks at it: watch the recording again to have it, and drop the dead letter: "
                f"genesis dead-letters drop {letter.dead_letter_id}"
            )
        camera = self._watched.camera(letter.camera_id, began_at=letter.captured_at)
        if camera.is_live:
            raise ConfigurationError(
                f"camera {camera.camera_id} is a live stream, of which no picture is kept; it can "
                f"only be dropped: genesis dead-letters drop {letter.dead_letter_id}"
            )
        if letter.stage == "decode":  # its time is the recording's beginning, whatever is set now
            return camera.model_copy(update={"start": letter.captured_at})
        if camera.start and letter.captured_at < camera.start:
            raise SourceError(
                f"camera {camera.camera_id} began anew at {camera.start.isoformat()}, after this "
                f"was set aside, so its times would be wrong now"
            )
        return camera

    def _look_again(self, letter: DeadLetter, camera: CameraSettings) -> str:
        """Run the stage that failed on a single frame."""
        station = open_station(self._settings, camera)
        with closing(station.source):
            frame, people = self._people_in_frame(letter, station)
        found = _counted(len(people), "person", "people")
        if letter.stage != "embed":
            return f"{found} found"
        crops = cut_heads(frame.image, people.xyxy, [*people.xyxy], frame.gains)
        faces = [face for face in embed_heads(self._embedder, crops) if face] if crops else []
        return f"{found} and {_counted(len(faces), 'face', 'faces')} found"

    def _people_in_frame(
        self, letter: DeadLetter, station: CameraStation
    ) -> tuple[Frame, Detections]:
        """Return the frame that was set aside, and who is in it."""
        source = station.source
        if isinstance(source, VideoSource):  # a stream was refused before
            source.skip_until(letter.captured_at - timedelta.resolution)
        frame, image = next(station.frames(), (None, None))
        if frame is None or image is None or frame.stamp != _stamp_of(letter):
            raise SourceError(
                f"camera {letter.camera_id} plays no frame {letter.frame_index} captured at "
                f"{letter.captured_at.isoformat()} any more: it is another recording, or was "
                f"given another start"
            )
        (people,) = people_in([(station, frame)], image[None], self._detector)
        return frame, people

    def _watch_again(self, camera: CameraSettings, on_progress: OnProgress) -> Replayed:
        """Watch a whole recording; return what it tells that is not in the log already."""
        settings, clock = self._settings, StageClock()
        viewing = load_viewing(settings.appearance, lambda: self._keys)
        station = open_station(settings, camera, viewing)
        progress = CameraProgress(
            camera_id=camera.camera_id, expected_frames=station.expected_frames
        )
        reports: list[Report] = []
        with closing(station.source):
            for report in watch(
                station,
                self._detector,
                self._embedder,
                stack_frames=settings.detector.stack_frames,
                clock=clock,
            ):
                reports.append(report)
                progress = replace(
                    progress, frames=progress.frames + report.frames, is_done=report.is_last
                )
                on_progress(progress)
        events = self._settled(camera.camera_id, reports, clock)
        watched = _counted(progress.frames, "frame", "frames")
        problem = reports[-1].problem
        return Replayed(events, f"{watched} watched" + (f"; {problem}" if problem else ""))

    def _settled(self, camera_id: str, reports: Sequence[Report], clock: StageClock) -> list[Event]:
        """Return what the reports of one camera lead to, but not of tracks that have a name.

        A track may be named sooner than it was when its face was new, which is no news.
        """
        known = read_table(self._run.events, "face_recognitions", self._settings.tenant_id)
        named = {
            track_id
            for camera, track_id, decision in zip(
                *(known[name].to_pylist() for name in ("camera_id", "track_id", "decision")),
                strict=True,
            )
            if camera == camera_id and decision == "named"
        }
        with ExitStack() as opened:
            where = f"what was set aside of the run in {self._run.path.resolve()}"
            access = Access(action="match", reason=f"names tracks of {where}")
            identities = open_identities(
                self._settings,
                self._embedder,
                self._keys,
                opened,
                access=access,
                recordings=recordings_of(self._run),
            )
            resolver = build_resolver(self._settings, identities, self._embedder)
            together = settle(
                {camera_id: iter(reports)},
                ResolverStage([camera_id], resolver),
                JournalStage([camera_id], build_journal(self._settings)),
                clock=clock,
            )
            return [
                event
                for events in together
                for event in events
                if not (isinstance(event, FaceRecognized) and event.track_id in named)
            ]

    @cached_property
    def _detector(self) -> Detector:
        return load_detector(self._settings.detector)

    @cached_property
    def _embedder(self) -> Embedder:
        return load_protected_embedder(self._settings.faces, self._keys.current)

    @cached_property
    def _keys(self) -> KeyRing:
        return tenant_keys(self._settings)


def _stamp_of(letter: DeadLetter) -> FrameStamp:
    return FrameStamp(letter.camera_id, letter.frame_index or 0, letter.captured_at)


def _counted(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
