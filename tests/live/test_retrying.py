"""Frames on which a model fails, again and again."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest
from ray.exceptions import RayTaskError

from genesis_ray.domain.streams.frames import FrameStamp
from genesis_ray.errors import GenesisError
from genesis_ray.live import retrying
from genesis_ray.live.models import Patience
from genesis_ray.live.retrying import DeadLetters
from genesis_ray.settings import Settings
from tests.letters import NOON


class Model:
    """Fails as long as it is told to."""

    def __init__(self, *, is_live: bool) -> None:
        self.works = False
        self.letters: list[int | None] = []
        self.notes: list[tuple[str, str, str]] = []
        self.patience = Patience(is_endless=is_live)
        self.dead_letters = DeadLetters(
            Settings(retry_delays_s=[0]),
            lambda letter: self.letters.append(letter.frame_index),
            self.patience,
            lambda *note: self.notes.append(note),
        )

    async def look(self, number: int, model: str = "detector") -> str | None:
        """Try again to look at a frame."""
        stamp = FrameStamp("door", number, NOON + timedelta(seconds=number))
        return await self.dead_letters.try_again(
            self._attempt, model=model, stage="detect", stamp=stamp
        )

    async def _attempt(self) -> str:
        if not self.works:
            raise RayTaskError("detect", "", ValueError("no"))
        return "seen"


def run(scene: Callable) -> None:
    asyncio.run(asyncio.wait_for(scene(), 10))


def test_a_frame_that_fails_again_is_set_aside_and_the_next_is_none_the_worse():
    async def scene() -> None:
        model = Model(is_live=True)
        assert await model.look(1) is None
        model.works = True
        assert await model.look(2) == "seen"
        assert (model.letters, model.notes) == ([1], [])

    run(scene)


def test_of_live_cameras_a_model_that_fails_on_everything_ends_nothing_and_is_told_once():
    async def scene() -> None:
        model = Model(is_live=True)
        for number in range(7):
            assert model.dead_letters.is_hopeless("detector") == (number > 4)
            await model.look(number)
        assert len(model.notes) == 1
        name, state, why = model.notes[0]
        assert (name, state) == ("detector", "degraded")
        assert "to detect fails on every frame (ValueError: no)" in why
        assert not model.dead_letters.is_hopeless("embedder")
        model.dead_letters.succeeded("embedder")
        assert model.dead_letters.is_hopeless("detector")
        model.dead_letters.succeeded("detector")
        assert not model.dead_letters.is_hopeless("detector")
        assert [state for _, state, _ in model.notes] == ["degraded", "recovered"]
        await model.look(9)
        assert model.letters[-1] == 9  # it may be the frame's fault again

    run(scene)


def test_one_model_that_works_says_nothing_of_another():
    async def scene() -> None:
        model = Model(is_live=True)
        for number in range(5):
            model.dead_letters.succeeded("detector")
            await model.look(number, model="embedder")
        assert [(name, state) for name, state, _ in model.notes] == [("embedder", "degraded")]

    run(scene)


def test_who_looks_at_recordings_is_told_with_an_error():
    async def scene() -> None:
        model = Model(is_live=False)
        for number in range(4):
            await model.look(number)
        with pytest.raises(GenesisError, match="to detect fails on every frame"):
            await model.look(4)

    run(scene)


def test_a_pause_is_no_longer_than_what_is_left(monkeypatch):
    monkeypatch.setattr(retrying, "_LOOK_AGAIN_S", 3600)

    async def scene() -> None:
        model = Model(is_live=True)
        pausing = asyncio.create_task(model.dead_letters.pause())
        await asyncio.sleep(0)
        model.patience.end(within_s=0)
        await pausing

    run(scene)
