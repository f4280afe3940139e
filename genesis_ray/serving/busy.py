"""Whether a replica gets on with its work, so that Serve replaces one that hangs."""

import threading
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from genesis_ray.errors import GenesisError

_LEAST_S = 60.0
"""That a batch may always take: a hundred times what one takes on two cores, and half of the time
after which who looks at recordings gives up."""

_TIMES_LONGEST = 10
"""And so many times as long as any before: a large model on a busy machine is slow, and works."""

_PREPARING_S = 1800.0
"""What is the first of its kind may take: models are loaded, and converted for its shape. TensorRT
needs minutes for that."""


class HungError(GenesisError):
    """A batch has been under way for so long that no end is to be expected."""


@dataclass(frozen=True, slots=True, eq=False)
class _Piece:
    kind: Hashable
    begun: float
    is_first: bool


class Work:
    """The batches that a replica has under way; any number of threads may tell of theirs.

    Models run in threads, and whatever becomes of these Serve's own question whether the replica
    is there is answered.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._under_way: list[_Piece] = []
        self._known: set[Hashable] = set()
        self._prepared_at = now()
        self._longest_s = 0.0

    @contextmanager
    def of(self, kind: Hashable) -> Iterator[None]:
        """Do a batch in this context; models may have to be prepared for the first of a kind."""
        with self._lock:
            piece = _Piece(kind, self._now(), kind not in self._known)
            self._under_way.append(piece)
        is_done = False
        try:
            yield
            is_done = True
        finally:
            with self._lock:
                self._end(piece, is_done=is_done)

    def check(self) -> None:
        """Tell whether all that is under way may still be.

        While models are prepared, other batches may have to wait for that.

        Raises:
            HungError: One has been for too long.
        """
        with self._lock:
            first = [piece for piece in self._under_way if piece.is_first]
            limit_s = _PREPARING_S if first else self._limit_s
            longest_s = max(map(self._seconds, first or self._under_way), default=0.0)
        if longest_s > limit_s:
            raise HungError(
                f"a batch has been under way for {longest_s:.0f} s, expected {limit_s:.0f} s at "
                f"most: this replica hangs, and another takes its place"
            )

    @property
    def _limit_s(self) -> float:
        return min(_PREPARING_S, max(_LEAST_S, _TIMES_LONGEST * self._longest_s))

    def _seconds(self, piece: _Piece) -> float:
        """Return for how long a piece has been under way, and did not wait for models."""
        began = piece.begun if piece.is_first else max(piece.begun, self._prepared_at)
        return self._now() - began

    def _end(self, piece: _Piece, *, is_done: bool) -> None:
        self._under_way.remove(piece)
        if not piece.is_first:
            self._longest_s = max(self._longest_s, self._seconds(piece))
            return
        self._prepared_at = self._now()
        if is_done:
            self._known.add(piece.kind)
