"""Which parts of a report can be told of a period, where retention let go of what they are of.

A part whose rows are gone, or some of them, is left out, and the report says from when on it could
be told: half of the rows would give figures that are wrong without looking so.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from genesis_ray.analytics.query import run
from genesis_ray.analytics.reach import EVER, Purged, Reach, reach_of
from genesis_ray.analytics.reports.wording import listed, moment
from genesis_ray.analytics.stored import Tables
from genesis_ray.domain.figures.periods import Period
from genesis_ray.domain.figures.rollups import Group
from genesis_ray.domain.figures.time_buckets import quarter_of

GONE = "removed by retention"
"""Why something is not told."""

LOOK_BACK = timedelta(weeks=4)
"""Who was here so long before a period, or later, is a returning visitor in it."""

_UNKNOWN_AT_FIRST = """
SELECT count(*) AS cameras
FROM (SELECT min(occurred_at) AS first_at FROM camera_states GROUP BY camera_id)
WHERE first_at > $since
"""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a report.

    Attributes:
        name: As it stands in a sentence.
        question: Which one it is of.
        table: Which one it is of, if it is of no question.
        before: How long before the period it looks.
    """

    name: str
    question: str = ""
    table: str = ""
    before: timedelta = timedelta()


LINE_PEOPLE = Part("people over lines", "line-people")
LINE_ENTRIES = Part("entries over lines", "footfall")
ENTRIES = Part("entries of zones", "entries")
PEOPLE_SEEN = Part("people seen", "attendances")
VISITS = Part("visits", "visits")
RETURNING = Part("returning visitors", "visits", before=LOOK_BACK)
STAYS = Part("how long people stay", "attendances")
LEVELS = Part("people in zones at once", "occupancy")
DWELL = Part("how long people are in zones", "dwell-histogram")
WAITING = Part("waiting", "queue")
WAYS = Part("ways through the zones", "journeys")
HEAT = Part("where people stand", "heat")
RECOGNISED = Part("how many were recognised", "identification")
UNFINISHED = Part("stays without an end", "dwell")
ALERTS = Part("alerts", table="alerts")
CAMERAS = Part("states of cameras", table="camera_states")
DROPS = Part("frames that were dropped", table="frame_drops")
_STATES = "camera_states"


def is_kept(tables: Tables, part: Part, period: Period) -> bool:
    """Tell whether all that a part is of is there."""
    if part.table == _STATES:
        return _are_states_kept(tables, period)
    reach, since = _reach(tables, part), period.since - part.before
    if since >= reach.events:
        return True
    if reach.quarters is None or since < reach.quarters or quarter_of(since) != since:
        return False
    last = quarter_of(period.until)
    return last == period.until or last >= reach.events


def has_rows(tables: Tables, part: Part, period: Period) -> bool:
    """Tell whether the single rows are there, so that a part can be told by the minute."""
    return period.since >= _reach(tables, part).events


def left_out(
    tables: Tables, parts: Iterable[Part], period: Period, zone: ZoneInfo
) -> Iterator[str]:
    """Yield what is not told of a period and from when on it could be, a sentence each time."""
    names: dict[datetime, list[str]] = defaultdict(list)
    for part in parts:
        if not is_kept(tables, part, period):
            names[kept_since(tables, part)].append(part.name)
    for since, own in sorted(names.items()):
        text = listed(own)
        if since <= period.since:  # of quarters, which an end of the period cuts
            yield (
                f"{text[0].upper()}{text[1:]} cannot be told of a period that does not begin and "
                f"end with a quarter of an hour: its rows were {GONE}."
            )
        else:
            yield (
                f"{text[0].upper()}{text[1:]} can be told only of periods from "
                f"{moment(since, zone)} on: earlier rows were {GONE}."
            )


def first_quarters(tables: Tables, group: Group) -> datetime | None:
    """Return from when on there are figures of a group; None: there are none."""
    return tables.first_quarters(group) if isinstance(tables, Purged) else None


def were_purged(tables: Tables) -> bool:
    """Tell whether retention let go of rows of who was seen where."""
    return isinstance(tables, Purged) and any(
        tables.rows_since(name) != EVER
        for name in ("track_observations", "line_crossings", "zone_crossings")
    )


def kept_since(tables: Tables, part: Part) -> datetime:
    """Return from when on a period may be for a part to be told; `EVER`: always."""
    first = _reach(tables, part).first
    return first if first == EVER else first + part.before


def _reach(tables: Tables, part: Part) -> Reach:
    if part.question:
        return reach_of(tables, part.question)
    return Reach(tables.rows_since(part.table) if isinstance(tables, Purged) else EVER)


def _are_states_kept(tables: Tables, period: Period) -> bool:
    """Tell whether it is known in which state each camera was when a period began."""
    if not isinstance(tables, Purged) or tables.rows_since(_STATES) == EVER:
        return True
    (unknown,) = run(_UNKNOWN_AT_FIRST, tables, {"since": period.since})["cameras"].to_pylist()
    return not unknown
