"""Ranges of time, and the buckets of a site's own clock and calendar that they are cut into."""

import math
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from genesis_ray.errors import ConfigurationError

Bucket = Literal["minute", "hour", "day", "week", "month"]
"""A week begins on Monday."""

MOST_BUCKETS = 100_000
"""In one answer: 69 days of minutes, or 11 years of hours."""

_FIRST_YEAR, _LAST_YEAR = 1900, 9998
_EPOCH = datetime.fromtimestamp(0, UTC)
_HOUR = timedelta(hours=1)
_MICROSECOND = timedelta(microseconds=1)
_MINUTE = timedelta(minutes=1)


def range_between(since: datetime, until: datetime) -> tuple[datetime, datetime]:
    """Return the range [since, until) in UTC, where its length is what goes by.

    Raises:
        ConfigurationError: A time has no zone or is out of all reason, or `until` is not later.
    """
    for name, at in (("since", since), ("until", until)):
        if at.tzinfo is None:
            raise ConfigurationError(
                f"{name} {at.isoformat()} does not say in which time zone; add one, as +01:00"
            )
        if not _FIRST_YEAR <= at.year <= _LAST_YEAR:
            raise ConfigurationError(
                f"{name} {at.isoformat()} is not between {_FIRST_YEAR} and {_LAST_YEAR}"
            )
    start, end = since.astimezone(UTC), until.astimezone(UTC)
    if end <= start:
        raise ConfigurationError(
            f"the range ends at {until.isoformat()}, which is not after its start at "
            f"{since.isoformat()}"
        )
    return start, end


def zone_named(time_zone: str) -> ZoneInfo:
    """Return a zone of the IANA database.

    Raises:
        ConfigurationError: There is none of that name.
    """
    try:
        return ZoneInfo(time_zone)
    except (KeyError, OSError, ValueError) as error:
        raise ConfigurationError(
            f"no time zone {time_zone!r:.80}; expected one of the IANA database, as Europe/Berlin"
        ) from error


def bucket_edges(
    since: datetime, until: datetime, bucket: Bucket | None, time_zone: str
) -> list[datetime]:
    """Return `since`, each beginning of a bucket between, and `until`, in UTC.

    The buckets are the zone's: a day in which summer time begins has 23 hours, one in which it
    ends 25, and the hour that comes twice is two buckets. The first and the last are cut off by
    the range. Without a `bucket` the range is one.

    Raises:
        ConfigurationError: There is no such range, zone or bucket, or there are more than
            `MOST_BUCKETS`.
    """
    since, until = range_between(since, until)
    zone = zone_named(time_zone)
    if bucket is not None and bucket not in get_args(Bucket):
        raise ConfigurationError(f"no bucket {bucket!r}; there are {', '.join(get_args(Bucket))}")
    found = [since]
    for edge in _starts_after(since, bucket, zone) if bucket else ():
        if edge >= until:
            break
        found.append(edge)
        if len(found) > MOST_BUCKETS:
            raise too_many(since, until, f"buckets of a {bucket}")
    return [*found, until]


def hour_of(at: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return when the hour of a zone's clock begins that `at` is in, and when it ends; in UTC."""
    local = at.astimezone(zone)
    start = at - (local - local.replace(minute=0, second=0, microsecond=0))
    return start, start + _HOUR


def even_edges(since: datetime, until: datetime, bucket_s: int) -> list[datetime]:
    """Return the same for buckets of `bucket_s` seconds, counted from 1970 on in UTC.

    Raises:
        ConfigurationError: There is no such range, `bucket_s` is less than a second, or there
            are more than `MOST_BUCKETS`.
    """
    since, until = range_between(since, until)
    if bucket_s < 1:
        raise ConfigurationError(f"expected buckets of a second or more, got {bucket_s}")
    first = int(since.timestamp() // bucket_s) + 1
    last = -int(-until.timestamp() // bucket_s)  # rounded up
    if last - first >= MOST_BUCKETS:
        raise too_many(since, until, f"buckets of {bucket_s} s")
    between = [datetime.fromtimestamp(number * bucket_s, UTC) for number in range(first, last)]
    return [since, *between, until]


def even_slots(edges: Sequence[datetime]) -> tuple[int, int]:
    """Return the widest slots, all of one width, of which every bucket is a whole number.

    The first bucket may begin within a slot, and the last one end within one.

    Args:
        edges: See `bucket_edges`.

    Returns:
        When a slot begins, in microseconds since 1970, the one that the range begins in; and how
        many microseconds each takes.
    """
    first, *between, last = [(edge - _EPOCH) // _MICROSECOND for edge in edges]
    if not between:
        return first, last - first
    width = math.gcd(*(edge - between[0] for edge in between[1:])) or between[0] - first
    return between[0] + (first - between[0]) // width * width, width


def too_many(since: datetime, until: datetime, buckets: str) -> ConfigurationError:
    """Return the error of a range that has more than `MOST_BUCKETS`."""
    return ConfigurationError(
        f"from {since.isoformat()} to {until.isoformat()} there are more than {MOST_BUCKETS:,} "
        f"{buckets}; ask for larger ones, or for a shorter range"
    )


def _starts_after(at: datetime, bucket: Bucket, zone: ZoneInfo) -> Iterator[datetime]:
    """Yield when buckets begin after `at`, for ever; in UTC."""
    while True:
        at = _start_after(at, bucket, zone)
        yield at


def _start_after(at: datetime, bucket: Bucket, zone: ZoneInfo) -> datetime:
    local = at.astimezone(zone)
    match bucket:
        case "minute":
            return at.replace(second=0, microsecond=0) + _MINUTE
        case "hour":
            return hour_of(at, zone)[1]
        case "day":
            day = local.date() + timedelta(days=1)
        case "week":
            day = local.date() + timedelta(days=7 - local.weekday())
        case "month":
            day = (local.date().replace(day=1) + timedelta(days=32)).replace(day=1)
    return _midnight(day, zone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return when a day begins; where summer time skips midnight, at that moment."""
    return datetime.combine(day, time(), zone).astimezone(UTC)
