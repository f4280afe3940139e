"""How crowded a zone is."""

from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from genesis_ray.domain.arrivals import Arrivals
from genesis_ray.domain.zones import Direction, Zone

AreaUnit = Literal["m2", "picture"]
"""Square metres, or the whole picture where nobody measured the ground."""


class Area(NamedTuple):
    """The size of a zone."""

    size: float
    unit: AreaUnit


class Move(NamedTuple):
    """A track came into the zone or left it."""

    at: datetime
    direction: Direction
    who: str


class Density(NamedTuple):
    """How many are in a zone from a moment on, and how many of them there are per unit of area."""

    at: datetime
    people: int
    per_area: float


def area_of(zone: Zone) -> Area:
    """Return the size of a zone on the ground, where it is known, else in the picture."""
    if zone.area_m2 is not None:
        return Area(zone.area_m2, "m2")
    return Area(zone.outline.area, "picture")


class CrowdDensity:
    """Follows how crowded one zone is, from the moves of its tracks.

    Who enters twice is one person. Moves that arrive by at most `tolerance` out of order count
    as if they had come in order; until then they are held back.

    Attributes:
        peak: The greatest density so far, the first time it was reached; None before any move.
    """

    def __init__(self, area: Area, *, tolerance: timedelta = timedelta()) -> None:
        if area.size <= 0:
            raise ValueError(f"expected an area above 0, got {area.size:g} {area.unit}")
        self._area = area
        self._arrivals: Arrivals[Move] = Arrivals(tolerance)
        self._inside: set[str] = set()
        self.peak: Density | None = None

    def update(self, move: Move) -> list[Density]:
        """Take a move; return the densities, one after each move that is settled by now."""
        return [self._after(each) for each in self._arrivals.add(move)]

    def finish(self) -> list[Density]:
        """Settle what is held back; return the densities after each of those moves."""
        return [self._after(each) for each in self._arrivals.rest()]

    def _after(self, move: Move) -> Density:
        if move.direction == "enter":
            self._inside.add(move.who)
        else:
            self._inside.discard(move.who)
        people = len(self._inside)
        density = Density(move.at, people, people / self._area.size)
        if self.peak is None or density.people > self.peak.people:
            self.peak = density
        return density
