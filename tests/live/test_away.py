"""A camera group whose detector is away for longer than a restart takes."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace

import numpy as np
import pytest
from ray.exceptions import ActorUnavailableError

from genesis_ray.domain.clocks.ordering import NOT_BEGUN
from genesis_ray.domain.events import SystemStateChanged
from genesis_ray.live import cameras, models
from genesis_ray.live.cameras import CameraGroupActor, GroupFigures
from genesis_ray.live.spec import Embedders, LiveSpec, Resumption
from genesis_ray.serving.detector import Found
from genesis_ray.settings import Settings
from genesis_ray.testing import ColourDetector
from genesis_ray.vision.memory_guard import MemoryState
from tests.store.some_keys import ring

FILM = "synthetic:?people=1&seconds=2&fps=10&width=320&height=240"
AWAY_S = 1.0


class Others:
    """A detector whose node goes away when it is first asked, and those who are told.

    As with Serve, the request that is under way fails, and the next ones wait for a replica.
    """

    def __init__(self) -> None:
        self.states: list[str] = []
        self.detect = SimpleNamespace(remote=self._asked)
        self.find = self.embed = self.prepare = None
        self.journal = SimpleNamespace(
            take=remote(self._log), resumption=remote(lambda _: Resumption({}, NOT_BEGUN))
        )
        self.resolver = SimpleNamespace(
            take=remote(lambda _: {}), embedders=remote(lambda *_: Embedders("synthetic"))
        )
        self._back_at: float | None = None

    def _asked(self, images: np.ndarray) -> asyncio.Task:
        return asyncio.create_task(self._found(images))

    async def _found(self, images: np.ndarray) -> Found:
        if self._back_at is None:
            self._back_at = time.monotonic() + AWAY_S
            raise ActorUnavailableError("its node is away", None)
        await asyncio.sleep(self._back_at - time.monotonic())
        return Found(ColourDetector().detect(images), 0.0, "replica", MemoryState())

    def _log(self, _told: list, notes: list) -> None:
        own = (note for note in notes if isinstance(note, SystemStateChanged))
        self.states += [note.state for note in own if note.component == "detector"]


def remote(call: Callable) -> SimpleNamespace:
    """A method of another process."""

    async def answer(*arguments: object) -> object:
        return call(*arguments)

    return SimpleNamespace(remote=lambda *arguments: asyncio.create_task(answer(*arguments)))


@pytest.fixture
def others(monkeypatch) -> Others:
    own = Others()
    monkeypatch.setattr(models, "_SILENT_AFTER_S", AWAY_S / 10)
    monkeypatch.setattr(models.serve, "get_deployment_handle", lambda *_: own)
    node = SimpleNamespace(get_node_id=lambda: "n1")
    monkeypatch.setattr(cameras.ray, "get_runtime_context", lambda: node)
    monkeypatch.setattr(cameras.ray, "get_actor", lambda name, _: getattr(own, name))
    return own


def watched(others: Others, folder, *, realtime: bool) -> GroupFigures:
    settings = Settings(
        data_dir=folder,
        detector={
            "model": "synthetic",
            "input_size": 320,
            "stack_frames": 1,
            "stacks_in_flight": 1,
        },
        faces={"embedder": "synthetic", "enabled": False},
        cameras=[
            {"camera_id": "door", "source": FILM, "start": datetime(2026, 1, 5, 9, tzinfo=UTC)}
        ],
    )
    spec = LiveSpec(
        settings=settings, run=folder, realtime=realtime, detector_app="d", embedder_app="e",
        template_key=ring().ref,
    )  # fmt: skip

    async def run() -> GroupFigures:
        actor = CameraGroupActor(spec, "cameras-0")
        await actor.open(settings.cameras)
        return await actor.run(settings.cameras)

    return asyncio.run(run())


def test_cameras_go_on_and_are_looked_at_again_when_it_is_back(others, tmp_path):
    (door,) = watched(others, tmp_path, realtime=True).cameras
    assert others.states[:2] == ["degraded", "recovered"]
    assert door.is_done
    assert door.dropped["busy"] > 0
    assert door.frames + sum(door.dropped.values()) == 20


def test_a_run_over_recordings_ends_with_an_error_that_says_so(others, tmp_path):
    with pytest.raises(ExceptionGroup) as raised:
        watched(others, tmp_path, realtime=False)
    assert "no replica of the detector has answered" in str(raised.value.exceptions)
