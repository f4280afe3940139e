"""Every segment of an archive watched, or set aside."""

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import ray
from ray.actor import ActorHandle
from ray.exceptions import RayError

from genesis_ray.batch.archive import Archive, Segment
from genesis_ray.batch.mark import remove_marks
from genesis_ray.batch.segment_file import read_segment
from genesis_ray.batch.tally import Tally
from genesis_ray.batch.worker import Finished, segment_file, watch_segments
from genesis_ray.domain.events import DeadLetterChanged
from genesis_ray.domain.load.retry import Attempts
from genesis_ray.errors import GenesisError
from genesis_ray.running.result import CameraProgress
from genesis_ray.running.set_aside import dead_letter
from genesis_ray.running.stage_clock import StageClock
from genesis_ray.serving import cluster
from genesis_ray.serving.reasons import reason_in
from genesis_ray.settings import Settings
from genesis_ray.store.keys.template_keys import KeyRef

_POLL_S = 0.25
"""Between two looks at how far the workers are."""

OnProgress = Callable[[CameraProgress], None]

Attempt = Callable[[list[Segment]], Iterator[Finished]]


@dataclass(frozen=True, slots=True)
class _Failed:
    """A segment that could not be watched, and why."""

    segment: Segment
    reason: str


class FirstPass:
    """The segments of an archive and how far they are.

    Attributes:
        progress: Of each segment, by its label.
    """

    def __init__(self, archive: Archive, work: Path, on_progress: OnProgress) -> None:
        self._work = work
        self._on_progress = on_progress
        self._todo: list[Segment] = []
        self._set_aside: list[_Failed] = []
        self._attempts = 0
        self._telling = threading.Lock()
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

    def run(self, settings: Settings, key: KeyRef) -> None:
        """Watch what is not done yet on the cluster, faces under the key that `key` names."""
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
            self.watch(
                lambda segments: watch_segments(settings, segments, self._work, tally, key),
                retry_delays_s=settings.retry_delays_s,
            )
        except RayError as error:
            raise GenesisError(
                f"a worker failed: {reason_in(str(error))}; what is done is kept, the same "
                f"command goes on from there"
            ) from error
        finally:
            stop.set()
            polling.join()

    def letters(self, settings: Settings) -> list[DeadLetterChanged]:
        """Return the events that tell what was set aside."""
        return [
            dead_letter(
                settings,
                unit="recording",
                stage="watch",
                camera_id=failed.segment.camera.camera_id,
                at=failed.segment.started_at,
                frame_index=None,
                attempts=self._attempts,
                reason=failed.reason,
            )
            for failed in self._set_aside
        ]

    def watch(
        self,
        attempt: Attempt,
        *,
        retry_delays_s: Sequence[float],
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """Watch all segments; those that fail once more behind the others, then set them aside.

        `attempt` watches segments and yields how each came out, in any order.
        """
        attempts = Attempts(retry_delays_s)
        todo = self._todo
        while failed := self._failed(attempt, todo):
            delay_s = attempts.failed()
            if delay_s is None:
                self._give_up(failed, attempts.failures)
                return
            pause(delay_s)  # holds nobody up: all others are done
            todo = [each.segment for each in failed]

    def _failed(self, attempt: Attempt, segments: list[Segment]) -> list[_Failed]:
        """Watch segments, and return those that could not be watched."""
        remove_marks(self._work)
        failed = []
        for finished in attempt(segments):
            segment = segments[finished.place]
            for stage, seconds in finished.stage_s.items():
                self.clock.add(stage, seconds)
            if finished.failure:
                failed.append(_Failed(segment, finished.failure))
            else:
                self._finish(segment, finished)
        return failed

    def _finish(self, segment: Segment, finished: Finished) -> None:
        self._tell(
            replace(
                self.progress[segment.label],
                frames=finished.frames,
                is_done=True,
                problem=finished.problem,
            )
        )

    def _give_up(self, failed: Sequence[_Failed], attempts: int) -> None:
        self._set_aside += failed
        self._attempts = attempts
        for each in failed:
            problem = (
                f"{_named(each.segment)} was set aside after {attempts} attempts "
                f"({each.reason}); see `genesis dead-letters`"
            )
            progress = self.progress[each.segment.label]
            self._tell(replace(progress, frames=0, is_done=True, problem=problem))

    def _poll(self, tally: ActorHandle, stop: threading.Event) -> None:
        while not stop.wait(_POLL_S):
            frames, self.first_frame_at = ray.get(tally.read.remote())
            for label, count in frames.items():
                self._tell(replace(self.progress[label], frames=count))

    def _tell(self, progress: CameraProgress) -> None:
        """Note how far a segment is; once it is done there is no more to tell."""
        with self._telling:
            before = self.progress.get(progress.camera_id)
            if before is None or not before.is_done:
                self.progress[progress.camera_id] = progress
                self._on_progress(progress)


def _named(segment: Segment) -> str:
    """Return what a segment plays, in few words."""
    first, *more = segment.camera.sources
    return f"{first} and {len(more)} more" if more else first


def _frames_in(path: Path) -> int:
    return sum(report.frames for report in read_segment(path))
