"""The whole system in one process, without Ray: for debugging, and to know what Ray costs."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from threading import Event

from genesis_ray.pipeline.journal_stage import JournalStage
from genesis_ray.pipeline.resolver_stage import Resolved, ResolverStage
from genesis_ray.process_memory import keep_freed_memory
from genesis_ray.running.alerting.alert_delivery import delivering
from genesis_ray.running.alerting.alerts import take_in
from genesis_ray.running.assembly import build_journal, load_detector, open_station
from genesis_ray.running.ending import ended_by_signals
from genesis_ray.running.people.identities import open_identities
from genesis_ray.running.recorder import Recorder
from genesis_ray.running.recordings import recordings_of
from genesis_ray.running.resolver_building import build_resolver
from genesis_ray.running.result import CameraProgress, RunResult
from genesis_ray.running.stage_clock import StageClock
from genesis_ray.running.station_values import Report
from genesis_ray.running.templates.protected import load_protected_embedder
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.running.viewing import load_viewing
from genesis_ray.running.watching import settle, watch
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.settings import Settings
from genesis_ray.store.audit.audit_entry import Access
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.runs.run_folder import RunFolder


def run_local(
    settings: Settings, run: RunFolder, *, on_progress: Callable[[CameraProgress], None]
) -> RunResult:
    """Watch the recordings of all cameras to their end, write the log, return the figures.

    SIGINT or SIGTERM ends them before; then what is under way is finished and logged.
    """
    begun = time.perf_counter()
    keep_freed_memory()
    with ended_by_signals() as ending, delivering(settings, run), ExitStack() as opened:
        watched = _LocalRun(settings, run, opened, on_progress, ending)
        return watched.run(begun)


class _LocalRun:
    """The cameras of one run, what they share, and how far they are."""

    def __init__(
        self,
        settings: Settings,
        run: RunFolder,
        opened: ExitStack,
        on_progress: Callable[[CameraProgress], None],
        ending: Event,
    ) -> None:
        self._settings = settings
        self._run = run
        self._opened = opened
        self._on_progress = on_progress
        self._ending = ending
        self._clock = StageClock()
        keys = tenant_keys(settings)
        self._detector = load_detector(settings.detector)
        self._embedder = load_protected_embedder(settings.faces, keys.current)
        self._viewing = load_viewing(settings.appearance, lambda: keys)
        access = Access(action="match", reason=f"names tracks of the run in {run.path.resolve()}")
        watched = recordings_of(run)
        self._identities = open_identities(
            settings, self._embedder, keys, opened, access=access, recordings=watched
        )
        self._log = opened.enter_context(EventLog(run.events))
        cameras = [camera.camera_id for camera in settings.cameras]
        resolver = build_resolver(settings, self._identities, self._embedder)
        self._resolving = ResolverStage(cameras, resolver)
        self._journaling = JournalStage(cameras, build_journal(settings))
        self._progress: dict[str, CameraProgress] = {}
        self._recorders: dict[str, Recorder] = {}
        self._first_frame_at: float | None = None

    def run(self, begun: float) -> RunResult:
        """Watch everything; `begun` is when the start-up began, in perf_counter's seconds."""
        reports = {camera.camera_id: self._watch(camera) for camera in self._settings.cameras}
        events, first_event_at = 0, None
        for rows in settle(
            reports,
            self._resolving,
            self._journaling,
            clock=self._clock,
            on_report=self._on_report,
        ):
            with self._clock.time("write"):
                self._log.append(rows)
            events += len(rows)
            if rows and first_event_at is None:
                first_event_at = time.perf_counter()
        take_in(self._run, self._log)
        with self._clock.time("write"):
            self._log.flush()
        first_frame_at = self._first_frame_at or time.perf_counter()
        return RunResult(
            mode="local",
            cameras=tuple(self._progress.values()),
            events=events,
            late=self._resolving.late + self._journaling.late,
            startup_s=first_frame_at - begun,
            first_event_s=first_event_at - begun if first_event_at else None,
            watching_s=time.perf_counter() - first_frame_at,
            stage_s=self._clock.seconds(),
            interrupted=self._ending.is_set(),
        )

    def _watch(self, camera: CameraSettings) -> Iterator[Report]:
        station = open_station(self._settings, camera, self._viewing)
        self._opened.callback(station.source.close)
        self._progress[camera.camera_id] = CameraProgress(
            camera_id=camera.camera_id, expected_frames=station.expected_frames
        )
        recorder = None
        if self._settings.annotate:
            recorder = Recorder(
                camera,
                self._run.media,
                fps=self._settings.fps_of(camera),
                time_zone=self._settings.time_zone,
            )
            self._recorders[camera.camera_id] = recorder
            self._opened.callback(recorder.close)
        return watch(
            station,
            self._detector,
            self._embedder,
            stack_frames=self._settings.detector.stack_frames,
            clock=self._clock,
            on_seen=recorder.draw if recorder else None,
            is_ending=self._ending.is_set,
        )

    def _on_report(self, report: Report, resolved: Resolved) -> None:
        if self._first_frame_at is None:
            self._first_frame_at = time.perf_counter()
        before = self._progress[report.camera_id]
        after = replace(
            before,
            frames=before.frames + report.frames,
            is_done=report.is_last,
            problem=report.problem,
            is_cut_off=report.is_cut_off,
        )
        self._progress[report.camera_id] = after
        self._on_progress(after)
        for camera_id, named in resolved.names().items():
            if recorder := self._recorders.get(camera_id):
                recorder.name(
                    {track: self._identities.name_of(who) for track, who in named.items()}
                )
