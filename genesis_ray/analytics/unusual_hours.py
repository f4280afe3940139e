"""Which hours of a range were unusual for their weekday and hour, of a series of the site."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo

import pyarrow as pa

from genesis_ray.analytics.anomalies import unusual
from genesis_ray.analytics.extent import first_seen
from genesis_ray.analytics.footfall import footfall, zone_entries
from genesis_ray.analytics.occupancy import occupancy
from genesis_ray.analytics.ranges import Ids
from genesis_ray.analytics.stored import Tables
from genesis_ray.domain.anomalies import WeeklyPolicy
from genesis_ray.domain.site_time import range_between, zone_named
from genesis_ray.errors import ConfigurationError

Metric = Literal["footfall", "entries", "occupancy"]
"""What is counted an hour: people in over all lines, entries of each zone, the mean of people at
once in each."""

_HOUR = timedelta(hours=1)
_WEEK = timedelta(weeks=1)
_TIME = pa.timestamp("us", tz="UTC")
_COLUMNS: list[tuple[str, pa.DataType]] = [
    ("at", _TIME),
    ("metric", pa.string()),
    ("value", pa.float64()),
]
_SERIES = pa.schema(_COLUMNS)
_TOLD: list[tuple[str, pa.DataType]] = [
    ("starts_at", _TIME),
    ("ends_at", _TIME),
    ("metric", pa.string()),
    ("value", pa.float64()),
    ("basis", pa.string()),
    ("expected", pa.float64()),
    ("spread", pa.float64()),
    ("score", pa.float64()),
    ("direction", pa.string()),
    ("why", pa.string()),
]
_ANSWER = pa.schema(_TOLD)


def anomalies(
    tables: Tables,
    *,
    since: datetime,
    until: datetime,
    time_zone: str,
    metric: Metric = "footfall",
    camera_ids: Ids = None,
) -> pa.Table:
    """Return the hours of a range that were unusual for their weekday and hour, by time.

    Each is compared with the same hour of the same weekday, on the site's clock, in up to twelve
    weeks before, which are read beside the range. Of the time in which fewer than four weeks came
    before nothing can be told: the answer begins with one row, of the basis `warm-up`, that says
    until when. Hours that the range or the first event cuts off are left out.

    Columns: starts_at, ends_at, metric ("people in", "entries of ZONE", "people in ZONE"), value,
    basis (weekly, or warm-up), expected and spread (in the unit of the value), score (spreads from
    what was expected), direction (above, below), why (a sentence). A warm-up has times, metric,
    basis and why alone.

    Raises:
        ConfigurationError: There is no such range, time zone or metric.
    """
    since, until = range_between(since, until)
    zone = zone_named(time_zone)
    if metric not in get_args(Metric):
        raise ConfigurationError(
            f"no series {metric!r} to compare; there are {', '.join(get_args(Metric))}"
        )
    first = first_seen(tables)
    begins_at = min(first, until) if first else until
    policy = WeeklyPolicy(counts=metric != "occupancy")
    rows = [_warm_up(since, until, begins_at, zone, policy, metric)]
    if begins_at < until:
        hours = counted_hours(
            tables,
            since=since,
            until=until,
            first=begins_at,
            time_zone=time_zone,
            metric=metric,
            camera_ids=camera_ids,
        )
        rows += unusual_of(hours, zone=zone, since=since, until=until, policy=policy).to_pylist()
    found = [_told(row) for row in rows if row]
    return pa.Table.from_pylist(found, schema=_ANSWER)


def counted_hours(
    tables: Tables,
    *,
    since: datetime,
    until: datetime,
    first: datetime,
    time_zone: str,
    metric: Metric,
    camera_ids: Ids = None,
) -> pa.Table:
    """Return the series of each whole hour, with the weeks before `since` to compare with.

    `first` is when anybody was seen first. Columns: at, metric, value, as `unusual` takes them.
    """
    policy = WeeklyPolicy()
    begins_at = max(first, since - (policy.weeks + 1) * _WEEK)
    if begins_at >= until:
        return _SERIES.empty_table()
    asked: dict[str, Any] = {
        "since": begins_at, "until": until, "time_zone": time_zone, "camera_ids": camera_ids
    }  # fmt: skip
    sums: dict[tuple[str, datetime], float] = defaultdict(float)
    for name, row in _counts(tables, metric, asked):
        if row["ends_at"] - row["starts_at"] == _HOUR:  # one that is cut off has fewer people
            sums[name, row["starts_at"]] += row["value"]
    rows = [{"at": at, "metric": name, "value": value} for (name, at), value in sums.items()]
    return pa.Table.from_pylist(rows, schema=_SERIES)


def unusual_of(
    hours: pa.Table, *, zone: ZoneInfo, since: datetime, until: datetime, policy: WeeklyPolicy
) -> pa.Table:
    """Return what is unusual for its weekday and hour, and nothing for the last while.

    A shop that opens is unusual against the hours before, every morning.
    """
    return unusual(hours, zone=zone, start=since, end=until, recent=None, weekly=policy)


def _counts(
    tables: Tables, metric: Metric, asked: dict[str, Any]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name of a series, and an hour of it with its `value`."""
    match metric:
        case "footfall":
            for row in footfall(tables, **asked).to_pylist():
                yield "people in", {**row, "value": row["went_in"]}
        case "entries":
            for row in zone_entries(tables, **asked).to_pylist():
                yield f"entries of {row['zone_id']}", {**row, "value": row["entries"]}
        case "occupancy":
            for row in occupancy(tables, **asked).to_pylist():
                if row["zone_id"] is not None:
                    yield f"people in {row['zone_id']}", {**row, "value": row["mean_people"]}


def _warm_up(
    since: datetime,
    until: datetime,
    begins_at: datetime,
    zone: ZoneInfo,
    policy: WeeklyPolicy,
    metric: Metric,
) -> dict[str, Any] | None:
    """Return the part of the range that is not compared yet; None: all of it is."""
    local = begins_at.astimezone(zone)
    # The hour in which the first event was is no whole one, and is none of the weeks.
    whole = local.replace(minute=0, second=0, microsecond=0) + _HOUR
    ready_at = (whole + policy.least_weeks * _WEEK).astimezone(since.tzinfo)
    if ready_at <= since:
        return None
    return {
        "at": since,
        "ends_at": min(until, ready_at),
        "metric": metric,
        "basis": "warm-up",
        "why": (
            f"nothing is called unusual before {ready_at.astimezone(zone):%Y-%m-%d %H:%M}: an hour "
            f"is compared with the same hour of at least {policy.least_weeks} weeks before"
        ),
    }


def _told(row: dict[str, Any]) -> dict[str, Any]:
    at = row["at"]
    return {"ends_at": at + _HOUR, **row, "starts_at": at}
