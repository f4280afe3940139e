"""Which frames of a camera are looked at: by the clock, in bursts, and under load."""

import math
from datetime import datetime, timedelta
from typing import Any

_STAMP_ERROR = timedelta(milliseconds=1)
"""Containers round times to this: a frame so short of its slot belongs to it all the same."""


class RateSampler:
    """Keeps at most `fps` frames a second of capture time.

    Time since the first frame is cut into slots of 1/fps; the first frame of each
    slot is kept. The choice depends on the stamps alone, so a live run and a replay
    of its recording keep the same frames.
    """

    def __init__(self, fps: float) -> None:
        if fps <= 0:
            raise ValueError(f"fps must be positive, got {fps}")
        self._fps = fps
        self._origin: datetime | None = None
        self._last_slot = -1

    def keeps(self, captured_at: datetime) -> bool:
        """Tell whether the frame of this time, the next of its stream, is kept."""
        self._origin = self._origin or captured_at
        elapsed = captured_at - self._origin + _STAMP_ERROR
        slot = math.floor(elapsed.total_seconds() * self._fps)
        if slot <= self._last_slot:
            return False
        self._last_slot = slot
        return True

    @property
    def state(self) -> object:
        """All that this has to remember, for the `resume` of another; it does not change."""
        return self._origin, self._last_slot

    def resume(self, state: Any) -> None:
        """Go on from the state of another of this rate."""
        self._origin, self._last_slot = state


class TokenBucket:
    """Lets through `rate` things a second on average and at most `burst` at once.

    J. Turner, "New directions in communications", IEEE Communications Magazine, 1986. A token
    is added every 1/rate seconds, up to `burst` of them, and each thing takes one.
    """

    def __init__(self, *, rate: float, burst: int) -> None:
        if rate <= 0 or burst < 1:
            raise ValueError(f"expected a positive rate and burst, got {rate} and {burst}")
        self._rate = rate
        self._burst = burst
        self._tokens = float(burst)
        self._last_at: datetime | None = None

    def takes(self, at: datetime) -> bool:
        """Tell whether something that comes `at` this time is let through."""
        if self._last_at is not None:
            elapsed_s = max(0.0, (at - self._last_at).total_seconds())
            self._tokens = min(float(self._burst), self._tokens + elapsed_s * self._rate)
        self._last_at = max(at, self._last_at or at)
        if self._tokens < 1 - _ROUNDING:
            return False
        self._tokens -= 1
        return True


_ROUNDING = 1e-6
"""Of tokens: what adding many small parts of one may lose."""

_FULL, _EMPTY = 0.8, 0.4
"""Loads above which fewer frames are kept, and below which more: apart, so that it settles."""

_MOST_LEFT_OUT = 4
_LOOK_EVERY_S = 1.0


class LoadSampler:
    """Keeps every frame, or one in two, three or four while too many are waiting.

    Attributes:
        step: One in so many is kept.
    """

    def __init__(self) -> None:
        self.step = 1
        self._count = -1
        self._highest = 0.0
        self._looked_at: float | None = None

    def keeps(self) -> bool:
        """Tell whether the next frame is kept."""
        self._count += 1
        return self._count % self.step == 0

    def note(self, load: float, now_s: float) -> None:
        """Take a load, 1 being as much as can be done; once a second the highest of it counts."""
        self._highest = max(self._highest, load)
        if self._looked_at is None:
            self._looked_at = now_s
        if now_s - self._looked_at < _LOOK_EVERY_S:
            return
        if self._highest > _FULL:
            self.step = min(_MOST_LEFT_OUT, self.step + 1)
        elif self._highest < _EMPTY:
            self.step = max(1, self.step - 1)
        self._looked_at, self._highest = now_s, 0.0
