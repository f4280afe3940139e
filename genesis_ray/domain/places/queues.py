"""A queue: how many wait, how long, and who was served or gave up."""

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta

from genesis_ray.domain.places.occupancy import Occupancy, Place, TrackKey
from genesis_ray.domain.places.zones import Direction

_ORDERED_WITHIN = timedelta(minutes=1)
"""An entry is told at most so long after an exit that happened later."""

_NAMES_KEPT = timedelta(hours=1)
"""Of tracks that do not wait: those who are about to enter the service's zone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePolicy:
    """What a queue is.

    Attributes:
        queue: The zone in which people wait.
        service: The zone in which they are served; None: whoever leaves was served.
        handover: How far leaving the one and entering the other may be apart.
        window: The time that the mean wait is taken over.
    """

    queue: Place
    service: Place | None = None
    handover: timedelta = timedelta(seconds=5)
    window: timedelta = timedelta(minutes=10)


class QueueBook:
    """Follows one queue through the crossings of its zone and of the service's.

    Service begins when the queue is left towards the service's zone: the track, or another of the
    same identity, enters that within the handover. Leaving elsewhere is giving up. Who is back
    within the handover never left. What became of somebody is known a handover after they left.
    """

    def __init__(self, policy: QueuePolicy) -> None:
        self._policy = policy
        self._occupancy = Occupancy()
        self._leaving: dict[int, datetime] = {}
        self._serving: dict[TrackKey, datetime] = {}
        self._names: dict[TrackKey, tuple[str, datetime]] = {}
        self._waits: deque[tuple[datetime, timedelta]] = deque()
        self.served = 0
        self.abandoned = 0

    def cross(self, place: Place, track_id: int, direction: Direction, at: datetime) -> None:
        """Take a crossing; of other zones than its two nothing counts."""
        if place == self._policy.service and direction == "enter":
            self._serving[place[0], track_id] = at
        if place == self._policy.queue and self._occupancy.cross(place, track_id, direction, at):
            last = self._occupancy.stays(place, track_id)[-1:]
            if last and last[0].left_at:
                self._leaving[track_id] = last[0].left_at
            else:
                self._leaving.pop(track_id, None)

    def name(self, track: TrackKey, identity_id: str, at: datetime) -> None:
        """Note who a track is."""
        self._names[track] = (identity_id, at)

    def leave(self, camera_id: str, at: datetime) -> None:
        """Let all tracks of a camera that watches no more be gone, served or not."""
        if camera_id == self._policy.queue[0]:
            for track_id in list(self._occupancy.present(self._policy.queue)):
                self.cross(self._policy.queue, track_id, "exit", at)

    @property
    def next_at(self) -> datetime | None:
        """When it changes by itself: somebody's fate is known, or a wait leaves the window."""
        left = min(self._leaving.values(), default=None)
        times = [left + self._policy.handover] if left else []
        if self._waits:
            times.append(self._waits[0][0] + self._policy.window)
        return min(times, default=None)

    def advance(self, at: datetime) -> None:
        """Decide what is known by a time."""
        known = at - self._policy.handover
        for track_id, left_at in sorted(self._leaving.items(), key=lambda item: (item[1], item[0])):
            if left_at <= known:
                self._decide(track_id, left_at)
        while self._waits and self._waits[0][0] <= at - self._policy.window:
            self._waits.popleft()
        self._tidy(at)

    @property
    def length(self) -> int:
        """People in the queue."""
        return len(self._occupancy.present(self._policy.queue))

    @property
    def mean_wait(self) -> timedelta | None:
        """The mean wait of those whose service began within the window; None: there are none."""
        if not self._waits:
            return None
        return sum((wait for _, wait in self._waits), timedelta()) / len(self._waits)

    def _decide(self, track_id: int, left_at: datetime) -> None:
        del self._leaving[track_id]
        stays = self._occupancy.stays(self._policy.queue, track_id)
        entered_at = stays[-1].entered_at
        for before, after in zip(reversed(stays[:-1]), reversed(stays[1:]), strict=True):
            if before.left_at is None or after.entered_at - before.left_at > self._policy.handover:
                break
            entered_at = before.entered_at
        if self._was_served(track_id, left_at):
            self.served += 1
            self._waits.append((left_at, left_at - entered_at))
        else:
            self.abandoned += 1

    def _was_served(self, track_id: int, left_at: datetime) -> bool:
        if self._policy.service is None:
            return True
        track = (self._policy.queue[0], track_id)
        return any(
            abs(entered_at - left_at) <= self._policy.handover
            for other, entered_at in self._serving.items()
            if other == track or self._are_one(other, track)
        )

    def _are_one(self, one: TrackKey, other: TrackKey) -> bool:
        names = [self._names[track][0] for track in (one, other) if track in self._names]
        return len(names) == 2 and names[0] == names[1]

    def _tidy(self, at: datetime) -> None:
        """Forget what can no longer decide anything."""
        old = at - 2 * self._policy.handover - _ORDERED_WITHIN
        self._serving = {track: t for track, t in self._serving.items() if t >= old}
        camera_id = self._policy.queue[0]
        waiting = {(camera_id, each) for each in self._occupancy.present(self._policy.queue)}
        self._names = {
            track: (who, named_at)
            for track, (who, named_at) in self._names.items()
            if named_at >= at - _NAMES_KEPT or track in waiting
        }
