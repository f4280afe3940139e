"""What faces count for when they decide together: evidence, in good faces.

A face counts by its quality. Of LFW's faces, shrunk and blurred, 1 in 6 misses the person it
shows at a quality of 0.2 to 0.5, 1 in 26 at 0.5 to 0.9 and 1 in 70 above
(benchmarks/bench_evidence.py).
"""

from collections import deque
from collections.abc import Iterable, Iterator
from math import fsum
from typing import Generic, Protocol, TypeVar

GOOD_QUALITY = 0.5
"""From this quality on a face is a good one."""

_KEPT_A_GOOD_FACE = 4
"""Most faces kept for each good one that a window holds: bad faces weigh little."""

_ROUNDING = 1e-9
"""Weights are floating-point numbers, which seldom add up to a whole one."""


class OfQuality(Protocol):
    """A face, or what is known of one."""

    @property
    def quality(self) -> float:
        """0 (useless) to 1 (frontal, large, sharp)."""


T = TypeVar("T", bound=OfQuality)
"""What is kept of each face."""


def weight_of(quality: float) -> float:
    """Return what a face of a quality counts for, in good faces: 0 to 1."""
    return min(1.0, quality / GOOD_QUALITY)


def evidence_of(faces: Iterable[OfQuality]) -> float:
    """Return what faces count for together, in good faces."""
    return fsum(weight_of(face.quality) for face in faces)


def is_enough(faces: Iterable[OfQuality], wanted: int) -> bool:
    """Tell whether faces count for as much as `wanted` good ones."""
    return is_worth(evidence_of(faces), wanted)


def is_worth(evidence: float, wanted: int) -> bool:
    """Tell whether evidence is worth as much as `wanted` good faces."""
    return evidence >= wanted - _ROUNDING


class Window(Generic[T]):
    """The latest faces of a track that count for less than twice the good faces wanted.

    So of two that its faces show only one can have enough of it.
    """

    def __init__(self, wanted: int) -> None:
        """Begin with no face; of 0 wanted none is ever kept."""
        self._most = max(0, 2 * wanted - 1)
        self._faces: deque[T] = deque(maxlen=_KEPT_A_GOOD_FACE * self._most)

    def add(self, face: T) -> None:
        """Take the next face; the oldest make room."""
        self._faces.append(face)
        while evidence_of(self._faces) > self._most + _ROUNDING:
            self._faces.popleft()

    def clear(self) -> None:
        """Forget all faces."""
        self._faces.clear()

    def __iter__(self) -> Iterator[T]:
        return iter(self._faces)

    def __len__(self) -> int:
        return len(self._faces)
