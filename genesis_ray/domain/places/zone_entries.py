"""When somebody entered which zone, of which a box that jitters over an edge makes any number."""

from bisect import insort
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

MOST_IN_ORDER = 1_000
"""As many of a track as `Occupancy` remembers: with a settle time of half a second those of eight
minutes at the least."""


class ZoneEntry(NamedTuple):
    """That a zone was entered."""

    at: datetime
    zone_id: str


class ZoneEntries:
    """The first thousand entries, and of each zone that is not among them its first.

    So every zone that was entered is there, in the order of time, and what is remembered has a
    bound. In whatever order entries are added, the same ones stay.
    """

    def __init__(self, entries: Iterable[tuple[datetime, str]] = ()) -> None:
        self._first: list[ZoneEntry] = []
        self._later: dict[str, datetime] = {}
        for at, zone_id in entries:
            self.add(at, zone_id)

    def __iter__(self) -> Iterator[ZoneEntry]:
        """Go through them in the order of time."""
        known = {entry.zone_id for entry in self._first} if self._later else ()
        later = [ZoneEntry(at, zone) for zone, at in self._later.items() if zone not in known]
        yield from self._first
        yield from sorted(later)

    def add(self, at: datetime, zone_id: str) -> None:
        """Remember an entry, as far as it is one of those that stay."""
        insort(self._first, ZoneEntry(at, zone_id))
        if len(self._first) > MOST_IN_ORDER:
            last = self._first.pop()
            self._later[last.zone_id] = min(last.at, self._later.get(last.zone_id, last.at))
