"""How far an archive is: an actor, whose process loads neither Ray Data nor models for that."""

import time
from collections import Counter


class Tally:
    """Where the workers say how far they are."""

    def __init__(self) -> None:
        self._frames: Counter[str] = Counter()
        self._first_frame_at: float | None = None

    def begin(self, label: str) -> None:
        """Count a segment's frames from 0 again: this is another attempt."""
        self._frames[label] = 0

    def add(self, label: str, frames: int) -> None:
        """Count frames looked at."""
        self._first_frame_at = self._first_frame_at or time.time()
        self._frames[label] += frames

    def read(self) -> tuple[dict[str, int], float | None]:
        """Return the frames of each segment, by its label, and when the first were counted."""
        return dict(self._frames), self._first_frame_at
