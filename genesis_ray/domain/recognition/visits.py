"""Visits: how long somebody was there, however many tracks and cameras saw them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from genesis_ray.domain.clocks.camera_clocks import Reach
from genesis_ray.domain.places.zone_entries import ZoneEntries

_NAMING_GRACE = timedelta(seconds=30)
"""How long a track may take to be named without its visitor's last visit closing before it."""

_LATEST_NAMING = timedelta(days=1)
"""No track is named so long after it came into view: then it need not be known who has left."""


@dataclass(slots=True)
class Visit:
    """One stay of one identity.

    Attributes:
        opened_at: What `started_at` was when the visit was opened; tells it from the others.
        started_at: Moves back if a track that came into view earlier is named later.
        entries: When which zone was entered.
    """

    identity_id: str
    opened_at: datetime
    started_at: datetime
    last_seen_at: datetime
    first_camera_id: str
    last_camera_id: str
    entries: ZoneEntries = field(default_factory=ZoneEntries)

    @property
    def zone_ids(self) -> tuple[str, ...]:
        """Zones entered, in order of time, as far as `ZoneEntries` remembers them."""
        return tuple(entry.zone_id for entry in self.entries)

    def take_over(self, other: "Visit") -> None:
        """Take it that another visit, which was opened later, is a part of this one."""
        self.started_at = min(self.started_at, other.started_at)
        if other.last_seen_at >= self.last_seen_at:
            self.last_seen_at, self.last_camera_id = other.last_seen_at, other.last_camera_id
        for entry in other.entries:
            self.entries.add(*entry)


class _Leaving(NamedTuple):
    """When somebody was seen last before they left, and by which camera."""

    at: datetime
    camera_id: str


class VisitBook:
    """Opens a visit at an identity's first sighting and closes it after `gap` without one.

    Visits of one identity never overlap. News that come when the visit they belong to is
    closed, because a track was named very late, count from its end on.
    """

    def __init__(self, gap: timedelta) -> None:
        self._gap = gap
        self._open: dict[str, Visit] = {}
        self._left: dict[str, _Leaving] = {}

    def see(
        self, identity_id: str, camera_id: str, *, since: datetime, until: datetime
    ) -> tuple[Visit | None, Visit | None]:
        """Note that an identity was in view from `since` to `until`.

        Returns the visit that this ends, if they had been away too long, and the one it opens.
        """
        if left := self._left.get(identity_id):
            if until <= left.at:
                return None, None
            since = max(since, left.at + timedelta.resolution)
        visit = self._open.get(identity_id)
        ended = None
        if visit and since - visit.last_seen_at > self._gap:
            ended, visit = self._close(visit), None
        if visit is None:
            opened = Visit(identity_id, since, since, until, camera_id, camera_id)
            self._open[identity_id] = opened
            return ended, opened
        visit.started_at = min(visit.started_at, since)
        if until >= visit.last_seen_at:
            visit.last_seen_at, visit.last_camera_id = until, camera_id
        return None, None

    def reopen(self, visit: Visit) -> Visit | None:
        """Go on with a visit of an earlier book; return the one that it takes the place of."""
        before = self._open.get(visit.identity_id)
        ended = self._close(before) if before else None
        self._open[visit.identity_id] = visit
        return ended

    def rename(self, names: Mapping[str, str]) -> None:
        """Go on with the visits of some as of others; several that become one's are one visit."""
        before, self._open = self._open, {}
        for visit in sorted(before.values(), key=lambda visit: visit.opened_at):
            visit.identity_id = names.get(visit.identity_id, visit.identity_id)
            first = self._open.setdefault(visit.identity_id, visit)
            if first is not visit:
                first.take_over(visit)
        gone, self._left = self._left, {}
        for identity_id, left in gone.items():
            present = names.get(identity_id, identity_id)
            self._left[present] = max(left, self._left.get(present, left))

    def enter(self, identity_id: str, zone_id: str, *, at: datetime) -> None:
        """Note that an identity entered a zone, if that was during its open visit."""
        visit = self._open.get(identity_id)
        if visit and at >= visit.started_at:
            visit.entries.add(at, zone_id)

    def close_stale(self, now: datetime, reach: Reach | None = None) -> list[Visit]:
        """Close and return the visits whose identity has not been seen for longer than the gap.

        By `now` and no later than, in `reach`, the camera is which saw them last.
        """

        def absence(seen_at: datetime, camera_id: str) -> timedelta:
            return min(now, (reach or {}).get(camera_id, now)) - seen_at

        self._left = {
            identity_id: left
            for identity_id, left in self._left.items()
            if absence(left.at, left.camera_id) < _LATEST_NAMING
        }
        wait = self._gap + _NAMING_GRACE
        visits = self._open.values()
        return self._close_each(
            [v for v in visits if absence(v.last_seen_at, v.last_camera_id) > wait]
        )

    def close_all(self) -> list[Visit]:
        """Close and return all open visits."""
        return self._close_each(list(self._open.values()))

    def _close_each(self, visits: list[Visit]) -> list[Visit]:
        closed = [self._close(visit) for visit in visits]
        return sorted(closed, key=lambda visit: (visit.last_seen_at, visit.identity_id))

    def _close(self, visit: Visit) -> Visit:
        self._left[visit.identity_id] = _Leaving(visit.last_seen_at, visit.last_camera_id)
        return self._open.pop(visit.identity_id)
