"""From when on a question can be answered, where retention has let go of what it reads.

Rows of events are let go of first, figures of quarters of an hour later. A question that can be
answered from those reaches back as far as they do, all others as far as the rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol, runtime_checkable
from zoneinfo import ZoneInfo

from genesis_ray.analytics.stored import Tables
from genesis_ray.domain.clocks.site_time import zone_named
from genesis_ray.domain.figures.rollups import (
    GROUPS,
    LONGEST_STAY,
    LONGEST_TRACK,
    TRACK_ENDED_AFTER,
    Group,
)
from genesis_ray.domain.figures.time_buckets import next_quarter, quarter_of
from genesis_ray.errors import ConfigurationError, NotFoundError

EVER = datetime.min.replace(tzinfo=UTC)
"""The beginning of what nothing was let go of."""

_KEPT = "retention in the settings says for how long things are kept"
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


_METRICS = Reads(
    tables={
        "track_observations": _AT_ONCE,
        "zone_crossings": LONGEST_STAY,
        "face_recognitions": _AT_ONCE,
    }
)
_VISITS = Reads(tables={"visits": _AT_ONCE})
_TRACKS = Reads(
    tables={"track_observations": TRACK_ENDED_AFTER, "face_recognitions": _AT_ONCE},
    groups=("cameras",),
)

READS: Mapping[str, Reads] = {
    "metrics": _METRICS,
    "current-metrics": _METRICS,
    "anomalies": _METRICS,
    "unusual-hours": _TRACKS,
    "footfall": Reads(tables={"line_crossings": _AT_ONCE}, groups=("lines",)),
    "line-people": Reads(
        tables={"line_crossings": LONGEST_STAY, "face_recognitions": LONGEST_STAY}
    ),
    "entries": Reads(tables={"zone_crossings": _AT_ONCE}, groups=("zones",)),
    "occupancy": Reads(tables={"zone_crossings": LONGEST_STAY}, groups=("zones", "site")),
    "dwell": Reads(tables={"zone_crossings": _AT_ONCE}),
    "dwell-histogram": Reads(tables={"zone_crossings": _AT_ONCE}, groups=("zones",)),
    "queue": Reads(tables={"zone_crossings": _AT_ONCE}),
    "heat": Reads(tables={"track_observations": _AT_ONCE}),
    "floor-heat": Reads(tables={"track_observations": _AT_ONCE}),
    "transitions": _VISITS,
    "journeys": _VISITS,
    "returning": _VISITS,
    "cohorts": _VISITS,
    "visits": Reads(tables={"visits": _AT_ONCE}, adds=("zone_crossings", "face_recognitions")),
    "attendances": Reads(
        # A track that is cut looks as if it had begun there.
        tables={
            "track_observations": LONGEST_TRACK,
            "zone_crossings": LONGEST_TRACK,
            "face_recognitions": LONGEST_TRACK,
        }
    ),
    "visit-distribution": _VISITS,
    "tracks": _TRACKS,
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


def rows_since(tables: Tables, *names: str) -> datetime | None:
    """Return the time before which rows of some of these are gone; None where none are."""
    gone = max(map(tables.rows_since, names)) if isinstance(tables, Purged) else EVER
    return None if gone == EVER else gone


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


@dataclass(frozen=True, slots=True)
class Within:
    """The part of a range that a question can be answered of.

    Attributes:
        since: Its start,
        until: and its end, not within.
        notes: Sentences on what is missing of the range that was asked for.
    """

    since: datetime
    until: datetime
    notes: tuple[str, ...] = ()


def within_reach(
    tables: Tables,
    question: str,
    since: datetime,
    until: datetime,
    *,
    by_quarters: bool = True,
    time_zone: str = "UTC",
) -> Within:
    """Return the part of [since, until) that a question can be answered of.

    Where single events are gone and figures of quarters of an hour are there, that is whole
    quarters.

    Args:
        tables: What the question is put to.
        question: Its name in the catalogue.
        since: Start of the range that is asked for,
        until: and its end, not within.
        by_quarters: Whether figures of quarters may tell it; not where buckets are of minutes.
        time_zone: On whose clock times are told.

    Raises:
        ConfigurationError: It can be answered of none of it.
    """
    if since >= until:  # no range, which the question says itself
        return Within(since, until)
    zone = zone_named(time_zone)
    reach = reach_of(tables, question)
    first = reach.first if by_quarters else reach.events
    if until <= first:
        raise ConfigurationError(
            f"{question} can be answered from {_told(first, zone)} on: what it is told from was "
            f"let go of before ({_KEPT}); name a range that ends later than {_told(until, zone)}"
        )
    start, end = max(since, first), until
    if start < reach.events:
        start = next_quarter(start)
    if quarter_of(end) < reach.events and first < reach.events:
        end = quarter_of(end)
    if start >= end:
        raise ConfigurationError(
            f"{question} can be answered of whole quarters of an hour before "
            f"{_told(reach.events, zone)}, where single events are gone ({_KEPT}); name a longer "
            f"range"
        )
    notes = []
    if start > since:
        notes.append(f"{question} is answered from {_told(start, zone)} on, {_why(first, since)}")
    if end < until:
        notes.append(
            f"{question} is answered up to {_told(end, zone)}: single events of then are gone, and "
            f"there are figures of whole quarters of an hour"
        )
    return Within(start, end, (*notes, *_lacking(tables, question, start, zone)))


def known_since(tables: Tables, first: datetime) -> datetime:
    """Return the start of all that is known, where the first event that is there is of `first`.

    Figures may be of before, where their events are gone: then that is the beginning of a day.
    """
    if not isinstance(tables, Purged):
        return first
    found = [first]
    for group, of in GROUPS.items():
        gone_before = max(map(tables.rows_since, of.tables))
        begun = tables.first_quarters(group)
        if begun is not None and begun < gone_before:
            found += [begun, *([quarter_of(first)] if first < gone_before else [])]
    return min(found)


def known_until(tables: Tables, last: datetime) -> datetime:
    """Return the end of all that is known, where the last event that is there is before `last`.

    Where events of then are gone, that is the end of a quarter of an hour: figures are of those.
    """
    if not isinstance(tables, Purged):
        return last
    gone_before = (tables.rows_since(table) for of in GROUPS.values() for table in of.tables)
    return next_quarter(last) if max(gone_before) > last else last


def _why(first: datetime, since: datetime) -> str:
    if since < first:
        return f"since what it is told from was let go of before ({_KEPT})"
    return "since single events of before are gone, and there are figures of whole quarters"


def _lacking(tables: Tables, question: str, since: datetime, zone: ZoneInfo) -> list[str]:
    """Return what is said of tables that add rows of their own, and were let go of."""
    if not isinstance(tables, Purged):
        return []
    gone = {name: tables.rows_since(name) for name in READS[question].adds}
    lacking = [name for name, before in gone.items() if before > since]
    if not lacking:
        return []
    return [
        f"{question} lacks what {', '.join(lacking)} told: that is there from "
        f"{_told(max(gone[name] for name in lacking), zone)} on ({_KEPT})"
    ]


def _told(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M} ({zone.key})"


def _after(gone_before: datetime, span: timedelta) -> datetime:
    """Return when what is gone has no say any more, rounded up to a minute."""
    if gone_before == EVER:
        return EVER
    at = gone_before + span
    whole = at.replace(second=0, microsecond=0)
    return whole if whole == at else whole + _MINUTE
