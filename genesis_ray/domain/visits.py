"""Visits: how long somebody was there, however many tracks and cameras saw them."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

_NAMING_GRACE = timedelta(seconds=30)
"""How long a track may take to be named without its visitor's last visit closing before it."""


@dataclass(slots=True)
class Visit:
    """One stay of one identity.

    Attributes:
        opened_at: What `started_at` was when the visit was opened; tells it from the others.
        started_at: Moves back if a track that came into view earlier is named later.
        zone_ids: Zones entered, in order.
    """

    identity_id: str
    opened_at: datetime
    started_at: datetime
    last_seen_at: datetime
    first_camera_id: str
    last_camera_id: str
    zone_ids: list[str] = field(default_factory=list)


class VisitBook:
    """Opens a visit at an identity's first sighting and closes it after `gap` without one."""

    def __init__(self, gap: timedelta) -> None:
        self._gap = gap
        self._open: dict[str, Visit] = {}

    def see(
        self, identity_id: str, camera_id: str, *, since: datetime, until: datetime
    ) -> tuple[Visit | None, Visit | None]:
        """Note that an identity was in view from `since` to `until`.

        Returns the visit that this ends, if they had been away too long, and the one it opens.
        """
        visit = self._open.get(identity_id)
        ended = None
        if visit and since - visit.last_seen_at > self._gap:
            ended, visit = visit, None
        if visit is None:
            opened = Visit(identity_id, since, since, until, camera_id, camera_id)
            self._open[identity_id] = opened
            return ended, opened
        visit.started_at = min(visit.started_at, since)
        if until >= visit.last_seen_at:
            visit.last_seen_at, visit.last_camera_id = until, camera_id
        return None, None

    def enter(self, identity_id: str, zone_id: str) -> None:
        """Note that an identity with an open visit entered a zone."""
        self._open[identity_id].zone_ids.append(zone_id)

    def close_stale(self, now: datetime) -> list[Visit]:
        """Close and return the visits whose identity has not been seen for longer than the gap."""
        wait = self._gap + _NAMING_GRACE
        return self._close([v for v in self._open.values() if now - v.last_seen_at > wait])

    def close_all(self) -> list[Visit]:
        """Close and return all open visits."""
        return self._close(list(self._open.values()))

    def _close(self, visits: list[Visit]) -> list[Visit]:
        for visit in visits:
            del self._open[visit.identity_id]
        return sorted(visits, key=lambda visit: (visit.last_seen_at, visit.identity_id))
