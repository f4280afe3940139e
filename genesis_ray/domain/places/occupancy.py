"""Who is in which zone: a fold over the crossings of tracks."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from genesis_ray.domain.figures.rollups import LONGEST_STAY
from genesis_ray.domain.places.zones import Direction

Place = tuple[str, str]
"""A zone: its camera and its id."""

TrackKey = tuple[str, int]
"""A track: its camera and its number."""

_REMEMBERED = timedelta(minutes=15)
"""Since a track left its zone: later than this its crossings are not told again."""

_MOST_CROSSINGS = 1_000
"""Of one track in one zone that are remembered: a box that jitters over the edge makes more."""

_TIDIED_EVERY = timedelta(minutes=1)


class Stay(NamedTuple):
    """A track's time in a zone; `left_at` is None as long as it is there."""

    entered_at: datetime
    left_at: datetime | None


class Occupancy:
    """The tracks in each zone, whatever order their crossings come in, and however often.

    The newest crossing of a track says where it is. As a track's entries and exits alternate,
    entries less exits of a zone are those who are in it. What is said of a track again a quarter of
    an hour after it left, or after a thousand further crossings, counts anew. Who is not told to
    leave in `LONGEST_STAY` was lost, and is in no zone any more.
    """

    def __init__(self) -> None:
        self._crossings: defaultdict[Place, dict[int, list[_Crossing]]] = defaultdict(dict)
        self._present: defaultdict[Place, dict[int, datetime]] = defaultdict(dict)
        self._counted: Counter[tuple[Place, Direction]] = Counter()
        self._tidied_at: datetime | None = None

    def cross(self, place: Place, track_id: int, direction: Direction, at: datetime) -> bool:
        """Take a crossing; tell whether it was new."""
        self._tidy(at)
        crossing = _Crossing(at, direction == "exit")
        known = self._crossings[place].setdefault(track_id, [])
        index = bisect_left(known, crossing)
        if index < len(known) and known[index] == crossing:
            return False
        known.insert(index, crossing)
        if len(known) >= 2 * _MOST_CROSSINGS:
            del known[:-_MOST_CROSSINGS]
        self._counted[place, direction] += 1
        newest = known[-1]
        if newest.is_exit:
            self._present[place].pop(track_id, None)
        else:
            self._present[place][track_id] = newest.at
        return True

    def present(self, place: Place) -> Mapping[int, datetime]:
        """Return the tracks that are in a zone, and since when."""
        return self._present[place]

    def places(self) -> list[Place]:
        """Return the zones that somebody was in."""
        return list(self._present)

    def entries(self, place: Place) -> int:
        """Return how often the zone was entered; never falls."""
        return self._counted[place, "enter"]

    def exits(self, place: Place) -> int:
        """Return how often it was left; never falls."""
        return self._counted[place, "exit"]

    def stays(self, place: Place, track_id: int) -> list[Stay]:
        """Return a track's remembered stays in a zone, in order of time: the newest hundreds."""
        return list(_paired(self._crossings[place].get(track_id, ())))

    def leave(self, camera_id: str, at: datetime) -> None:
        """Let all tracks of a camera that watches no more leave the zones that they are in."""
        for place in [place for place in self._present if place[0] == camera_id]:
            for track_id in list(self._present[place]):
                self.cross(place, track_id, "exit", at)

    def _tidy(self, at: datetime) -> None:
        """Now and then forget the tracks that have left for good, or were lost."""
        if self._tidied_at and at - self._tidied_at < _TIDIED_EVERY:
            return
        self._tidied_at = at
        before, lost = at - _REMEMBERED, at - LONGEST_STAY
        for place, tracks in self._crossings.items():
            self._crossings[place] = {
                track_id: known
                for track_id, known in tracks.items()
                if known[-1].at >= (before if known[-1].is_exit else lost)
            }
            present = self._present[place]
            for track_id in [each for each, since in present.items() if since < lost]:
                del present[track_id]


class _Crossing(NamedTuple):
    """Sorted by time; of the same moment an exit comes after its entry."""

    at: datetime
    is_exit: bool


def _paired(crossings: Iterable[_Crossing]) -> Iterator[Stay]:
    entered_at: datetime | None = None
    for at, is_exit in crossings:
        if not is_exit:
            entered_at = entered_at or at
        elif entered_at:
            yield Stay(entered_at, at)
            entered_at = None
    if entered_at:
        yield Stay(entered_at, None)
