"""A live camera's frames and its silences; doubles answer for the models, journal and resolver."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType, SimpleNamespace

import numpy as np
import pytest
from ray.exceptions import RayTaskError

from genesis_ray.domain.clocks.ordering import NOT_BEGUN
from genesis_ray.domain.events import DeadLetterChanged, Event, SystemStateChanged
from genesis_ray.domain.load.roles import Role
from genesis_ray.domain.streams.frames import Frame, FrameStamp
from genesis_ray.domain.streams.stream_health import Diagnosis
from genesis_ray.domain.tracking.detections import Detections
from genesis_ray.live import models, reports, retrying
from genesis_ray.live.delivery import Delivery
from genesis_ray.live.flow import FrameFlow
from genesis_ray.live.inbox import FrameInbox
from genesis_ray.live.outbox import Limits, Outbox
from genesis_ray.live.spec import Embedders, LiveSpec, Shown, Told
from genesis_ray.live.watched_camera import WatchedCamera
from genesis_ray.pipeline.observer import CameraObserver, CameraRules
from genesis_ray.running.result import CameraProgress
from genesis_ray.running.stage_clock import StageClock
from genesis_ray.running.station import CameraStation
from genesis_ray.serving.detector import Found
from genesis_ray.settings import Settings
from genesis_ray.vision.memory_guard import MemoryState
from genesis_ray.vision.stream import News
from genesis_ray.vision.tracker import PersonTracker
from tests.store.some_keys import ring

LONG_QUIET_S = 0.05


class Stream:
    """A live stream that gives a few frames at once, then nothing for ten seconds or until closed.

    The frames are of ten seconds ago, so older than the time up to which silence is reported.
    """

    is_live = True
    may_be_held_up = is_waited_for = False
    expected_frames = None
    problem = None
    clock_offset_s = 0.0
    dropped: Mapping[str, int] = MappingProxyType({})

    def __init__(self, frames: int = 3, *, seconds_apart: float = 0) -> None:
        self._apart_s = seconds_apart
        self.started_at = datetime.now(UTC) - timedelta(seconds=10)
        self.news: list[News] = []
        self._frames = frames
        self._closed = threading.Event()

    def at(self, number: int) -> datetime:
        return self.started_at + timedelta(seconds=(number + 1) / 5)

    def __iter__(self) -> Iterator[Frame]:
        for number in range(self._frames):
            picture = np.random.default_rng(number).integers(0, 256, (96, 128, 3), np.uint8)
            yield Frame(FrameStamp("door", number, self.at(number)), picture)
            self._closed.wait(self._apart_s)
        self._closed.wait(10)

    def take_news(self) -> list[News]:
        news, self.news = self.news, []
        return news

    def close(self) -> None:
        self._closed.set()


class Detector:
    """Finds nobody, as soon as `answers` is set.

    `fails` says on which pictures it does, until it `works`.

    Attributes:
        flow: Who asks it.
    """

    flow: FrameFlow

    def __init__(self, fails: Callable[[np.ndarray], bool]) -> None:
        self.answers = asyncio.Event()
        self.works = False
        self.detect = SimpleNamespace(remote=lambda images: asyncio.create_task(self._on(images)))
        self.find = self.embed = self.prepare = None
        self._fails = fails

    async def _on(self, images: np.ndarray) -> Found:
        await self.answers.wait()
        if not self.works and self._fails(images):
            raise RayTaskError("detect", "it cannot", ValueError("no"))
        return Found([Detections.none() for _ in images], 0.0, "replica", MemoryState())


class Resolver:
    """Names nobody."""

    def __init__(self) -> None:
        self.take = SimpleNamespace(remote=self._take)
        self.embedders = SimpleNamespace(remote=self._embedders)

    async def _take(self, _: list[Shown]) -> dict:
        return {}

    async def _embedders(self, _group: str, _ready: str) -> Embedders:
        return Embedders("fused")


class Journal:
    """Keeps what it is told, and takes it whenever it comes."""

    def __init__(self) -> None:
        self.told: list[Told] = []
        self.notes: list[Event] = []
        self.take = SimpleNamespace(remote=self._take)

    async def _take(self, told: list[Told], notes: list[Event]) -> None:
        self.told += told
        self.notes += notes

    def of_frames(self) -> list[Told]:
        return [each for each in self.told if each.captured_s is not None]

    def overtaken(self) -> list[Told]:
        """Return what it was told of frames up to which it had been told that all was said."""
        overtaken, reached = [], NOT_BEGUN
        for each in self.told:
            if each.captured_s is not None and each.progress <= reached:
                overtaken.append(each)
            reached = max(reached, each.progress)
        return overtaken


@pytest.fixture
def watch(monkeypatch, tmp_path):
    """Watch a stream while a scene is played, then end; return what the journal was told."""
    monkeypatch.setattr(reports, "_QUIET_S", LONG_QUIET_S)
    monkeypatch.setattr(reports, "_LOOK_EVERY_S", 0.01)

    def watch(
        stream: Stream, scene, fails=lambda _: False, delays_s=(0.3,), role: Role = "tracking"
    ) -> Journal:
        async def run() -> Journal:
            detector, journal = Detector(fails), Journal()
            monkeypatch.setattr(models.serve, "get_deployment_handle", lambda *_: detector)
            rules = CameraRules(
                tenant_id="default", site_id="default", camera_id="door",
                zones=(), lines=(), settle=timedelta(), faces=None,
            )  # fmt: skip
            observer = CameraObserver(rules, PersonTracker(process_fps=5, first_track_id=1))
            station = CameraStation(stream, rules, observer, input_size=128, role=role)
            settings = Settings(data_dir=tmp_path, retry_delays_s=delays_s)
            spec = LiveSpec(
                settings=settings, run=tmp_path, realtime=True,
                detector_app="d", embedder_app="e", template_key=ring().ref,
            )  # fmt: skip
            clock, progress = StageClock(), CameraProgress(camera_id="door")
            cameras = {"door": WatchedCamera(station, None, progress, progress)}
            inbox = FrameInbox([station], limit=1, realtime=True, clock=clock)
            await until(lambda: inbox.first_at("door"))
            outbox = Outbox(Limits(slow_at=500, stop_at=1000))
            delivery = Delivery("cameras-0", spec, cameras, inbox, outbox)
            detector.flow = FrameFlow(spec, cameras, inbox, delivery, clock)
            watching = asyncio.create_task(detector.flow.run(journal, Resolver()))
            await scene(detector, journal)
            stream.close()
            await watching
            inbox.close()
            return journal

        return asyncio.run(asyncio.wait_for(run(), 20))

    return watch


async def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.005)


def test_no_report_of_silence_overtakes_frames_on_which_the_detector_is_long_in_answering(watch):
    async def scene(detector: Detector, journal: Journal) -> None:
        await until(lambda: len(journal.told) > 5)
        detector.answers.set()
        await until(lambda: len(journal.of_frames()) == 3)

    journal = watch(Stream(), scene)
    assert len(journal.of_frames()) == 3
    assert journal.overtaken() == []


def test_nor_those_that_a_network_holds_up(watch):
    async def scene(detector: Detector, journal: Journal) -> None:
        detector.answers.set()
        await until(lambda: len(journal.of_frames()) == 3)
        assert len(journal.told) > 5

    stream = Stream(seconds_apart=0.3)
    stream.may_be_held_up = True
    assert watch(stream, scene).overtaken() == []


def test_nor_those_that_are_tried_again(watch):
    failures = iter([True, True])

    async def scene(detector: Detector, journal: Journal) -> None:
        detector.answers.set()
        await until(lambda: len(journal.of_frames()) == 3)

    journal = watch(Stream(), scene, fails=lambda _: next(failures, False))
    assert journal.overtaken() == []


def test_once_all_frames_are_reported_silence_is(watch):
    stream = Stream()

    async def scene(detector: Detector, journal: Journal) -> None:
        detector.answers.set()
        await until(lambda: journal.told and journal.told[-1].progress > stream.at(20))

    assert len(watch(stream, scene).of_frames()) == 3


def test_so_it_is_where_the_last_frame_was_given_up(watch):
    stream = Stream(frames=1)

    async def scene(detector: Detector, journal: Journal) -> None:
        detector.answers.set()
        await until(lambda: journal.notes)
        assert isinstance(journal.notes[0], DeadLetterChanged)
        await until(lambda: journal.told[-1].progress > stream.at(20))

    assert watch(stream, scene, fails=lambda _: True).of_frames() == []


def test_what_becomes_of_the_stream_is_told_though_its_frames_are_under_way(watch):
    stream = Stream()

    async def scene(detector: Detector, journal: Journal) -> None:
        stream.news = [News(stream.at(30), Diagnosis("connecting", "ended"))]
        await until(lambda: any(each.events for each in journal.told))
        detector.answers.set()
        await until(lambda: len(journal.of_frames()) == 3)

    journal = watch(stream, scene)
    assert journal.overtaken() == []
    events = [event for each in journal.told for _, events in each.events for event in events]
    assert (events[0].state, events[0].reason) == ("connecting", "ended")


def test_a_detector_that_fails_on_every_frame_ends_nothing_and_is_gone_on_with_when_it_works(
    watch, monkeypatch
):
    monkeypatch.setattr(retrying, "_LOOK_AGAIN_S", 0.01)
    stream = Stream(frames=40, seconds_apart=0.02)

    async def scene(detector: Detector, journal: Journal) -> None:
        detector.answers.set()
        await until(lambda: [n for n in journal.notes if getattr(n, "state", "") == "degraded"])
        await asyncio.sleep(0.1)
        detector.works = True
        await until(lambda: any(each.snapshot for each in journal.told))

    journal = watch(stream, scene, fails=lambda _: True, delays_s=[])
    letters = [note for note in journal.notes if isinstance(note, DeadLetterChanged)]
    assert len(letters) == 5
    states = [note.state for note in journal.notes if isinstance(note, SystemStateChanged)]
    assert states == ["degraded", "recovered"]
    snapshot = next(each.snapshot for each in journal.told if each.snapshot)
    assert snapshot.camera.dropped["failed"] > 1


def test_a_camera_of_the_first_class_is_behind_while_its_frames_wait_for_the_detector(watch):
    async def scene(detector: Detector, journal: Journal) -> None:
        await until(lambda: detector.flow.behind() == "never")
        detector.answers.set()
        await until(lambda: len(journal.of_frames()) == 12)
        assert detector.flow.behind() is None

    watch(Stream(frames=12), scene, role="billing")


def test_it_is_not_where_its_own_process_is_what_is_slow(watch, monkeypatch):
    observe = CameraStation.observe

    def slowly(*arguments: object) -> object:
        time.sleep(0.05)
        return observe(*arguments)

    monkeypatch.setattr(CameraStation, "observe", slowly)
    behind = []

    async def scene(detector: Detector, journal: Journal) -> None:
        detector.answers.set()
        while len(journal.of_frames()) < 25:
            behind.append(detector.flow.behind())
            await asyncio.sleep(0.01)

    watch(Stream(frames=25), scene, role="billing")
    assert len(behind) > 10
    assert set(behind) == {None}
