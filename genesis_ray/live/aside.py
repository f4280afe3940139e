"""Cameras that are held up, beside those that go on."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

T = TypeVar("T")
"""A piece of a camera's work."""


class Aside(Generic[T]):
    """Work of cameras that wait for a piece of it, which may take long.

    Each camera's pieces are done one after the other, in order, and the cameras at the same
    time. Who has work here should have all further work put here, until it is done.
    """

    def __init__(
        self,
        do: Callable[[str, T], Coroutine[Any, Any, None]],
        *,
        steps: asyncio.TaskGroup,
        on_held: Callable[[str, bool], None],
    ) -> None:
        """Do pieces with `do`, in tasks of `steps`.

        `on_held` is told when a camera begins or ceases to be held up.
        """
        self._do = do
        self._steps = steps
        self._on_held = on_held
        self._waiting: dict[str, deque[T]] = {}
        self._settled = asyncio.Event()
        self._settled.set()

    def __contains__(self, camera_id: str) -> bool:
        """Whether a camera is held up."""
        return camera_id in self._waiting

    def add(self, camera_id: str, piece: T) -> None:
        """Do a piece of a camera's work after those that it has here."""
        if camera_id in self._waiting:
            self._waiting[camera_id].append(piece)
            return
        self._waiting[camera_id] = deque([piece])
        self._settled.clear()
        self._on_held(camera_id, True)
        self._steps.create_task(self._work(camera_id))

    async def settled(self) -> None:
        """Wait until nobody is held up."""
        await self._settled.wait()

    async def _work(self, camera_id: str) -> None:
        waiting = self._waiting[camera_id]
        while waiting:
            await self._do(camera_id, waiting[0])
            waiting.popleft()
        del self._waiting[camera_id]
        self._on_held(camera_id, False)
        if not self._waiting:
            self._settled.set()
