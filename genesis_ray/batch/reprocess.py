"""An archive through the same pipeline, on Ray Data.

First pass, in parallel: each segment is watched from start to end and what was seen is
kept in a file of its own, so a killed run goes on with the segments that have none. Last
pass, in one: names and visits, in order of capture time.
"""

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import ray
from ray.actor import ActorHandle
from ray.exceptions import RayError

from genesis_ray.batch.archive import Archive, Segment
from genesis_ray.batch.segment_file import read_segment
from genesis_ray.batch.worker import Finished, Tally, segment_file, watch_segments
from genesis_ray.errors import GenesisError
from genesis_ray.pipeline.stages import JournalStage, ResolverStage
from genesis_ray.running.assembly import build_journal, embedder_traits
from genesis_ray.running.result import CameraProgress, RunResult
from genesis_ray.running.stage_clock import StageClock
from genesis_ray.running.station import Report
from genesis_ray.running.watching import settle
from genesis_ray.serving import cluster
from genesis_ray.serving.deploy import reason_in
from genesis_ray.settings import Settings
from genesis_ray.store.event_log import EventLog
from genesis_ray.store.run_folder import RunFolder

_WORK = "work"
"""The folder in a run's folder that holds the segments done so far."""

_POLL_S = 0.25
"""Between two looks at how far the workers are."""

OnProgress = Callable[[CameraProgress], None]


def reprocess(
    settings: Settings, archive: Archive, run: RunFolder, *, on_progress: OnProgress
) -> RunResult:
    """Watch the segments that are not done yet, then bring all together in the log.

    `on_progress` is told of segments: their label stands in for the camera's id. A segment that
    cannot be watched is reported in the result, and is no hindrance to the others.
    """
    begun_at = time.time()
    work = run.path.resolve() / _WORK
    work.mkdir(exist_ok=True)
    first_pass = _FirstPass(archive, work, on_progress)
    try:
        first_pass.run(settings)
        events, late = _last_pass(settings, archive, work, run, first_pass.clock)
        ended_at = time.time()
    finally:
        ray.shutdown()
    shutil.rmtree(work)
    first_frame_at = first_pass.first_frame_at or begun_at
    return RunResult(
        mode="archive",
        cameras=_by_camera(archive, first_pass.progress),
        events=events,
        late=late,
        startup_s=first_frame_at - begun_at,
        first_event_s=None,
        watching_s=ended_at - first_frame_at,
        stage_s=first_pass.clock.seconds(),
    )


class _FirstPass:
    """The segments of an archive and how far they are."""

    def __init__(self, archive: Archive, work: Path, on_progress: OnProgress) -> None:
        self._work = work
        self._on_progress = on_progress
        self._todo: list[Segment] = []
        self.clock = StageClock()
        self.first_frame_at: float | None = None
        self.progress: dict[str, CameraProgress] = {}
        for segment in archive.segments:
            is_done = segment_file(work, segment).exists()
            if not is_done:
                self._todo.append(segment)
            self._tell(
                CameraProgress(
                    camera_id=segment.label,
                    frames=_frames_in(segment_file(work, segment)) if is_done else 0,
                    expected_frames=segment.expected_frames,
                    is_done=is_done,
                )
            )

    def run(self, settings: Settings) -> None:
        """Watch what is not done yet on the cluster."""
        if not self._todo:
            return
        # Ray Data's own actors make Ray print a warning that no user can act on (ray#53727).
        os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
        cluster.start()
        tally = ray.remote(Tally).options(num_cpus=0).remote()
        stop = threading.Event()
        polling = threading.Thread(target=self._poll, args=(tally, stop))
        try:
            polling.start()
            for finished in watch_segments(settings, self._todo, self._work, tally):
                self._finish(finished)
        except RayError as error:
            raise GenesisError(
                f"a worker failed: {reason_in(str(error))}; what is done is kept, the same "
                f"command goes on from there"
            ) from error
        finally:
            stop.set()
            polling.join()

    def _poll(self, tally: ActorHandle, stop: threading.Event) -> None:
        while not stop.wait(_POLL_S):
            frames, self.first_frame_at = ray.get(tally.read.remote())
            for label, count in frames.items():
                if not self.progress[label].is_done:
                    self._tell(replace(self.progress[label], frames=count))

    def _finish(self, finished: Finished) -> None:
        segment = self._todo[finished.place]
        for stage, seconds in finished.stage_s.items():
            self.clock.add(stage, seconds)
        self._tell(
            replace(
                self.progress[segment.label],
                frames=finished.frames,
                is_done=True,
                problem=finished.problem,
            )
        )

    def _tell(self, progress: CameraProgress) -> None:
        self.progress[progress.camera_id] = progress
        self._on_progress(progress)


def _by_camera(archive: Archive, progress: dict[str, CameraProgress]) -> tuple[CameraProgress, ...]:
    """Return the cameras' figures, each the sum of its segments'."""
    cameras: dict[str, CameraProgress] = {}
    for segment in archive.segments:
        camera_id, own = segment.camera.camera_id, progress[segment.label]
        so_far = cameras.get(camera_id, CameraProgress(camera_id=camera_id, is_done=True))
        problems = [problem for problem in (so_far.problem, own.problem) if problem]
        cameras[camera_id] = replace(
            so_far,
            frames=so_far.frames + own.frames,
            is_done=so_far.is_done and own.is_done,
            problem="; ".join(problems) or None,
        )
    return tuple(cameras.values())


def _frames_in(path: Path) -> int:
    return sum(report.frames for report in read_segment(path))


def _last_pass(
    settings: Settings, archive: Archive, work: Path, run: RunFolder, clock: StageClock
) -> tuple[int, int]:
    """Resolve and journal what the segments hold; return the numbers of events and late ones."""
    from genesis_ray.running.identities import build_resolver, open_identities  # LanceDB: after Ray

    segments: dict[str, list[Segment]] = {}
    for segment in archive.segments:
        if segment_file(work, segment).exists():
            segments.setdefault(segment.camera.camera_id, []).append(segment)
    reports = {
        camera_id: _reports([segment_file(work, segment) for segment in own])
        for camera_id, own in segments.items()
    }
    traits = embedder_traits(settings.faces)
    events = 0
    with ExitStack() as opened:
        people, gallery = open_identities(settings, traits, opened)
        log = opened.enter_context(EventLog(run.events))
        resolving = ResolverStage(list(reports), build_resolver(settings, gallery, people, traits))
        journaling = JournalStage(list(reports), build_journal(settings))
        for rows in settle(reports, resolving, journaling, clock=clock):
            log.append(rows)
            events += len(rows)
    return events, resolving.late + journaling.late


def _reports(files: list[Path]) -> Iterator[Report]:
    """Yield a camera's reports over its segments, in order; only the last one ends the camera."""
    for number, file in enumerate(files, start=1):
        for report in read_segment(file):
            if report.is_last and number < len(files):
                latest = max((at for at, _ in report.events), default=None)
                if latest is None:
                    continue
                report = replace(report, progress=latest)
            yield report
