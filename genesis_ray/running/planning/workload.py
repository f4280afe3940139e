"""All that watching does with a frame, in this process and metered, for as long as is asked."""

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from genesis_ray.domain.streams.frames import Frame, Image
from genesis_ray.domain.tracking.detections import Detections
from genesis_ray.pipeline.journal_stage import JournalStage
from genesis_ray.pipeline.producers import RESOLVER
from genesis_ray.pipeline.resolver_stage import ResolverStage
from genesis_ray.running.assembly import Detector, Embedder, build_journal, open_station
from genesis_ray.running.looking import looks_of
from genesis_ray.running.people.identities import open_identities
from genesis_ray.running.planning.meter import Meter
from genesis_ray.running.resolver_building import build_resolver
from genesis_ray.running.second_look import SecondLook
from genesis_ray.running.station import CameraStation
from genesis_ray.running.station_values import Report
from genesis_ray.running.templates.protected import ProtectedEmbedder
from genesis_ray.running.templates.tenant_keys import passing_keys
from genesis_ray.running.viewing import load_viewing
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.settings import Settings
from genesis_ray.store.audit.audit_entry import Access
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.keys.template_keys import KeyRing
from genesis_ray.vision.tiling import TILES


class Workload:
    """Plays cameras through the stages of the system, one step after another.

    A meter is told `detect`, `track`, `bare` (the same without people), `face` and `write`, and
    counts a `frame`, `person`, `look` at a face, and a `picture` given to the detector.
    """

    def __init__(
        self, settings: Settings, detector: Detector, embedder: Embedder, folder: Path
    ) -> None:
        """Set up; what is written goes into a `folder` that is thrown away after."""
        self._settings = settings.model_copy(update={"data_dir": folder / "data"})
        self._detector = detector
        self._keys = passing_keys(settings.tenant_id)
        self._embedder = ProtectedEmbedder(embedder, self._keys.current)
        self._viewing = load_viewing(settings.appearance, lambda: self._keys)
        self._folder = folder

    def play(self, camera: CameraSettings, seconds: float, meter: Meter) -> None:
        """Watch one camera for so long, at least one stack of frames."""
        with self._opened([camera]) as (log, (pair,)):
            self._play(pair, time.perf_counter() + seconds, meter, log)

    def play_together(
        self, cameras: Sequence[CameraSettings], seconds: float
    ) -> tuple[float, Meter]:
        """Watch cameras side by side; return the core-seconds of all, and what was done."""
        meters = [Meter() for _ in cameras]
        with (
            self._opened(cameras) as (log, pairs),
            ThreadPoolExecutor(len(cameras)) as threads,
        ):
            until = time.perf_counter() + seconds
            begun = time.process_time()
            playing = [
                threads.submit(self._play, pair, until, meter, log)
                for pair, meter in zip(pairs, meters, strict=True)
            ]
            for one in playing:
                one.result()
            core_s = time.process_time() - begun
        return core_s, Meter.total(meters)

    @contextmanager
    def _opened(self, cameras: Sequence[CameraSettings]) -> Iterator[tuple["_Log", list["_Pair"]]]:
        """Open the log and, for each camera, two stations: one sees it deserted."""
        with ExitStack() as opened:
            log = _open_log(
                self._settings, self._embedder, self._keys, cameras, self._folder, opened
            )
            pairs = []
            for camera in cameras:
                stations = (open_station(self._settings, camera, self._viewing) for _ in range(2))
                pair = _Pair(*stations)
                for station in pair:
                    opened.callback(station.source.close)
                pairs.append(pair)
            yield log, pairs

    def _play(self, pair: "_Pair", until: float, meter: Meter, log: "_Log") -> None:
        frames = pair.station.frames()
        while stack := list(islice(frames, self._settings.detector.stack_frames)):
            self._watch(pair, stack, meter, log)
            if time.perf_counter() >= until:
                break

    def _watch(
        self,
        pair: "_Pair",
        stack: Sequence[tuple[Frame, Image]],
        meter: Meter,
        log: "_Log",
    ) -> None:
        """Take a stack of frames through everything."""
        people = self._detect(pair.station, stack, meter)
        with meter.time("track"):
            seen = [
                pair.station.observe(frame, own)
                for (frame, _), own in zip(stack, people, strict=True)
            ]
        with meter.time("bare"):
            for frame, _ in stack:
                pair.deserted.observe(frame, Detections.none())
        with meter.time("face"):
            looks = looks_of(pair.station, seen, self._embedder)
        with meter.time("write"):
            log.take(pair.station.report(seen, looks))
        meter.count("frame", len(stack))
        meter.count("person", sum(map(len, people)))
        meter.count("look", sum(len(one.crops) for one in seen))

    def _detect(
        self,
        station: CameraStation,
        stack: Sequence[tuple[Frame, Image]],
        meter: Meter,
    ) -> list[Detections]:
        images = np.stack([image for _, image in stack])
        with meter.time("detect"):
            found = self._detector.detect(images)
            closer = SecondLook([(station, frame) for frame, _ in stack], found)
            tiles = closer.stacks(TILES * len(images))
            in_tiles = [people for one in tiles for people in self._detector.detect(one)]
            merged = closer.merged(in_tiles)
        meter.count("picture", len(images) + len(in_tiles))
        return merged


class _Pair(NamedTuple):
    """Two stations of one camera."""

    station: CameraStation
    deserted: CameraStation


class _Log:
    """What turns the reports of cameras into rows; any number of threads may call it."""

    def __init__(self, resolving: ResolverStage, journaling: JournalStage, log: EventLog) -> None:
        self._lock = threading.Lock()
        self._resolving = resolving
        self._journaling = journaling
        self._log = log

    def take(self, report: Report) -> None:
        """Resolve, journal and log a camera's next report."""
        with self._lock:
            resolved = self._resolving.take(report.camera_id, report.evidence, report.progress)
            events = self._journaling.take(report.camera_id, report.events, report.progress)
            events += self._journaling.take(RESOLVER, resolved.events, resolved.progress)
            self._log.append(events)


def _open_log(
    settings: Settings,
    embedder: Embedder,
    keys: KeyRing,
    cameras: Sequence[CameraSettings],
    folder: Path,
    opened: ExitStack,
) -> _Log:
    names = [camera.camera_id for camera in cameras]
    access = Access(action="match", reason="measures how fast this machine names tracks")
    identities = open_identities(settings, embedder, keys, opened, access=access)
    resolver = build_resolver(settings, identities, embedder)
    log = opened.enter_context(EventLog(folder / "events"))
    return _Log(ResolverStage(names, resolver), JournalStage(names, build_journal(settings)), log)
