"""A feed that asks the live system now and then, so that no request has to wait for it."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from genesis_ray.running.live_state import LiveState

_log = logging.getLogger(__name__)

_WINDOW_POLLS = 5
"""A rate is taken over so many polls: at one a second, steady to the eye and still current."""


class PolledFeed:
    """Keeps the latest state of a live system, and says so when it does not answer."""

    def __init__(
        self,
        ask: Callable[[], Awaitable[LiveState]],
        *,
        period_s: float = 1.0,
        patience_s: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ask = ask
        self._period_s = period_s
        self._patience_s = patience_s
        self._clock = clock
        self._state = LiveState(missing=("the live system has not answered yet",))
        self._frames: deque[tuple[float, dict[str, int]]] = deque(maxlen=_WINDOW_POLLS + 1)

    def state(self) -> LiveState:
        """Return the latest state."""
        return self._state

    def frames_per_second(self) -> Mapping[str, float]:
        """Return the rate of each camera over the last polls."""
        if len(self._frames) < 2:
            return {}
        (began, before), (ended, now) = self._frames[0], self._frames[-1]
        return {
            camera_id: max(0, frames - before.get(camera_id, 0)) / (ended - began)
            for camera_id, frames in now.items()
        }

    async def poll(self) -> None:
        """Ask until cancelled."""
        while True:
            await self.refresh()
            await asyncio.sleep(self._period_s)

    async def refresh(self) -> None:
        """Ask once."""
        try:
            async with asyncio.timeout(self._patience_s):
                self._state = await self._ask()
        except TimeoutError:
            self._lost(f"nothing within {self._patience_s:g} s")
        except Exception as error:  # whatever ails the live system, the API says so and goes on
            self._lost(str(error).partition("\n")[0] or type(error).__name__)
        frames = {camera.camera_id: camera.frames for camera in self._state.figures.cameras}
        self._frames.append((self._clock(), frames))

    def _lost(self, reason: str) -> None:
        missing = (f"the live system does not answer: {reason}",)
        if missing != self._state.missing:
            _log.warning(*missing)
        self._state = replace(self._state, missing=missing)
