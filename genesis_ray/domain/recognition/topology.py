"""How far apart cameras are in time: the spatiotemporal gate's rule.

A person seen by one camera cannot be at another sooner than the way there takes. Times are of
capture, corrected by what is known of a camera's clock; clocks then agree to a tolerance: what some
clock error within it explains is possible. A transition that is shorter than the tolerance is no
transition, but the same moment.
"""

import heapq
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

Refusal = Literal["too-soon", "too-late", "not-connected", "elsewhere-now", "double"]
"""Why somebody cannot be here. A double is in view already, as a track of the same camera whose
box overlaps this one's: one person boxed twice, or two of whom one hides the other."""

Passed = Literal["", "same-camera", "overlapping-views", "in-time", "late"]

TOLERANCE = timedelta(milliseconds=500)
"""What clocks of cameras may be apart where nothing is said: NTP keeps them well within it."""

_AT_ONCE = timedelta(0)


@dataclass(frozen=True, slots=True)
class Sight:
    """A track from when it came into view to when it was last known to be in view."""

    camera_id: str
    track_id: int
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A way from one camera's view into another's, in this direction.

    Attributes:
        least: The quickest that anybody goes it.
        greatest: What nobody takes longer for who goes straight; None: not known.
        is_firm: Whether there is nowhere to stay on the way, nor a way back unseen, so that
            whoever takes longer is somebody else.
    """

    origin: str
    destination: str
    least: timedelta
    greatest: timedelta | None = None
    is_firm: bool = False


class Verdict(NamedTuple):
    """Whether one person may have been at two places: unless there is a refusal.

    `gate` names the rule that lets it pass, "" where none applies.
    """

    gate: Passed = ""
    refusal: Refusal | None = None


class Topology:
    """The cameras of a site and the ways between them.

    Where the ways are complete, the least time between two cameras is that of the quickest way
    over others, and where there is none nobody gets there. Where they are not, nothing is known
    of a pair that is not listed, and everything passes.
    """

    def __init__(
        self,
        passages: Iterable[Passage] = (),
        *,
        overlapping: Iterable[tuple[str, str]] = (),
        apart: Iterable[Collection[str]] = (),
        is_complete: bool = False,
        tolerance: timedelta = TOLERANCE,
        clock_offsets: Mapping[str, timedelta] | None = None,
    ) -> None:
        """Take ways, and pairs of cameras that may see one person at the same time.

        Cameras of two groups of `apart` never do, however long the way between them is.
        `clock_offsets` is by how much a camera's times are later than it was; of others nothing.
        """
        self._passages = {(each.origin, each.destination): each for each in passages}
        self._overlapping = frozenset(frozenset(pair) for pair in overlapping)
        self._group = {camera_id: n for n, group in enumerate(apart) for camera_id in group}
        self._is_complete = is_complete
        self._tolerance = tolerance
        self._clock_offsets = dict(clock_offsets or {})
        self._next: dict[str, list[tuple[str, timedelta]]] = {}
        for each in self._passages.values():
            self._next.setdefault(each.origin, []).append((each.destination, each.least))
        for one, other in (tuple(pair) for pair in self._overlapping):
            self._next.setdefault(one, []).append((other, _AT_ONCE))
            self._next.setdefault(other, []).append((one, _AT_ONCE))
        self._quickest: dict[str, Mapping[str, timedelta]] = {}

    @property
    def tolerance(self) -> timedelta:
        """What clocks of two cameras may be apart."""
        return self._tolerance

    def passage(self, origin: str, destination: str) -> Passage | None:
        """Return the way that is listed from one camera to another."""
        return self._passages.get((origin, destination))

    def overlap(self, one: str, other: str) -> bool:
        """Tell whether two cameras may see one person at the same time."""
        return frozenset((one, other)) in self._overlapping

    def are_apart(self, one: str, other: str) -> bool:
        """Tell whether two cameras are said to see nobody at the same time."""
        groups = self._group.get(one), self._group.get(other)
        return None not in groups and groups[0] != groups[1]

    def is_silent_on(self, one: str, other: str) -> bool:
        """Tell whether nothing is said of two cameras, nor follows of what is."""
        return not (
            one == other
            or self._is_complete
            or self.overlap(one, other)
            or self.are_apart(one, other)
            or (one, other) in self._passages
            or (other, one) in self._passages
        )

    def clock_offset(self, camera_id: str) -> timedelta:
        """Return by how much a camera's times are later than it was."""
        return self._clock_offsets.get(camera_id, _AT_ONCE)

    def least(self, origin: str, destination: str) -> timedelta | None:
        """Return the least time from one camera to another; None: not known, or no way.

        Of a listed pair too it is that of the quickest way over others: ways that contradict
        each other are read in favour of who goes them.
        """
        if origin == destination:
            return _AT_ONCE
        if not self._is_complete and self.passage(origin, destination) is None:
            return None
        return self._from(origin).get(destination)

    def gap(self, one: Sight, other: Sight) -> timedelta:
        """Return the time between two tracks; below 0: for so long both were in view at once."""
        one, other = self._effective(one), self._effective(other)
        return max(other.since - one.until, one.since - other.until)

    def judge(self, seen: Sight, here: Sight, *, are_apart: bool = False) -> Verdict:
        """Tell whether whom `seen` shows may be who `here` shows, which is the later track.

        Only the beginning of `here` matters for the way there: a track is one person, who was
        in view all the time. `are_apart` holds of cameras of which nothing is said.
        """
        if self.overlap(seen.camera_id, here.camera_id):
            return Verdict("overlapping-views")
        seen, here = self._effective(seen), self._effective(here)
        there = self.least(seen.camera_id, here.camera_id)
        back = self.least(here.camera_id, seen.camera_id)
        if there is None and back is None and not self._is_complete:
            if self.are_apart(seen.camera_id, here.camera_id):
                are_apart = True
            is_twice = are_apart and self._are_at_once(seen, here)
            return Verdict(refusal="elsewhere-now") if is_twice else Verdict()
        gap = here.since - seen.until
        if there is not None and gap >= there - self._tolerance:
            return self._in_time(seen, here, gap)
        if back is not None and seen.since - here.until >= back - self._tolerance:
            return Verdict("in-time")  # they were here first
        if self._are_at_once(seen, here):
            return Verdict(refusal="elsewhere-now")
        if there is not None:
            return Verdict(refusal="too-soon")
        return Verdict(refusal="not-connected") if self._is_complete else Verdict()

    def _effective(self, sight: Sight) -> Sight:
        """Return a sight with the times that it was."""
        offset = self.clock_offset(sight.camera_id)
        return replace(sight, since=sight.since - offset, until=sight.until - offset)

    def _are_at_once(self, one: Sight, other: Sight) -> bool:
        return (
            one.until - other.since > self._tolerance and other.until - one.since > self._tolerance
        )

    def _in_time(self, seen: Sight, here: Sight, gap: timedelta) -> Verdict:
        if seen.camera_id == here.camera_id:
            return Verdict("same-camera")
        passage = self.passage(seen.camera_id, here.camera_id)
        if passage and passage.greatest is not None and gap - self._tolerance > passage.greatest:
            return Verdict(refusal="too-late") if passage.is_firm else Verdict("late")
        return Verdict("in-time")

    def _from(self, origin: str) -> Mapping[str, timedelta]:
        """Return the least time to each camera that can be reached (Dijkstra, 1959)."""
        if origin not in self._quickest:
            reached: dict[str, timedelta] = {}
            waiting = [(_AT_ONCE, origin)]
            while waiting:
                so_far, camera_id = heapq.heappop(waiting)
                if camera_id in reached:
                    continue
                reached[camera_id] = so_far
                for further, least in self._next.get(camera_id, ()):
                    heapq.heappush(waiting, (so_far + least, further))
            self._quickest[origin] = reached
        return self._quickest[origin]


NO_TOPOLOGY = Topology()
"""What holds where nothing is said: of two cameras nothing is known, so everything passes."""
