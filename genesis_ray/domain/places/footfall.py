"""How many people went in and out at a place: counts that only ever rise."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from genesis_ray.domain.places.lines import LineDirection

NOBODY_STAYS = timedelta(days=1)
"""Who went in longer ago was lost sight of: their leaving, seen or not, is no part of that stay."""


class Passage(NamedTuple):
    """Somebody went in or out at a place: over a line, or entering or leaving a zone.

    `who` is an identity where one is known, else a track with its camera.
    """

    at: datetime
    place_id: str
    direction: LineDirection
    who: str


class Count(NamedTuple):
    """What went by in one direction: all passages, and the people they were."""

    passages: int
    people: int


class Footfall:
    """Counts passages, and people: who is back within `reentry_gap` is not somebody else.

    A person's stay goes on as long as not more than the gap lies between leaving and coming back,
    and however long they are inside, up to a day. In each stay they count once in and once out.
    Passages in less passages out is how many are inside, if all were outside at first.

    Passages come in order of time, as `ReorderBuffer` has them.
    """

    def __init__(self, *, reentry_gap: timedelta) -> None:
        self._gap = reentry_gap
        self._stays: dict[tuple[str, str], _Stay] = {}
        self._passages: Counter[tuple[str, LineDirection]] = Counter()
        self._people: Counter[tuple[str, LineDirection]] = Counter()
        self._tidied_at: datetime | None = None

    def update(self, passage: Passage) -> bool:
        """Count a passage; tell whether it is that of another person."""
        key = passage.place_id, passage.direction
        self._passages[key] += 1
        self._tidy(passage.at)
        stay = self._stays.get((passage.place_id, passage.who))
        if stay is None or stay.is_over(passage, self._gap):
            stay = self._stays[passage.place_id, passage.who] = _Stay(passage)
        stay.last = max(stay.last, passage)
        if passage.direction in stay.counted:
            return False
        stay.counted.add(passage.direction)
        self._people[key] += 1
        return True

    def count(self, place_id: str, direction: LineDirection) -> Count:
        """Return what has gone by at a place so far."""
        key = place_id, direction
        return Count(self._passages[key], self._people[key])

    def _tidy(self, now: datetime) -> None:
        """Forget stays that nothing can belong to any more, now and then."""
        if self._tidied_at and now - self._tidied_at < max(self._gap, timedelta(minutes=1)):
            return
        self._tidied_at = now
        limit = now - max(self._gap, NOBODY_STAYS)
        self._stays = {key: stay for key, stay in self._stays.items() if stay.last.at >= limit}


@dataclass(slots=True)
class _Stay:
    """A person at a place, and the directions in which they have been counted."""

    last: Passage
    counted: set[LineDirection] = field(default_factory=set)

    def is_over(self, passage: Passage, gap: timedelta) -> bool:
        """Tell whether a passage is too long after the last one to belong to the stay."""
        leaves = (self.last.direction, passage.direction) == ("in", "out")
        limit = max(gap, NOBODY_STAYS) if leaves else gap
        return passage.at - self.last.at > limit
