import asyncio
import os
import signal

import pytest
from ray.exceptions import ActorDiedError

from genesis_ray.errors import GenesisError
from genesis_ray.live.launch import _follow
from genesis_ray.running.result import CameraProgress, RunResult

DONE = RunResult(
    mode="live", cameras=(CameraProgress(camera_id="door", frames=7, is_done=True),), events=1,
    late=0, startup_s=1, first_event_s=1, watching_s=1, stage_s={}, interrupted=True,
)  # fmt: skip


class Supervised:
    """A system that is interrupted once it tells how far it is, and ends, or has to be cut off."""

    def __init__(self, *, hangs: bool) -> None:
        self.is_cut_off = False
        self._hangs = hangs
        self._told = asyncio.Event()

    async def run(self, _begun_at: float) -> RunResult:
        await self._told.wait()
        if self.is_cut_off:
            raise ActorDiedError
        return DONE

    async def cameras(self) -> list[CameraProgress]:
        if not self._told.is_set():
            os.kill(os.getpid(), signal.SIGTERM)
        return [CameraProgress(camera_id="door", frames=3)]

    async def shut_down(self, *, within_s: float) -> None:
        assert within_s < 15
        self.is_cut_off = self._hangs
        self._told.set()


def interrupted(*, hangs: bool) -> list[int]:
    """Interrupt such a run; return the numbers of frames that its progress told."""
    told: list[int] = []
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)  # whatever a test before has set

    async def follow() -> RunResult:
        return await _follow(Supervised(hangs=hangs), 0.0, lambda c: told.append(c.frames))

    try:
        assert asyncio.run(follow()) == DONE
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    finally:
        signal.signal(signal.SIGTERM, before)
    return told


def test_a_run_that_is_interrupted_ends_with_what_it_has():
    assert interrupted(hangs=False)[-1] == 7


def test_one_that_does_not_end_in_time_is_cut_off_and_says_so():
    with pytest.raises(GenesisError, match="not done within 12 s and was cut off; what was logged"):
        interrupted(hangs=True)
