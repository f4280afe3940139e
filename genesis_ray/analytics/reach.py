"""From when on a question can be answered, where retention has let go of what it reads.

Rows of events are let go of first, figures of quarters of an hour later. A question that can be
answered from those reaches back as far as they do, all others as far as the rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol, runtime_checkable

from genesis_ray.analytics.stored import Tables
from genesis_ray.domain.rollups import LONGEST_STAY, Group
from genesis_ray.errors import NotFoundError

EVER = datetime.min.replace(tzinfo=UTC)
"""The beginning of what nothing was let go of."""

_AT_ONCE = timedelta()
_MINUTE = timedelta(minutes=1)


@runtime_checkable
class Purged(Protocol):
    """Tables that know what retention has let go of."""

    def rows_since(self, table: str) -> datetime:
        """Return the time before which rows of a table are gone; `EVER` where none are."""

    def quarters_since(self, group: Group) -> datetime | None:
        """Return the time before which figures of a group are gone, `EVER` where none are.

        None: there are no such figures.
        """

    def first_quarters(self, group: Group) -> datetime | None:
        """Return the beginning of the first day that figures of a group are of; None: of none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reads:
    """What a question reads.

    Attributes:
        tables: Without whose rows its answer is wrong, each with how long before a range.
        adds: Without whose rows the answer lacks some of its own rows, and the others are right.
        groups: Figures of quarters of an hour that it can be answered from instead.
    """

    tables: Mapping[str, timedelta] = field(default_factory=dict)
    adds: tuple[str, ...] = ()
    groups: tuple[Group, ...] = ()


_VISITS = Reads(tables={"visits": _AT_ONCE})

READS: Mapping[str, Reads] = {
    "metrics": Reads(
        tables={
            "track_observations": _AT_ONCE,
            "zone_crossings": LONGEST_STAY,
            "face_recognitions": _AT_ONCE,
        }
    ),
    "footfall": Reads(tables={"line_crossings": _AT_ONCE}, groups=("lines",)),
    "entries": Reads(tables={"zone_crossings": _AT_ONCE}, groups=("zones",)),
    "occupancy": Reads(tables={"zone_crossings": LONGEST_STAY}, groups=("zones", "site")),
    "dwell": Reads(tables={"zone_crossings": _AT_ONCE}),
    "dwell-histogram": Reads(tables={"zone_crossings": _AT_ONCE}, groups=("zones",)),
    "queue": Reads(tables={"zone_crossings": _AT_ONCE}),
    "heat": Reads(tables={"track_observations": _AT_ONCE}),
    "transitions": _VISITS,
    "journeys": _VISITS,
    "returning": _VISITS,
    "cohorts": _VISITS,
    "visits": _VISITS,
    "attendances": Reads(
        # A track that is cut looks as if it had begun there.
        tables={
            "track_observations": LONGEST_STAY,
            "zone_crossings": LONGEST_STAY,
            "face_recognitions": LONGEST_STAY,
        }
    ),
    "visit-distribution": _VISITS,
    "uptime": Reads(tables={"camera_states": _AT_ONCE}),
    "identification": Reads(
        tables={
            "track_observations": _AT_ONCE,
            "face_scores": _AT_ONCE,
            "face_recognitions": _AT_ONCE,
        }
    ),
    "timeline": Reads(
        tables={"visits": _AT_ONCE, "face_recognitions": _AT_ONCE},
        adds=("track_observations", "zone_crossings", "line_crossings"),
    ),
}
"""What each question of the catalogue reads."""


@dataclass(frozen=True, slots=True)
class Reach:
    """From when on a question can be answered.

    Attributes:
        events: From single events, for any range and buckets; `EVER`: always.
        quarters: From figures of quarters of an hour, for a range that begins at one and whose
            buckets do; `EVER`: always; None: there are none, or it reads none.
    """

    events: datetime
    quarters: datetime | None = None

    @property
    def first(self) -> datetime:
        """The first moment of all; `EVER`: always."""
        return self.events if self.quarters is None else min(self.events, self.quarters)


def reach_of(tables: Tables, question: str) -> Reach:
    """Return from when on a question can be answered, in whole minutes.

    Args:
        tables: What it is put to; those that know of no retention have all there ever was.
        question: Its name in the catalogue, as `footfall`.

    Raises:
        NotFoundError: There is no such question.
    """
    if question not in READS:
        raise NotFoundError(f"no question {question!r}; there are {', '.join(READS)}")
    if not isinstance(tables, Purged):
        return Reach(EVER)
    reads = READS[question]
    events = max(_after(tables.rows_since(name), span) for name, span in reads.tables.items())
    quarters = [tables.quarters_since(group) for group in reads.groups]
    known = [each for each in quarters if each is not None]
    return Reach(events, max(known) if known and len(known) == len(quarters) else None)


def _after(gone_before: datetime, span: timedelta) -> datetime:
    """Return when what is gone has no say any more, rounded up to a minute."""
    if gone_before == EVER:
        return EVER
    at = gone_before + span
    whole = at.replace(second=0, microsecond=0)
    return whole if whole == at else whole + _MINUTE
