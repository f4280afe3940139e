"""The first pass over an archive: segments watched by a pool of Ray Data actors."""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import ray
from ray.actor import ActorHandle
from ray.data import ActorPoolStrategy, DataContext

from genesis_ray.batch.archive import Segment
from genesis_ray.batch.mark import DiedOfItError, marked
from genesis_ray.batch.segment_file import write_segment
from genesis_ray.errors import GenesisError, SourceError
from genesis_ray.process_memory import keep_freed_memory
from genesis_ray.running.assembly import load_detector, open_station
from genesis_ray.running.set_aside import in_a_line
from genesis_ray.running.stage_clock import Stage, StageClock
from genesis_ray.running.station_values import Report
from genesis_ray.running.templates.protected import load_protected_embedder
from genesis_ray.running.templates.tenant_keys import keys_named
from genesis_ray.running.viewing import load_viewing
from genesis_ray.running.watching import watch
from genesis_ray.serving.placement import gpus_a_replica, own_gpu_share
from genesis_ray.settings import Settings
from genesis_ray.store.keys.template_keys import KeyRef
from genesis_ray.vision.memory_guard import claim_share

_CORES_A_WORKER = 2
"""A worker decodes, detects and embeds at once, and the engine's threads take what is left."""

_CPUS_RESERVED = 1
"""Fewer than it uses: with all of a small machine's, Ray Data's own tasks would wait for ever."""


@dataclass(frozen=True, slots=True)
class Finished:
    """How an attempt at a segment came out.

    Attributes:
        place: Among the segments that were to be watched.
        problem: Why it ended before its time; what it held until there is kept.
        failure: Why it could not be watched; nothing of it is kept, and it may be tried again.
    """

    place: int
    frames: int
    problem: str | None
    failure: str | None
    stage_s: dict[Stage, float]


def segment_file(work: Path, segment: Segment) -> Path:
    """Return where what was found in a segment is kept."""
    return work / f"{segment.segment_id}.jsonl"


def watch_segments(
    settings: Settings, segments: list[Segment], work: Path, tally: ActorHandle, key: KeyRef
) -> Iterator[Finished]:
    """Watch the segments, in parallel as far as the cluster allows; yield how each came out."""
    DataContext.get_current().enable_progress_bars = False
    workers = max(1, int(ray.cluster_resources()["CPU"]) // _CORES_A_WORKER)
    watched = ray.data.range(len(segments), override_num_blocks=len(segments)).map_batches(
        _SegmentWatcher,
        fn_constructor_args=(settings, segments, work, tally, key),
        batch_size=1,
        compute=ActorPoolStrategy(min_size=1, max_size=min(len(segments), workers)),
        num_cpus=_CPUS_RESERVED,
        num_gpus=gpus_a_replica(settings.detector.num_gpus) or None,
    )
    for row in watched.iter_rows():
        yield Finished(
            row["place"],
            row["frames"],
            row["problem"] or None,
            row["failure"] or None,
            json.loads(row["stage_s"]),
        )


class _SegmentWatcher:
    """A worker: the models, and the segments it is given one by one."""

    def __init__(
        self,
        settings: Settings,
        segments: list[Segment],
        work: Path,
        tally: ActorHandle,
        key: KeyRef,
    ) -> None:
        self._settings = settings
        self._segments = segments
        self._work = work
        self._tally = tally
        keep_freed_memory()
        claim_share(own_gpu_share())
        self._detector = load_detector(settings.detector)
        keys = keys_named(key)
        self._embedder = load_protected_embedder(settings.faces, keys.current)
        self._viewing = load_viewing(settings.appearance, lambda: keys)

    def __call__(self, batch: dict[str, npt.NDArray[np.int64]]) -> dict[str, list[object]]:
        """Watch the one segment whose place is in the batch's only row."""
        place = int(batch["id"][0])
        segment = self._segments[place]
        clock = StageClock()
        frames, problem, failure = 0, None, None

        def counted() -> Iterator[Report]:
            nonlocal frames, problem
            station = open_station(self._settings, segment.camera, self._viewing)
            with closing(station.source):
                for report in watch(
                    station,
                    self._detector,
                    self._embedder,
                    stack_frames=self._settings.detector.stack_frames,
                    clock=clock,
                ):
                    frames += report.frames
                    problem = report.problem
                    self._tally.add.remote(segment.label, report.frames)
                    yield report

        try:
            with marked(self._work, segment.segment_id):
                self._tally.begin.remote(segment.label)
                write_segment(segment_file(self._work, segment), counted())
        except DiedOfItError as died:
            failure = str(died)
        # Whatever a decoder or a model raises is told in the answer: the other segments go on.
        except Exception as error:
            if isinstance(error, GenesisError) and not isinstance(error, SourceError):
                raise  # no segment's fault: a full disk, a damaged model
            failure = in_a_line(error)
        return {
            "place": [place],
            "frames": [frames],
            "problem": [problem or ""],
            "failure": [failure or ""],
            "stage_s": [json.dumps(clock.seconds())],
        }
