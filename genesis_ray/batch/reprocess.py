"""An archive through the same pipeline, on Ray Data.

First pass, in parallel: each segment is watched from start to end and what was seen is
kept in a file of its own, so a killed run goes on with the segments that have none. Last
pass, in one: names and visits, in order of capture time.
"""

import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import ray

from genesis_ray.batch.archive import Archive, Segment
from genesis_ray.batch.first_pass import FirstPass, OnProgress
from genesis_ray.batch.segment_file import read_segment
from genesis_ray.batch.worker import segment_file
from genesis_ray.domain.events import DeadLetterChanged
from genesis_ray.pipeline.journal_stage import JournalStage
from genesis_ray.pipeline.resolver_stage import ResolverStage
from genesis_ray.running.assembly import build_journal, embedder_traits
from genesis_ray.running.people.identities import open_identities
from genesis_ray.running.recordings import recordings_of
from genesis_ray.running.resolver_building import build_resolver
from genesis_ray.running.result import CameraProgress, RunResult
from genesis_ray.running.stage_clock import StageClock
from genesis_ray.running.station_values import Report
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.running.watching import settle
from genesis_ray.settings import Settings
from genesis_ray.store.audit.audit_entry import Access
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.keys.template_keys import KeyRef, KeyRing
from genesis_ray.store.lock import WriteLock
from genesis_ray.store.runs.run_folder import RunFolder


def reprocess(
    settings: Settings, archive: Archive, run: RunFolder, *, on_progress: OnProgress
) -> RunResult:
    """Watch the segments that are not done yet, then bring all together in the log.

    `on_progress` is told of segments: their label stands in for the camera's id. A segment that
    cannot be watched is no hindrance to the others: it is tried again behind them, and set aside
    where that does not help, which the result reports and the log has as a dead letter.
    """
    begun_at = time.time()
    keys = tenant_keys(settings)
    work = _work_folder(run.work.resolve(), keys.ref)
    writing = WriteLock(work / "writer.lock")
    try:
        first_pass = FirstPass(archive, work, on_progress)
        first_pass.run(settings, keys.ref)
        letters = first_pass.letters(settings)
        events, late = _last_pass(settings, keys, archive, work, run, first_pass.clock, letters)
        ended_at = time.time()
    finally:
        writing.release()
        ray.shutdown()
    shutil.rmtree(work.parent)
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


def _work_folder(path: Path, key: KeyRef) -> Path:
    """Make the folder of segments under a key; what was done under another is done again."""
    work = path / f"key-{key.version}-{key.fingerprint}"
    for other in path.glob("*"):
        if other != work:
            shutil.rmtree(other) if other.is_dir() else other.unlink()
    work.mkdir(parents=True, exist_ok=True)
    return work


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


def _last_pass(
    settings: Settings,
    keys: KeyRing,
    archive: Archive,
    work: Path,
    run: RunFolder,
    clock: StageClock,
    letters: Sequence[DeadLetterChanged],
) -> tuple[int, int]:
    """Resolve and journal what the segments hold; return the numbers of events and late ones."""
    segments: dict[str, list[Segment]] = {}
    for segment in archive.segments:
        if segment_file(work, segment).exists():
            segments.setdefault(segment.camera.camera_id, []).append(segment)
    reports = {
        camera_id: _reports([segment_file(work, segment) for segment in own])
        for camera_id, own in segments.items()
    }
    traits = embedder_traits(settings.faces)
    events = len(letters)
    with ExitStack() as opened:
        access = Access(
            action="match", reason=f"names tracks of the archive run in {run.path.resolve()}"
        )
        watched = recordings_of(run)
        identities = open_identities(
            settings, traits, keys, opened, access=access, recordings=watched
        )
        log = opened.enter_context(EventLog(run.events))
        log.append(letters)
        resolving = ResolverStage(list(reports), build_resolver(settings, identities, traits))
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
