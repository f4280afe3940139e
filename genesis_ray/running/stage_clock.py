"""Where the time of a run goes."""

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

Stage = Literal["decode", "detect", "track", "embed", "resolve", "write"]


class StageClock:
    """Seconds spent in each stage, over all threads.

    Stages overlap, so their sum may be more than the time that passed.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seconds: dict[Stage, float] = defaultdict(float)

    @contextmanager
    def time(self, stage: Stage) -> Iterator[None]:
        """Add what the block takes to `stage`."""
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.add(stage, time.perf_counter() - begun)

    def add(self, stage: Stage, seconds: float) -> None:
        """Add seconds that were measured elsewhere."""
        with self._lock:
            self._seconds[stage] += seconds

    def seconds(self) -> dict[Stage, float]:
        """Return the seconds so far, by stage."""
        with self._lock:
            return dict(self._seconds)
