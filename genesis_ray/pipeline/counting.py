"""What a live system counts of a site: who went over its lines, and who is in its zones now."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple

from genesis_ray.domain.events import CameraStateChanged, Event, LineCrossed, ZoneCrossed
from genesis_ray.domain.places.footfall import Count, Footfall, Passage
from genesis_ray.domain.places.lines import LineDirection
from genesis_ray.domain.places.occupancy import Occupancy, Place

DIRECTIONS: tuple[LineDirection, ...] = ("in", "out")


class ZoneNow(NamedTuple):
    """A zone at this moment; `per_m2` is None where nobody said how large it is."""

    people: int
    per_m2: float | None


class SiteCounts(NamedTuple):
    """Counts of lines by camera, line and direction, which never fall; and zones by place."""

    lines: Mapping[tuple[str, str, LineDirection], Count]
    zones: Mapping[Place, ZoneNow]


@dataclass(frozen=True, slots=True)
class Layout:
    """What there is to count: lines, and zones with their size in m2 where it is known."""

    lines: Collection[Place] = ()
    areas: Mapping[Place, float | None] = field(default_factory=dict)


class Counting:
    """Keeps these counts, from events in order of capture time.

    A person who is back over a line within the gap after which a visit is over is no other person.
    """

    def __init__(self, layout: Layout, *, reentry_gap: timedelta) -> None:
        """Begin with nobody.

        Args:
            layout: Told of before anybody comes.
            reentry_gap: Away for longer: somebody else.
        """
        self._reentry_gap = reentry_gap
        self._lines: dict[Place, Footfall] = {}
        self._zones: dict[Place, None] = {}  # in their order
        self._occupancy = Occupancy()
        self.lay_out(layout)

    def lay_out(self, layout: Layout) -> None:
        """Tell of these lines and zones from now on.

        What was counted at lines that are no more stays; a zone that is none is told of as long
        as somebody is in it.
        """
        for line in layout.lines:
            self._lines.setdefault(line, self._footfall())
        self._areas = layout.areas
        left_over = [zone for zone in self._zones if self._occupancy.present(zone)]
        self._zones = dict.fromkeys([*layout.areas, *left_over])

    def take(self, event: Event, who: str) -> None:
        """Take an event; `who` is the identity of its track where it is known, else the track."""
        match event:
            case LineCrossed():
                line = event.camera_id, event.line_id
                passage = Passage(event.occurred_at, event.line_id, event.direction, who)
                self._lines.setdefault(line, self._footfall()).update(passage)
            case ZoneCrossed():
                zone = event.camera_id, event.zone_id
                self._zones.setdefault(zone)
                self._occupancy.cross(zone, event.track_id, event.direction, event.occurred_at)
            case CameraStateChanged(state="ended" | "failed"):  # nobody is seen to leave
                self._occupancy.leave(event.camera_id, event.occurred_at)

    def counts(self) -> SiteCounts:
        """Return what was counted so far."""
        return SiteCounts(
            {
                (camera_id, line_id, direction): footfall.count(line_id, direction)
                for (camera_id, line_id), footfall in self._lines.items()
                for direction in DIRECTIONS
            },
            {zone: self._zone_now(zone) for zone in self._zones},
        )

    def _zone_now(self, zone: Place) -> ZoneNow:
        people = len(self._occupancy.present(zone))
        area_m2 = self._areas.get(zone)
        return ZoneNow(people, people / area_m2 if area_m2 else None)

    def _footfall(self) -> Footfall:
        return Footfall(reentry_gap=self._reentry_gap)
