"""Zones and the entries and exits of tracks through them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from genesis_ray.domain.geometry import Point, Polygon

Direction = Literal["enter", "exit"]


@dataclass(frozen=True, slots=True)
class Zone:
    """A named area of one camera's image."""

    zone_id: str
    outline: Polygon


class Crossing(NamedTuple):
    """A track's settled move into or out of a zone."""

    zone_id: str
    track_id: int
    direction: Direction
    at: datetime


class ZoneMonitor:
    """Turns the positions of one camera's tracks into zone crossings.

    A crossing counts once the track has stayed on its new side for `settle`, and
    is dated from when it got there, so a box that jitters on an edge makes no
    events. Time is event time: live video and a replayed archive give the same
    crossings.
    """

    def __init__(self, zones: Sequence[Zone], *, settle: timedelta) -> None:
        self._zones = tuple(zones)
        self._settle = settle
        self._sides: dict[tuple[int, str], _Side] = {}

    def update(self, at: datetime, positions: Mapping[int, Point]) -> list[Crossing]:
        """Return the crossings that `positions`, by track id, settle at `at`."""
        crossings = []
        for track_id, position in positions.items():
            for zone in self._zones:
                side = self._sides.setdefault((track_id, zone.zone_id), _Side())
                if moved_at := side.see(zone.outline.contains(position), at, self._settle):
                    direction: Direction = "enter" if side.inside else "exit"
                    crossings.append(Crossing(zone.zone_id, track_id, direction, moved_at))
        return crossings

    def close(self, track_id: int, at: datetime) -> Iterator[Crossing]:
        """Forget a finished track, leaving every zone it was still inside.

        A move that had not settled keeps its date: who walked out of a zone and was
        lost before the move settled left it when they walked out.
        """
        for zone in self._zones:
            side = self._sides.pop((track_id, zone.zone_id), None)
            if side and side.inside:
                yield Crossing(zone.zone_id, track_id, "exit", side.moved_at or at)


@dataclass(slots=True)
class _Side:
    """Which side of one zone a track is on, and a move not yet settled."""

    inside: bool = False
    moved_at: datetime | None = None

    def see(self, inside: bool, at: datetime, settle: timedelta) -> datetime | None:
        if inside == self.inside:
            self.moved_at = None
            return None
        self.moved_at = self.moved_at or at
        if at - self.moved_at < settle:
            return None
        settled, self.inside, self.moved_at = self.moved_at, inside, None
        return settled
