"""Hours and days of a site's time zone, as spans of quarters of an hour.

Every zone's offset from UTC has been a multiple of a quarter of an hour since 1980, before and
after each change to and from summer time. So its hours and days are whole quarters of UTC.
"""

from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

QUARTER = timedelta(minutes=15)

Bucket = Literal["quarter", "hour", "day"]

_LONGEST = timedelta(hours=26)
"""No bucket is longer: the day on which summer time ends has 25 hours, some zones' have 24.5."""


def quarter_of(at: datetime) -> datetime:
    """Return the beginning of the quarter of an hour that a time is in."""
    at = at.astimezone(UTC)
    return at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0)


def next_quarter(at: datetime) -> datetime:
    """Return the first beginning of a quarter of an hour that is not before a time."""
    begun = quarter_of(at)
    return begun if begun == at else begun + QUARTER


def bucket_starts(
    start: datetime, end: datetime, bucket: Bucket, zone: ZoneInfo
) -> dict[datetime, datetime]:
    """Return the beginning of the bucket, in UTC, of every quarter in [start, end).

    An hour that the clocks show twice is two buckets. The first bucket may have begun before
    `start`.

    Raises:
        ValueError: An end of the range is not the beginning of a quarter, or it ends first.
    """
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    for at in (start, end):
        if quarter_of(at) != at:
            raise ValueError(f"expected a time on a quarter of an hour, got {at.isoformat()}")
    if start > end:
        raise ValueError(f"the range ends ({end.isoformat()}) before it starts")
    if bucket == "quarter":
        return {at: at for at in _quarters(start, end)}
    begun: dict[datetime, datetime] = {}
    last, first = None, start
    for at in _quarters(start - _LONGEST, end):
        key = _key(at.astimezone(zone), bucket)
        if key != last:
            last, first = key, at
        if at >= start:
            begun[at] = first
    return begun


def _key(local: datetime, bucket: Bucket) -> tuple[object, ...]:
    if bucket == "day":
        return (local.date(),)
    return (local.date(), local.hour, local.utcoffset())


def _quarters(start: datetime, end: datetime) -> list[datetime]:
    return [start + n * QUARTER for n in range(-(-(end - start) // QUARTER))]
