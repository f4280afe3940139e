"""What a camera group has to tell and has not got rid of yet."""

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

T = TypeVar("T")
"""What is told."""

Pressure = Literal["none", "slow", "stop"]
"""What a full outbox asks of those who fill it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How full an outbox may be, in reports.

    Attributes:
        slow_at: From here on the cameras are asked for less.
        stop_at: From here on for nothing, until there is room again.
    """

    slow_at: int
    stop_at: int


class Outbox(Generic[T]):
    """Reports in order, each kept until it is known to have arrived."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._waiting: deque[T] = deque()
        self._changed = asyncio.Condition()
        self._closed = False
        self._arrived = 0

    def __len__(self) -> int:
        """The number of reports that have not arrived."""
        return len(self._waiting)

    @property
    def pressure(self) -> Pressure:
        """What is asked of those who fill it."""
        if len(self._waiting) >= self._limits.stop_at:
            return "stop"
        return "slow" if len(self._waiting) >= self._limits.slow_at else "none"

    async def put(self, report: T) -> None:
        """Add a report, once there is room for it."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.pressure != "stop")
            self._waiting.append(report)
            self._changed.notify_all()

    async def peek(self) -> list[T]:
        """Wait for reports and return all there are, in order; none when no more will come."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._waiting or self._closed)
            return list(self._waiting)

    async def drop(self, count: int) -> None:
        """Forget the oldest reports, which have arrived."""
        async with self._changed:
            for _ in range(count):
                self._waiting.popleft()
            self._arrived += count
            self._changed.notify_all()

    async def arrived(self) -> None:
        """Wait until all that is in it now has arrived."""
        async with self._changed:
            due = self._arrived + len(self._waiting)
            await self._changed.wait_for(lambda: self._arrived >= due)

    async def close(self) -> None:
        """Let `peek` return nothing once all has arrived."""
        async with self._changed:
            self._closed = True
            self._changed.notify_all()
