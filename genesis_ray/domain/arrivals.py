"""Putting what arrives a little out of order into order, for a rule that has to have it so."""

import heapq
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

T = TypeVar("T", bound=tuple[Any, ...])
"""What is put in order: tuples that can be compared and begin with the time they are of."""


class Arrivals(Generic[T]):
    """Holds items back for `tolerance` behind the latest, and lets them go in one order.

    However items arrive that are at most `tolerance` out of order, they leave in the same order:
    by time, and those of one time by what else they say. What comes later than that leaves at
    once, so that nothing is lost, and counts in `late`.
    """

    def __init__(self, tolerance: timedelta = timedelta()) -> None:
        self._tolerance = tolerance
        self._waiting: list[T] = []
        self._latest: datetime | None = None
        self.late = 0

    def add(self, item: T) -> Iterator[T]:
        """Take the next item; yield those that nothing in time can come before any more."""
        at: datetime = item[0]
        self._latest = max(at, self._latest or at)
        safe_until = self._latest - self._tolerance
        self.late += at < safe_until
        heapq.heappush(self._waiting, item)
        while self._waiting and self._waiting[0][0] < safe_until:
            yield heapq.heappop(self._waiting)

    def rest(self) -> Iterator[T]:
        """Yield, in order, what is still held back: nothing more will come."""
        while self._waiting:
            yield heapq.heappop(self._waiting)
