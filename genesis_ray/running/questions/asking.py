"""What questions of a run are asked with: a range of its site's clock, and answers that show it."""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pyarrow as pa

from genesis_ray.analytics.catalogue import name_of
from genesis_ray.analytics.dwell import BINS_S
from genesis_ray.analytics.extent import extent
from genesis_ray.analytics.reach import Within, known_since, known_until, within_reach
from genesis_ray.analytics.stored import Tables
from genesis_ray.domain.clocks.moments import moment, on_clock
from genesis_ray.domain.clocks.site_time import range_between, zone_named
from genesis_ray.errors import ConfigurationError
from genesis_ray.running.people.who import with_names
from genesis_ray.running.questions.asked_places import check_places
from genesis_ray.settings import Settings

Moment = datetime | date | str
"""A time; without an offset, as a date's midnight, it is of the site's clock. Text is as `moment`
has it: 2026-01-05, 2026-01-05T14:30, today, -7d."""

_log = logging.getLogger(__name__)

_SECOND = timedelta(seconds=1)

_CAMERAS = ("camera_id", "camera_ids")
_ZONES = ("zone_id", "zone_ids", "queue_zone_id", "queue_zone_ids", "service_zone_id")


class Answer(NamedTuple):
    """What a question of a range gives.

    Attributes:
        rows: With names beside identities, times on the clock that was asked for.
        since: The range, in UTC, as far as retention lets it be answered.
        until: Its end, not within.
        notes: What is not answered, and why.
    """

    rows: pa.Table
    since: datetime
    until: datetime
    notes: Sequence[str]


def answer_to(
    question: Callable[..., pa.Table],
    tables: Tables,
    settings: Settings,
    since: Moment | None,
    until: Moment | None,
    *,
    time_zone: str,
    params: Mapping[str, Any],
) -> Answer:
    """Return what a question of a range gives.

    Cameras and zones are told from the other parameters by their names, as `camera_ids`. Of a
    range that retention has let go of in part it is the answer of the rest, with a note.

    Raises:
        ConfigurationError: See `range_of`; or all that would tell the answer is gone.
        NotFoundError: There is no such camera or zone in the run.
    """
    check_places(
        tables,
        settings,
        camera_ids=_ids_in(params, _CAMERAS),
        zone_ids=_ids_in(params, _ZONES),
    )
    known = _within_reach(
        name_of(question),
        tables,
        since,
        until,
        time_zone=time_zone,
        by_quarters=_is_by_quarters(params),
    )
    answer = question(tables, since=known.since, until=known.until, **params)
    rows = in_zone(with_names(answer, settings), time_zone)
    return Answer(rows, known.since, known.until, known.notes)


def answer_of(
    question: Callable[..., pa.Table],
    tables: Tables,
    settings: Settings,
    since: Moment | None,
    until: Moment | None,
    *,
    time_zone: str,
    params: Mapping[str, Any],
) -> pa.Table:
    """Return the rows of `answer_to`, with its notes in the log; raises what that does."""
    answer = answer_to(question, tables, settings, since, until, time_zone=time_zone, params=params)
    for note in answer.notes:
        _log.warning("%s", note)
    return answer.rows


def range_within_reach(
    question: str,
    tables: Tables,
    since: Moment | None,
    until: Moment | None,
    *,
    time_zone: str,
) -> tuple[datetime, datetime]:
    """Return the range that is asked for, as far as retention lets it be answered; log the rest.

    Args:
        question: Its name in the catalogue.
        tables: What it is put to.
        since: See `range_of`,
        until: and so is this.
        time_zone: The site's.

    Raises:
        ConfigurationError: See `range_of`; or all that would tell the answer is gone.
    """
    known = _within_reach(question, tables, since, until, time_zone=time_zone, by_quarters=True)
    for note in known.notes:
        _log.warning("%s", note)
    return known.since, known.until


def _within_reach(
    question: str,
    tables: Tables,
    since: Moment | None,
    until: Moment | None,
    *,
    time_zone: str,
    by_quarters: bool,
) -> Within:
    start, end = range_of(tables, since, until, time_zone=time_zone)
    return within_reach(tables, question, start, end, by_quarters=by_quarters, time_zone=time_zone)


def range_of(
    tables: Tables, since: Moment | None, until: Moment | None, *, time_zone: str
) -> tuple[datetime, datetime]:
    """Return the range that is asked for, in UTC, by default from the first event to the last.

    Raises:
        ConfigurationError: A time is not one, the range ends before it starts, or there are no
            events and it is not given whole.
    """
    zone, now = zone_named(time_zone), datetime.now(UTC)
    start, end = (None if at is None else _in_utc(at, zone, now) for at in (since, until))
    if start and end:  # An error shows them on the site's clock.
        return range_between(start.astimezone(zone), end.astimezone(zone))
    known = extent(tables, until=now)
    if known is None:
        raise ConfigurationError("there are no events to ask about; name another run")
    first, last = (at.replace(microsecond=0) for at in known)
    start, last = start or known_since(tables, first), known_until(tables, last + _SECOND)
    return start, end or (last if last > start else now)


def in_zone(answer: pa.Table, time_zone: str) -> pa.Table:
    """Return an answer whose times show the site's clock."""
    fields = [
        pa.field(field.name, pa.timestamp("us", tz=time_zone))
        if pa.types.is_timestamp(field.type)
        else field
        for field in answer.schema
    ]
    return answer.cast(pa.schema(fields))


def _is_by_quarters(params: Mapping[str, Any]) -> bool:
    """Tell whether figures of quarters of an hour may tell what is asked for."""
    bins_s = params.get("bins_s", BINS_S)
    return params.get("bucket") != "minute" and tuple(bins_s) == BINS_S


def _ids_in(params: Mapping[str, Any], names: Collection[str]) -> list[str]:
    """Return the ids that parameters of these names have, of one or of several each."""
    given = [params[name] for name in names if params.get(name)]
    return [each for value in given for each in ([value] if isinstance(value, str) else value)]


def _in_utc(at: Moment, zone: ZoneInfo, now: datetime) -> datetime:
    if isinstance(at, str):
        return moment(at, zone, now)
    if not isinstance(at, datetime):
        return datetime.combine(at, time(), zone).astimezone(UTC)
    return (at if at.tzinfo else on_clock(at, zone)).astimezone(UTC)
