import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, timedelta

import pytest

from genesis_ray.domain.events import TrackObserved

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)

Observed = Callable[..., TrackObserved]


@pytest.fixture(scope="session")
def observed() -> Observed:
    """Make the event numbered `number`, which happened so many seconds after noon."""

    def make(number: int, tenant_id: str = "default", days: int = 0) -> TrackObserved:
        return TrackObserved(
            tenant_id=tenant_id,
            site_id="site",
            camera_id="door",
            occurred_at=NOON + timedelta(days=days, seconds=number),
            track_id=number,
            frame_index=number * 10,
            x1=0.1,
            y1=0.2,
            x2=0.3,
            y2=0.4,
            confidence=0.5,
        )

    return make


class Kill(BaseException):
    """The process is dead."""


class Mortality:
    """Kills this process, so to speak, at one of its steps that change what is on the disk."""

    STEPS = ("fsync", "replace", "unlink", "mkdir")

    def __init__(self) -> None:
        self._left = 0
        self._real = {step: getattr(os, step) for step in self.STEPS}

    def dies_at(
        self,
        step: int,
        task: Callable[[], object],
        *,
        also: Callable[[Callable[..., None]], AbstractContextManager[None]] | None = None,
    ) -> bool:
        """Run `task` and tell whether it died before its step number `step`, from 0.

        `also` has something called at steps elsewhere.
        """
        self._left = step
        elsewhere = also(lambda *_: self._count()) if also else nullcontext()
        with elsewhere, pytest.MonkeyPatch.context() as patch:
            for name in self.STEPS:
                patch.setattr(os, name, self._mortal(name))
            try:
                task()
            except Kill:
                return True
        return False

    def _count(self) -> None:
        if self._left <= 0:  # and nothing is done after death, tidying up neither
            raise Kill
        self._left -= 1

    def _mortal(self, name: str) -> Callable[..., object]:
        def step(*args: object, **kwargs: object) -> object:
            self._count()
            return self._real[name](*args, **kwargs)

        return step


@pytest.fixture
def mortality() -> Mortality:
    return Mortality()
