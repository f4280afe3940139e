"""How many frames of a camera were dropped for want of time, told once a minute at the most.

Counters grow from the start of a process. One that is less than it was counts anew, from zero.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

REASONS = ("busy", "sampled", "burst", "skipped", "failed")
"""For which frames are lost. Others are kept back because there is nothing to see in them."""

_A_MINUTE = timedelta(minutes=1)


class Drops(NamedTuple):
    """Frames of a camera in (since, at].

    Attributes:
        looked_at: That were not dropped.
        by_reason: That were, by the reason; none is 0.
    """

    since: datetime
    at: datetime
    looked_at: int
    by_reason: dict[str, int]


class DropTally:
    """Tells drops of one camera from counters that grow."""

    def __init__(self, looked_at: int = 0) -> None:
        """Begin with a camera that was looked at so many frames of."""
        self._since: datetime | None = None
        self._looked_at = looked_at
        self._dropped: Mapping[str, int] = {}

    def take(self, at: datetime | None, looked_at: int, dropped: Mapping[str, int]) -> Drops | None:
        """Take the counters as they are; return what was dropped since it was told last.

        Args:
            at: Capture time; None: nothing more will come.
            looked_at: Frames.
            dropped: Frames by the reason, any of them.
        """
        if self._since is None:
            self._since = at
        if self._since is None or (at is not None and at - self._since < _A_MINUTE):
            return None
        until = max(at or self._since, self._since + timedelta.resolution)
        told = Drops(
            self._since,
            until,
            _growth(looked_at, self._looked_at),
            {
                reason: grown
                for reason in REASONS
                if (grown := _growth(dropped.get(reason, 0), self._dropped.get(reason, 0)))
            },
        )
        self._since, self._looked_at, self._dropped = until, looked_at, dict(dropped)
        return told if told.by_reason else None


def _growth(now: int, before: int) -> int:
    return now - before if now >= before else now
