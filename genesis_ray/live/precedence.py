"""Which of a group's frames may be taken where other groups' cameras are more important.

All groups share the detector, which takes requests as they come. So each tells the class of its
cameras that falls behind, and those that have lower ones give way, see `sharing`.
"""

import math
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from genesis_ray.domain.load.roles import DropClass, Role, drop_class_of
from genesis_ray.live.lane import URGENCY_OF, Lane

LOOKS_EVERY_S = 0.1
"""Whether a group's cameras fall behind."""

TELLS_EVERY_S = 2.0
"""That they do, again, as a process that was started again has not been told."""

_GIVES_WAY_FOR_S = 5.0
"""Without being told again: whoever tells may have died."""

_BEHIND, _CAUGHT_UP = 4, 1
"""Frames of a camera of the first class that wait when it falls behind, and no more when it has
caught up. It loses some from 30 on: time for what is under way of others."""

_DOUBLED_AFTER_S = 3.5
"""That nobody fell behind, the frames of lower classes that may be under way."""

_PLENTY = 1024.0
"""Frames under way: no group has as many."""


@dataclass(slots=True)
class _Waiting:
    """What is taken of classes below one, for the sake of that.

    Told that it falls behind a group takes nothing of them. What it had under way was too much
    then: half of that is what may be when it has caught up, and slowly more. It is how TCP finds
    its share (V. Jacobson, "Congestion avoidance and control", SIGCOMM 1988).
    """

    until: float = -math.inf
    since: float = -math.inf
    room: float = _PLENTY

    def begin(self, under_way: int, now: float) -> None:
        if now >= self.until:
            self.room = max(1.0, min(self.room_at(now), under_way or _PLENTY) / 2)
        self.until = self.since = now + _GIVES_WAY_FOR_S

    def end(self, now: float) -> None:
        if now < self.until:
            self.until = self.since = now

    def room_at(self, now: float) -> float:
        if now < self.until:
            return 0.0
        return float(self.room * 2 ** min(10.0, (now - self.since) / _DOUBLED_AFTER_S))


class Precedence:
    """What a group may have under way, for the sake of more important cameras.

    Of who has starved it always takes a frame. Where its own cameras are of the first class, too,
    the last request is kept free for them.
    """

    def __init__(self, *, requests: int = 1) -> None:
        """Expect so many requests under way at once."""
        self._requests = requests
        self._without_first = 0
        self._keeps_free = False
        self._under_way: Counter[DropClass] = Counter()
        self._for: dict[DropClass, _Waiting] = {"never": _Waiting(), "adaptive": _Waiting()}

    def give_way(self, to: Collection[DropClass], now: float) -> None:
        """Take nothing of classes below these for a while; without them of all again."""
        for ahead, waiting in self._for.items():
            if ahead in to:
                waiting.begin(self._under_way_below(ahead), now)
            else:
                waiting.end(now)

    def look_at(self, lanes: Iterable[Lane]) -> None:
        """Take note of whose cameras there are."""
        first = any(_class_of(lane) == "never" and not lane.is_over for lane in lanes)
        self._keeps_free = first and self._requests > 1

    def allows(self, lane: Lane, now: float) -> bool:
        """Tell whether a frame of a camera may be taken; of one that ends, always."""
        if lane.is_over:
            return True
        urgency = lane.urgency(now)[0]
        if self._keeps_free and self._without_first >= self._requests - 1:
            return urgency <= URGENCY_OF["never"]
        return all(
            urgency <= URGENCY_OF[ahead] or self._under_way_below(ahead) < waiting.room_at(now)
            for ahead, waiting in self._for.items()
        )

    def took(self, lane: Lane) -> None:
        """Count a frame that was taken."""
        self._under_way[_class_of(lane)] += 1

    def sent(self, roles: Sequence[Role]) -> None:
        """Count a request, by whose frames are in it."""
        self._without_first += _is_without_first(roles)

    def answered(self, roles: Sequence[Role]) -> None:
        """Count a request, and its frames, no longer."""
        self._without_first -= _is_without_first(roles)
        self._under_way.subtract(map(drop_class_of, roles))

    def _under_way_below(self, ahead: DropClass) -> int:
        least = URGENCY_OF[ahead]
        return sum(n for each, n in self._under_way.items() if URGENCY_OF[each] > least)


class Behind:
    """Which class of a group's cameras has more frames waiting than are taken."""

    def __init__(self) -> None:
        self._before: DropClass | None = None

    def among(self, lanes: Sequence[Lane]) -> DropClass | None:
        """Return the most important class that is behind; None where none is."""
        ready = [lane for lane in lanes if lane.realtime and lane.is_ready]
        first = (len(lane.waiting) for lane in ready if _class_of(lane) == "never")
        self._before = self._class_behind(max(first, default=0), ready)
        return self._before

    def _class_behind(self, first: int, ready: Sequence[Lane]) -> DropClass | None:
        if first >= _BEHIND or (self._before == "never" and first > _CAUGHT_UP):
            return "never"
        if any(_class_of(lane) == "adaptive" and lane.sampler.step > 1 for lane in ready):
            return "adaptive"
        return None


def _class_of(lane: Lane) -> DropClass:
    return drop_class_of(lane.station.role)


def _is_without_first(roles: Sequence[Role]) -> bool:
    return bool(roles) and all(drop_class_of(role) != "never" for role in roles)
