"""What a camera group asks of the face models, where others answer."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from ray.exceptions import RayTaskError

from genesis_ray.domain.streams.frames import FrameStamp
from genesis_ray.live import models
from genesis_ray.live.answers import FaceFinder
from genesis_ray.live.models import Patience
from genesis_ray.live.retrying import DeadLetters
from genesis_ray.live.spec import LiveSpec
from genesis_ray.running.stage_clock import StageClock
from genesis_ray.serving.embedder import Embedded, Graded, Wanted
from genesis_ray.settings import Settings
from genesis_ray.vision.crops import HeadCrop
from genesis_ray.vision.memory_guard import MemoryState
from tests.letters import NOON
from tests.store.some_keys import ring

MOST = 32
"""Pieces in a request; Serve refuses a larger one, which tests/serving/test_embedder.py shows."""

STAMP = FrameStamp("door", 0, NOON)


def untold(*_: object) -> None:
    """Let what is noted go."""


class Method:
    """A method of replicas, which answers each piece with itself; one with a poison fails."""

    def __init__(self, answer: Callable[[list[Any], float], Any]) -> None:
        self._answer = answer
        self.asked: list[int] = []
        self.embedder = ""
        self.poison: Any = None

    async def _called(self, asked: Any) -> Any:
        pieces = asked
        if isinstance(asked, Wanted):
            pieces, self.embedder = asked.faces, asked.embedder
        self.asked.append(len(pieces))
        if len(pieces) > MOST or any(piece is self.poison for piece in pieces):
            error = RuntimeError("refused")
            raise RayTaskError("find", "", error)
        return self._answer(pieces, 0.25)

    def remote(self, asked: Any) -> "asyncio.Task[Any]":
        return asyncio.get_running_loop().create_task(self._called(asked))


@pytest.fixture
def replicas(monkeypatch) -> SimpleNamespace:
    own = SimpleNamespace(
        find=Method(Graded), embed=Method(Embedded), prepare=Method(lambda *_: None)
    )
    monkeypatch.setattr(models.serve, "get_deployment_handle", lambda *_: own)
    return own


@pytest.fixture
def clock() -> StageClock:
    return StageClock()


@pytest.fixture
def notes() -> list[tuple[str, str, str]]:
    """What was noted of parts of the system."""
    return []


@pytest.fixture
def finder(replicas, clock, notes, tmp_path) -> FaceFinder:
    settings = Settings(data_dir=tmp_path, retry_delays_s=[0])
    spec = LiveSpec(
        settings=settings, run=tmp_path, realtime=False, detector_app="", embedder_app="",
        template_key=ring().ref,
    )  # fmt: skip
    patience = Patience()
    return FaceFinder(
        spec, clock, DeadLetters(settings, [].append, patience, untold),
        lambda *note: notes.append(note), patience,
    )  # fmt: skip


def crowd(count: int) -> list[HeadCrop]:
    return [HeadCrop(np.zeros((8, 8, 3), np.uint8), np.zeros((1, 4)), 0) for _ in range(count)]


def test_the_faces_of_a_crowd_are_found_in_requests_that_replicas_take(finder, replicas, clock):
    parts = [crowd(40), [], crowd(30)]

    async def find() -> list[Any]:
        return await finder.found_in(parts, finder.ask([*parts[0], *parts[2]]))

    assert asyncio.run(find()) == parts
    assert replicas.find.asked == [32, 32, 6]
    assert clock.seconds()["embed"] == 0.75


def test_the_faces_of_a_crowd_are_embedded_in_requests_that_replicas_take(finder, replicas):
    parts = [crowd(40), [], crowd(30)]
    assert asyncio.run(finder.embed(parts)) == parts
    assert max(replicas.embed.asked) <= MOST


def test_a_crowd_one_of_which_fails_holds_up_its_own_camera_alone(finder, replicas):
    parts = [crowd(40), crowd(50)]
    replicas.embed.poison = parts[0][35]
    assert asyncio.run(finder.embed(parts)) == [None, parts[1]]


def test_a_crowd_that_failed_is_asked_again_in_requests_that_replicas_take(finder, replicas):
    crops = crowd(40)
    assert asyncio.run(finder.find_again(crops, STAMP)) == crops
    assert asyncio.run(finder.embed_again(crops, STAMP)) == crops


def test_faces_are_embedded_by_the_embedder_that_is_in_use_now(finder, replicas):
    for name in ("fused", "sface"):
        finder.embedder = name
        asyncio.run(finder.embed([crowd(1)]))
        assert replicas.embed.embedder == name


def test_an_embedder_is_prepared_by_as_many_replicas_as_there_can_be(finder, replicas):
    asyncio.run(finder.prepare("sface"))
    assert replicas.prepare.asked == [len("sface")] * Settings().faces.max_replicas


def test_of_nobody_nothing_is_asked(finder, replicas):
    async def find() -> list[Any]:
        return await finder.found_in([[], []], finder.ask([]))

    assert asyncio.run(find()) == [[], []]
    assert replicas.find.asked == []


def test_a_replica_whose_memory_is_full_is_told_of_once(finder, replicas, notes):
    full = MemoryState(1, 4, False, "full")
    memory = iter([MemoryState(), full, MemoryState(), full])
    for method, answer in ((replicas.find, Graded), (replicas.embed, Embedded)):
        method._answer = lambda pieces, s, kind=answer: kind(pieces, s, "r1", next(memory))

    async def ask() -> None:
        for _ in range(2):
            crops = crowd(1)
            await finder.found_in([crops], finder.ask(crops))
            await finder.embed([crops])

    asyncio.run(ask())
    assert notes == [("embedder r1", "degraded", "4 pictures at once: full")]
