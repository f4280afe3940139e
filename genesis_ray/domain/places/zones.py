"""Zones, the entries and exits of tracks through them, and who stays for too long."""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from genesis_ray.domain.clocks.schedules import Period, Schedule
from genesis_ray.domain.places.geometry import Anchor, Point, Polygon

Direction = Literal["enter", "exit"]


@dataclass(frozen=True, slots=True)
class Zone:
    """A named area of one camera's image.

    Attributes:
        anchor: The point of a box that is in the zone or is not.
        settle: How long a move takes to count; None: as long as the monitor says.
        loiter: Who stays for so long loiters; None: nobody does.
        hours: When it counts; None: always.
        area_m2: What it is on the ground, where somebody measured it.
    """

    zone_id: str
    outline: Polygon
    anchor: Anchor = "bottom_center"
    settle: timedelta | None = None
    loiter: timedelta | None = None
    hours: Schedule | None = None
    area_m2: float | None = None


class Crossing(NamedTuple):
    """A track's settled move into or out of a zone."""

    zone_id: str
    track_id: int
    direction: Direction
    at: datetime


class Loitering(NamedTuple):
    """A track has been in a zone, since `since`, for as long as makes it loiter, at `at`."""

    zone_id: str
    track_id: int
    since: datetime
    at: datetime


class ZoneMonitor:
    """Turns the positions of one camera's tracks into zone crossings.

    A crossing counts once the track has stayed on its new side for `settle`, and
    is dated from when it got there, so a box that jitters on an edge makes no
    events. Time is event time: live video and a replayed archive give the same
    crossings.

    A stay that lasts for the zone's `loiter` is loitering, told once and dated at that moment,
    whatever frames there were. At the end of its hours everybody leaves a zone, who is out of
    sight then at their last sight; who is in it when they begin enters with the first frame.
    """

    def __init__(self, zones: Sequence[Zone], *, settle: timedelta) -> None:
        self._zones = tuple(zones)
        self._settle = settle
        self._sides: dict[tuple[int, str], _Side] = {}
        self._periods: dict[str, Period] = {}

    def update(self, at: datetime, positions: Mapping[int, Point]) -> list[Crossing | Loitering]:
        """Return what `positions`, the anchors by track id, settle at `at`."""
        facts = [fact for zone in self._zones for fact in self._shut(zone, at, positions)]
        for track_id, position in positions.items():
            for zone in self._zones:
                if zone.hours and not self._periods[zone.zone_id].is_open:
                    continue
                side = self._sides.setdefault((track_id, zone.zone_id), _Side(at))
                side.see(zone.outline.contains(position), at)
                facts += side.loitering(zone, track_id, at)
                settle = self._settle if zone.settle is None else zone.settle
                if moved_at := side.settled(at, settle):
                    direction: Direction = "enter" if side.is_inside else "exit"
                    facts.append(Crossing(zone.zone_id, track_id, direction, moved_at))
        return facts

    def close(self, track_id: int, at: datetime) -> Iterator[Crossing | Loitering]:
        """Forget a finished track, leaving every zone it was still inside.

        A move that had not settled keeps its date: who walked out of a zone and was
        lost before the move settled left it when they walked out.
        """
        for zone in self._zones:
            yield from self._leave(zone, track_id, at)

    def _shut(
        self, zone: Zone, at: datetime, in_view: Container[int]
    ) -> Iterator[Crossing | Loitering]:
        """Have everybody leave a zone whose hours have ended since the frame before."""
        before = self._periods.get(zone.zone_id)
        if zone.hours is None or (before and at < before.until):
            return
        self._periods[zone.zone_id] = zone.hours.period(at)
        if before and before.is_open:
            own = [(key[0], side) for key, side in self._sides.items() if key[1] == zone.zone_id]
            for track_id, side in own:
                left_at = before.until if track_id in in_view else side.seen_at
                yield from self._leave(zone, track_id, left_at)

    def _leave(self, zone: Zone, track_id: int, at: datetime) -> Iterator[Crossing | Loitering]:
        side = self._sides.pop((track_id, zone.zone_id), None)
        if side and side.is_inside:
            yield from side.loitering(zone, track_id, at)
            yield Crossing(zone.zone_id, track_id, "exit", side.moved_at or at)


@dataclass(slots=True)
class _Side:
    """Which side of one zone a track was last seen on, since when if inside, and an open move."""

    seen_at: datetime
    since: datetime | None = None
    moved_at: datetime | None = None
    has_loitered: bool = False

    @property
    def is_inside(self) -> bool:
        return self.since is not None

    def see(self, inside: bool, at: datetime) -> None:
        self.seen_at = at
        self.moved_at = None if inside == self.is_inside else self.moved_at or at

    def loitering(self, zone: Zone, track_id: int, at: datetime) -> Iterator[Loitering]:
        """Yield, once a stay, that it is long enough; one that may have ended is not longer."""
        if zone.loiter is None or self.since is None or self.has_loitered:
            return
        if (self.moved_at or at) - self.since >= zone.loiter:
            self.has_loitered = True
            yield Loitering(zone.zone_id, track_id, self.since, self.since + zone.loiter)

    def settled(self, at: datetime, settle: timedelta) -> datetime | None:
        """Return when the track moved to the other side, once that counts."""
        if self.moved_at is None or at - self.moved_at < settle:
            return None
        moved_at = self.moved_at
        self.since = None if self.is_inside else moved_at
        self.moved_at, self.has_loitered = None, False
        return moved_at
