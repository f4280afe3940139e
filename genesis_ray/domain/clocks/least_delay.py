"""How far a clock is from another, from messages that take their time: the quickest ones tell."""

from collections import deque
from datetime import datetime, timedelta

_BUCKET = timedelta(seconds=5)
_BUCKETS = 6
"""Half a minute: a network that is slow for a shorter time moves nothing."""


class LeastDelay:
    """The least of late of a difference between two clocks to which delays are added.

    The minimum filter of clock synchronisation (Cristian, "Probabilistic clock synchronization",
    1989; NTP's clock filter): a delay only ever adds, so the least is nearest to the truth, and as
    one clock drifts the least of each while goes with it.
    """

    def __init__(self) -> None:
        self._least: deque[tuple[datetime, datetime]] = deque(maxlen=_BUCKETS + 1)

    def note(self, zero: datetime, at: datetime) -> datetime:
        """Take when the other clock's zero seems to be, at a time that rises; return the least."""
        if not self._least or at - self._least[-1][0] >= _BUCKET:
            self._least.append((at, zero))
        else:
            began, least = self._least[-1]
            self._least[-1] = began, min(least, zero)
        return min(least for _, least in self._least)

    @property
    def drift(self) -> float:
        """Seconds that the other clock gains a second; 0 where that is not known yet."""
        if len(self._least) < 3:  # of which the last is not over
            return 0.0
        (first_at, first), (last_at, last) = self._least[0], self._least[-2]
        return (first - last) / (last_at - first_at)

    def clear(self) -> None:
        """Forget all, of a clock that begins anew."""
        self._least.clear()
