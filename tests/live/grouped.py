"""A camera group's actor in one process: doubles answer for Serve and the other actors."""

import asyncio
from datetime import UTC, datetime
from types import SimpleNamespace

import numpy as np
import pytest

from genesis_ray.domain.clocks.ordering import NOT_BEGUN
from genesis_ray.domain.events import Event
from genesis_ray.domain.recognition.identity import Face, FaceSight
from genesis_ray.live import cameras, models, mortal
from genesis_ray.live.cameras import CameraGroupActor, GroupFigures
from genesis_ray.live.spec import LiveSpec, Resumption, Shown, Snapshot, Told
from genesis_ray.serving.detector import Found
from genesis_ray.serving.embedder import Embedded, Graded
from genesis_ray.settings import Settings
from genesis_ray.testing import ColourDetector, ColourEmbedder
from genesis_ray.vision.memory_guard import MemoryState
from tests.store.some_keys import ring

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
FILM = "synthetic:?people=2&seconds=4&fps=10&width=320&height=240"


class Remote:
    """A method of another process, which answers a little later."""

    def __init__(self, call, seconds: float = 0.002) -> None:
        self._call = call
        self._seconds = seconds

    def remote(self, *arguments) -> asyncio.Task:
        return asyncio.create_task(self._answer(*arguments))

    async def _answer(self, *arguments):
        await asyncio.sleep(self._seconds)
        return self._call(*arguments)


class DiedError(Exception):
    """What becomes of a process that exits."""


class Others:
    """The detector, the embedder, the resolver and the journal."""

    def __init__(self, take_s: float) -> None:
        self.events: list = []
        self.notes: list[Event] = []
        self.faces: list = []
        self.stacks: list[int] = []
        self.figures: GroupFigures | None = None
        self.most_under_way = 0
        self._under_way = 0
        self.snapshots: list[Snapshot] = []
        self.before = Resumption({}, NOT_BEGUN)
        self.of_faces = "face replica", MemoryState(2, None, True, "no room")
        self.detect = SimpleNamespace(remote=self._detect)
        self.find = Remote(lambda crops: Graded(ColourEmbedder().find(crops), 0.0, *self.of_faces))
        self.embed = Remote(
            lambda wanted: Embedded(ColourEmbedder().embed(wanted.faces), 0.0, *self.of_faces)
        )
        self.prepare = Remote(lambda _: None)
        self.journal = SimpleNamespace(
            take=Remote(self._log, take_s), resumption=Remote(lambda _: self.before)
        )
        self.resolver = SimpleNamespace(take=Remote(self._resolve))

    def _detect(self, images: np.ndarray) -> asyncio.Task:
        self.stacks.append(len(images))
        self._under_way += 1
        self.most_under_way = max(self.most_under_way, self._under_way)
        return Remote(self._found, seconds=0.03).remote(images)

    def _found(self, images: np.ndarray) -> Found:
        self._under_way -= 1
        memory = MemoryState(1, 4, False, "full")
        return Found(ColourDetector().detect(images), 0.0, "replica", memory)

    def _log(self, told: list[Told], notes: list[Event]) -> None:
        self.events += [event for each in told for event in each.events]
        self.snapshots += [each.snapshot for each in told if each.snapshot]
        self.notes += notes

    def _resolve(self, shown: list[Shown]) -> dict:
        self.faces += [face for each in shown for face in each.evidence]
        return {}

    def told(self) -> tuple[list, list]:
        """All events and faces, whatever reports they came in."""
        events = [event for _, together in self.events for event in together]
        return events, [*map(comparable, self.faces)]


def comparable(face: FaceSight) -> tuple:
    embedding = face.embedding.tobytes() if isinstance(face, Face) else None
    return face.track_id, face.captured_at, face.quality, embedding


def actor_among(
    others: Others, settings: Settings, monkeypatch: pytest.MonkeyPatch, **spec_more: bool
) -> CameraGroupActor:
    """A group's actor that calls these; its run's folder is that of the data.

    An error that would end its process raises `DiedError`.
    """

    def exits(code: int) -> None:
        raise DiedError(code)

    monkeypatch.setattr(mortal.os, "_exit", exits)
    monkeypatch.setattr(models.serve, "get_deployment_handle", lambda *_: others)
    node = SimpleNamespace(get_node_id=lambda: "n1")
    monkeypatch.setattr(cameras.ray, "get_runtime_context", lambda: node)
    monkeypatch.setattr(cameras.ray, "get_actor", lambda name, _: getattr(others, name))
    spec = LiveSpec(
        settings=settings,
        run=settings.data_dir,
        detector_app="d",
        embedder_app="e",
        template_key=ring().ref,
        **{"realtime": False, **spec_more},
    )
    return CameraGroupActor(spec, "cameras-0")
