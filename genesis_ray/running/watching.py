"""Watching a recording in this process, and bringing the reports of many cameras together.

`watch` is one camera from start to end; the local mode and the archive's workers use
it. `settle` turns the reports of many cameras into the rows of the log; the local mode
and an archive's last pass use it. The live actors do the same over messages.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import islice

import numpy as np
import numpy.typing as npt

from genesis_ray.domain.events import Event
from genesis_ray.domain.streams.frames import Frame
from genesis_ray.domain.tracking.detections import Detections
from genesis_ray.pipeline.journal_stage import JournalStage
from genesis_ray.pipeline.producers import RESOLVER
from genesis_ray.pipeline.resolver_stage import Resolved, ResolverStage
from genesis_ray.running.assembly import Detector, Embedder
from genesis_ray.running.looking import looks_of
from genesis_ray.running.second_look import SecondLook
from genesis_ray.running.stage_clock import StageClock
from genesis_ray.running.station import CameraStation
from genesis_ray.running.station_values import Report, Seen
from genesis_ray.vision.tiling import TILES

_STACKS_AHEAD = 2
"""Stacks under way at the detector while another is observed: one computing, one waiting."""

Stack = tuple[list[Frame], npt.NDArray[np.uint8]]
"""Frames in capture order, and what the detector is given of them, [n, height, width, 3]."""


def watch(
    station: CameraStation,
    detector: Detector,
    embedder: Embedder,
    *,
    stack_frames: int,
    clock: StageClock,
    on_seen: Callable[[Seen], None] | None = None,
    is_ending: Callable[[], bool] = lambda: False,
) -> Iterator[Report]:
    """Watch a source to its end and yield a report a stack of frames.

    Decoding, detecting and the rest overlap, each in threads of its own; the order of
    the frames is kept. `on_seen` is called with every frame, after it was observed. Once
    `is_ending` is true no more frames are taken, as if the source had come to its end.
    """
    stacks = _stacks(station, stack_frames, clock, is_ending)
    with (
        ThreadPoolExecutor(1, "decode") as decoding,
        ThreadPoolExecutor(_STACKS_AHEAD, "detect") as detecting,
    ):

        def detect(frames: list[Frame], images: npt.NDArray[np.uint8]) -> list[Detections]:
            with clock.time("detect"):
                return people_in([(station, frame) for frame in frames], images, detector)

        def report(frames: list[Frame], found: Future[list[Detections]]) -> Report:
            people = found.result()
            with clock.time("track"):
                seen = [station.observe(*pair) for pair in zip(frames, people, strict=True)]
            with clock.time("embed"):
                looks = looks_of(station, seen, embedder)
            if on_seen:
                for one in seen:
                    on_seen(one)
            return station.report(seen, looks)

        under_way: deque[tuple[list[Frame], Future[list[Detections]]]] = deque()
        upcoming = decoding.submit(next, stacks, None)
        while stack := upcoming.result():
            upcoming = decoding.submit(next, stacks, None)
            frames, images = stack
            under_way.append((frames, detecting.submit(detect, frames, images)))
            if len(under_way) > _STACKS_AHEAD:
                yield report(*under_way.popleft())
        while under_way:
            yield report(*under_way.popleft())
    yield station.finish()


def people_in(
    frames: Sequence[tuple[CameraStation, Frame]],
    images: npt.NDArray[np.uint8],
    detector: Detector,
) -> list[Detections]:
    """Return the people of each frame, crowded ones looked at once more; `images` are its inputs.

    They are normalised to the frame.
    """
    closer = SecondLook(frames, detector.detect(images))
    stacks = closer.stacks(TILES * len(images))
    return closer.merged([people for one in stacks for people in detector.detect(one)])


def settle(
    reports: Mapping[str, Iterator[Report]],
    resolving: ResolverStage,
    journaling: JournalStage,
    *,
    clock: StageClock,
    on_report: Callable[[Report, Resolved], None] | None = None,
) -> Iterator[list[Event]]:
    """Resolve and journal the reports of all cameras; yield events as they are in order.

    The camera that is least far is read next, so little has to be held back.
    """
    progress = dict.fromkeys(reports, datetime.min.replace(tzinfo=UTC))
    while progress:
        camera_id = min(progress, key=lambda camera: progress[camera])
        report = next(reports[camera_id], None)
        if report is None:
            del progress[camera_id]
            continue
        progress[camera_id] = report.progress
        with clock.time("resolve"):
            resolved = resolving.take(camera_id, report.evidence, report.progress)
            events = journaling.take(camera_id, report.events, report.progress)
            events += journaling.take(RESOLVER, resolved.events, resolved.progress)
        if on_report:
            on_report(report, resolved)
        yield events
    yield journaling.finish()


def _stacks(
    station: CameraStation, size: int, clock: StageClock, is_ending: Callable[[], bool]
) -> Iterator[Stack]:
    frames = station.frames()
    while not is_ending():
        with clock.time("decode"):
            pairs = list(islice(frames, size))
        if not pairs:
            return
        yield [frame for frame, _ in pairs], np.stack([image for _, image in pairs])
    station.is_cut_off = next(frames, None) is not None
