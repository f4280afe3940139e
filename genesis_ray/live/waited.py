"""How much of the time is waited for something."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_LATELY_S = 1.0


class Waited:
    """The share of the last second that was waited for something, by one at a time."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._since: float | None = None
        self._waits: deque[tuple[float, float]] = deque()

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Wait in this context."""
        begun = self._since = self._now()
        try:
            yield
        finally:
            self._since = None
            self._waits.append((begun, self._now()))
            self._forget()

    @property
    def share(self) -> float:
        """What was waited, of the last second."""
        self._forget()
        now = self._now()
        waits = [*self._waits] + ([] if self._since is None else [(self._since, now)])
        return sum(end - max(begun, now - _LATELY_S) for begun, end in waits) / _LATELY_S

    def _forget(self) -> None:
        while self._waits and self._waits[0][1] < self._now() - _LATELY_S:
            self._waits.popleft()
