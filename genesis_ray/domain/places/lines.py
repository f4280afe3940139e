"""Counting lines and the directed crossings of tracks over them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import hypot
from typing import Literal, NamedTuple

from genesis_ray.domain.clocks.schedules import Schedule
from genesis_ray.domain.places.geometry import Anchor, Point, side_of

LineDirection = Literal["in", "out"]


@dataclass(frozen=True, slots=True)
class Line:
    """A stretch of one camera's image that people walk over.

    Looking from `start` to `end`, who goes over to the right-hand side goes in.

    Attributes:
        anchor: The point of a box that goes over it.
        band: How far from the line, as a fraction of the picture, who went over it has to get
            for that to count.
        settle: How long that takes at least; None: as long as the counter says.
        hours: When it counts; None: always.
    """

    line_id: str
    start: Point
    end: Point
    anchor: Anchor = "bottom_center"
    band: float = 0.0
    settle: timedelta | None = None
    hours: Schedule | None = None

    @property
    def length(self) -> float:
        """From its start to its end, as a fraction of the picture."""
        return hypot(self.end.x - self.start.x, self.end.y - self.start.y)


class LineCrossing(NamedTuple):
    """A track's settled move over a line."""

    line_id: str
    track_id: int
    direction: LineDirection
    at: datetime


class LineCounter:
    """Turns the positions of one camera's tracks into directed line crossings.

    As with zones, a crossing counts once the track has stayed on the new side for
    `settle` and is dated from when it got there. It must also have got out of the line's band
    there (hysteresis, as in a Schmitt trigger): however long somebody dithers within the band,
    they are counted once when they leave it on the other side, and not at all where they came
    from. Who walks past the end of the line changes sides without crossing it.

    A track is on the side where it was first seen. It is followed outside of a line's hours
    too; what counts is whether the line was crossed within them.
    """

    def __init__(self, lines: Sequence[Line], *, settle: timedelta) -> None:
        self._lines = tuple(lines)
        self._settle = settle
        self._walks: dict[tuple[int, str], _Walk] = {}

    def update(self, at: datetime, positions: Mapping[int, Point]) -> list[LineCrossing]:
        """Return the crossings that `positions`, by track id, settle at `at`."""
        crossings = []
        for track_id, position in positions.items():
            for line in self._lines:
                walk = self._walks.setdefault((track_id, line.line_id), _Walk())
                settle = self._settle if line.settle is None else line.settle
                crossed_at = walk.see(line, position, at, settle)
                if crossed_at and (line.hours is None or line.hours.is_open(crossed_at)):
                    direction: LineDirection = "in" if walk.right else "out"
                    crossings.append(LineCrossing(line.line_id, track_id, direction, crossed_at))
        return crossings

    def close(self, track_id: int) -> None:
        """Forget a finished track."""
        for line in self._lines:
            self._walks.pop((track_id, line.line_id), None)


@dataclass(slots=True)
class _Walk:
    """Which side of one line a track is on, where it was, and a move not yet settled."""

    right: bool | None = None
    position: Point | None = None
    moved_at: datetime | None = None
    over_line: bool = False
    is_clear: bool = False  # has been out of the band since that move

    def see(self, line: Line, position: Point, at: datetime, settle: timedelta) -> datetime | None:
        previous, self.position = self.position, position
        offset = side_of(line.start, line.end, position)
        if offset == 0:  # on the line: still where it came from
            return None
        right = offset > 0
        if self.right is None:
            self.right = right
        if right == self.right:
            self.moved_at = None
            return None
        if self.moved_at is None:
            self.moved_at = at
            self.over_line = previous is not None and _passes(line, previous, position)
            self.is_clear = False
        self.is_clear |= abs(offset) >= line.band * line.length  # offset: distance times length
        if not self.is_clear or at - self.moved_at < settle:
            return None
        crossed_at, self.right, self.moved_at = self.moved_at, right, None
        return crossed_at if self.over_line else None


def _passes(line: Line, before: Point, after: Point) -> bool:
    """Tell whether the step from `before` to `after` goes between the line's ends."""
    return side_of(before, after, line.start) * side_of(before, after, line.end) <= 0
