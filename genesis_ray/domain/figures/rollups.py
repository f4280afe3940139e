"""What is counted for each quarter of an hour, so that long ranges need no single events.

All figures are whole numbers, durations in microseconds: sums over hours, days and cameras are
exact. Those of `most` are joined by the greater one, all others are added.

`zones`, by camera and zone
    entries, exits    crossings
    person_us         that people were in the zone; who in a day did not leave: for four hours, or
                      until the log breaks off
    stays, stay_us    those that began and are over within a day, and how long they were
    stay_from_...     of those, by length: so many of at least so many seconds, and below the next
    unfinished        those that began and are not
    occupancy_most    people in the zone at the same time
`site`
    person_us, occupancy_most   the same of all zones together: a track in two at once is one person
`lines`, by camera and line
    went_in, went_out crossings
`cameras`, by camera
    observations      rows of track_observations
    tracks            that came into view: not observed in the minute before
    person_us         that people were in view: from sight to sight, at most 2 s at a time
    named, carried, anew, review, unknown   decisions about faces, and visitors that are new
"""

from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Literal

Group = Literal["zones", "site", "lines", "cameras"]

STAY_EDGES_S = (0, 5, 10, 30, 60, 120, 300, 600, 1800, 3600)

LONGEST_STAY = timedelta(days=1)
"""From an entry to its exit, in questions to single events, too; no more than a day, so that a
day's figures depend on the days next to it and no others."""

UNTOLD_STAY = timedelta(hours=4)
"""How long who is told to enter, and in a day not to leave, is taken to have been there."""

LONGEST_TRACK = timedelta(hours=4)
"""How far before a range questions look for the beginning of a track that is seen in it."""

TRACK_ENDED_AFTER = timedelta(minutes=1)
LONGEST_SIGHT = timedelta(seconds=2)


def bins_of(name: str, edges_s: tuple[int, ...]) -> dict[str, tuple[int, int | None]]:
    """Return the columns of a histogram, each with its bounds [from, below) in microseconds."""
    bounds = [*pairwise(edges_s), (edges_s[-1], None)]
    return {
        f"{name}_from_{low}s": (low * 1_000_000, None if high is None else high * 1_000_000)
        for low, high in bounds
    }


STAY_BINS = bins_of("stay", STAY_EDGES_S)


@dataclass(frozen=True, slots=True, kw_only=True)
class RollupGroup:
    """Figures that are made together, of the same tables.

    Attributes:
        tables: What they are made of, each with how many days before and after a day have a say
            in its figures.
        keys: What there is a row of for every quarter of an hour.
        sums: Figures that are added.
        most: Figures of which the greatest counts.
    """

    tables: dict[str, tuple[int, int]]
    keys: tuple[str, ...]
    sums: tuple[str, ...]
    most: tuple[str, ...] = ()

    @property
    def measures(self) -> tuple[str, ...]:
        """All figures, in their order."""
        return (*self.sums, *self.most)


GROUPS: dict[Group, RollupGroup] = {
    "zones": RollupGroup(
        tables={"zone_crossings": (1, 1)},
        keys=("camera_id", "zone_id"),
        sums=("entries", "exits", "person_us", "stays", "stay_us", *STAY_BINS, "unfinished"),
        most=("occupancy_most",),
    ),
    "site": RollupGroup(
        tables={"zone_crossings": (1, 1)},
        keys=(),
        sums=("person_us",),
        most=("occupancy_most",),
    ),
    "lines": RollupGroup(
        tables={"line_crossings": (0, 0)},
        keys=("camera_id", "line_id"),
        sums=("went_in", "went_out"),
    ),
    "cameras": RollupGroup(
        tables={"track_observations": (1, 0), "face_recognitions": (0, 0)},
        keys=("camera_id",),
        sums=(
            "observations", "tracks", "person_us", "named", "carried", "anew", "review", "unknown",
        ),
    ),
}  # fmt: skip

READ_BEYOND: dict[Group, tuple[timedelta, timedelta]] = {
    "zones": (LONGEST_STAY, LONGEST_STAY),
    "site": (LONGEST_STAY, LONGEST_STAY),
    "lines": (timedelta(), timedelta()),
    "cameras": (TRACK_ENDED_AFTER, timedelta()),
}
"""How long before and after a time events have a say in its figures: what `tables` says by days."""
