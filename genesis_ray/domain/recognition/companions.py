"""Companions: people whose boxes overlap again and again, as those who walk together do."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from genesis_ray.domain.places.geometry import Boxes, iou

_OVERLAP = 0.3
"""Intersection over union above which one box has a part of the other person in it."""

_COUNTED_EVERY = timedelta(seconds=1)
"""Overlaps count once a second, so that frame rates do not matter."""

_TIMES = 3
"""Overlaps that make companions: who merely passes somebody overlaps for a second or two."""


@dataclass(slots=True)
class _Overlaps:
    """How often two tracks overlapped, and when that was counted last."""

    count: int
    counted_at: datetime


@dataclass(slots=True)
class Companions:
    """The tracks of one camera that come close to each other, for as long as both are open."""

    _of: dict[int, dict[int, _Overlaps]] = field(default_factory=dict)

    def update(self, at: datetime, track_ids: Sequence[int], boxes: Boxes) -> None:
        """Take the boxes [n, 4] of a frame, each of the track at its place."""
        close = np.triu(iou(boxes, boxes) > _OVERLAP, k=1)
        for first, second in np.argwhere(close).tolist():
            self._overlapped(at, track_ids[first], track_ids[second])

    def of(self, track_id: int) -> tuple[int, ...]:
        """Return the companions of a track."""
        others = self._of.get(track_id, {}).items()
        return tuple(sorted(other for other, overlaps in others if overlaps.count >= _TIMES))

    def overlapped(self, track_id: int) -> tuple[int, ...]:
        """Return the tracks whose boxes overlapped a track's, be it once."""
        return tuple(sorted(self._of.get(track_id, ())))

    def close(self, track_id: int) -> None:
        """Forget a finished track."""
        for other in self._of.pop(track_id, ()):
            del self._of[other][track_id]
            if not self._of[other]:
                del self._of[other]

    def _overlapped(self, at: datetime, one: int, other: int) -> None:
        overlaps = self._of.get(one, {}).get(other)
        if overlaps is None:
            overlaps = _Overlaps(1, at)
            self._of.setdefault(one, {})[other] = overlaps
            self._of.setdefault(other, {})[one] = overlaps
        elif at - overlaps.counted_at >= _COUNTED_EVERY:
            overlaps.count += 1
            overlaps.counted_at = at
