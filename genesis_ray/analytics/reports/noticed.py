"""What stands out in a period: hours out of the ordinary, and alerts."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pyarrow as pa

from genesis_ray.analytics.alerts import present
from genesis_ray.analytics.anomalies import unusual
from genesis_ray.analytics.footfall import footfall, zone_entries
from genesis_ray.analytics.reports.contents import AlertCount, Unusual
from genesis_ray.analytics.reports.kept import (
    ALERTS,
    ENTRIES,
    GONE,
    LINE_ENTRIES,
    is_kept,
    kept_since,
)
from genesis_ray.analytics.reports.site import Site
from genesis_ray.analytics.stored import narrowed
from genesis_ray.domain.clocks.site_time import bucket_edges, zone_named
from genesis_ray.domain.figures.anomalies import WeeklyPolicy
from genesis_ray.domain.figures.periods import Period

_POLICY = WeeklyPolicy()
_WEEK = timedelta(weeks=1)
_HOUR = timedelta(hours=1)
_LEARNT_FROM = (_POLICY.weeks + 1) * _WEEK + _HOUR
_MOST_HOURS = 20
_COLUMNS: list[tuple[str, pa.DataType]] = [
    ("at", pa.timestamp("us", tz="UTC")),
    ("metric", pa.string()),
    ("value", pa.float64()),
]
_SERIES = pa.schema(_COLUMNS)
_TOO_LITTLE = (
    f"An hour is compared with the same hour of the same weekday in at least "
    f"{_POLICY.least_weeks} weeks before; so much is not recorded."
)
_GRAVEST = ("critical", "warning", "info")


class Noticed(NamedTuple):
    """Hours of a period that were unusual for their weekday and hour.

    Attributes:
        hours: Those furthest from the usual, by time.
        in_all: How many there are.
        compared: How many hours there were weeks before to compare with.
        of: How many hours the period has.
        cannot_tell: Why there are none to compare with; "" where there are.
    """

    hours: Sequence[Unusual] = ()
    in_all: int = 0
    compared: int = 0
    of: int = 0
    cannot_tell: str = ""


def unusual_hours(site: Site, period: Period, first: datetime | None, *, by_lines: bool) -> Noticed:
    """Return hours that were unusual for their weekday and hour.

    `first` is when anybody was seen first, in rows or in figures of quarters of an hour.
    """
    counted = LINE_ENTRIES if by_lines else ENTRIES
    if not is_kept(site.tables, counted, period):
        return Noticed(
            cannot_tell=f"Counts of single hours are not known: earlier rows were {GONE}."
        )
    zone = zone_named(site.time_zone)
    since = max(period.since - _LEARNT_FROM, kept_since(site.tables, counted))
    since = _next_hour(max(since, first or since), site.time_zone)  # the first may lack a part
    if first is None or since >= period.until:
        return Noticed(cannot_tell=_TOO_LITTLE)
    asked: dict[str, Any] = {"since": since, "until": period.until, "time_zone": site.time_zone}
    sums: dict[tuple[str, datetime], int] = defaultdict(int)
    if by_lines:
        for row in footfall(site.tables, **asked).to_pylist():
            sums["entries over lines", row["starts_at"]] += row["went_in"]
    else:
        for row in zone_entries(site.tables, **asked).to_pylist():
            sums[f"entries of {row['zone_id']}", row["starts_at"]] += row["entries"]
    if not sums:
        return Noticed(
            cannot_tell="There are no lines and no zones whose counts could be compared."
        )
    whole = {
        at
        for at in {at for _, at in sums}
        # An hour that the range cuts off has fewer people.
        if _is_whole(at, zone) and at + _HOUR <= period.until
    }
    compared, of = _with_weeks_before(sorted(whole), period, zone)
    if not compared:
        return Noticed(cannot_tell=_TOO_LITTLE)
    rows = [
        {"at": at, "metric": metric, "value": value}
        for (metric, at), value in sums.items()
        if at in whole
    ]
    found = unusual(
        pa.Table.from_pylist(rows, schema=_SERIES),
        zone=zone,
        start=period.since,
        end=period.until,
        recent=None,
        weekly=_POLICY,
    ).to_pylist()
    furthest = sorted(found, key=lambda row: -abs(row["score"]))[:_MOST_HOURS]
    furthest.sort(key=lambda row: row["at"])
    return Noticed(
        [Unusual(at=row["at"], why=row["why"]) for row in furthest], len(found), compared, of
    )


def _next_hour(at: datetime, time_zone: str) -> datetime:
    return bucket_edges(at, at + 2 * _HOUR, "hour", time_zone)[1]


def _is_whole(at: datetime, zone: ZoneInfo) -> bool:
    """Tell whether an hour of the site's clock begins then."""
    local = at.astimezone(zone)
    return local.minute == local.second == local.microsecond == 0


def _with_weeks_before(
    hours: Sequence[datetime], period: Period, zone: ZoneInfo
) -> tuple[int, int]:
    """Return how many hours of a period have weeks enough before, and how many it has."""
    days: dict[tuple[int, int], set[date]] = defaultdict(set)
    compared = of = 0
    for at in hours:
        local = at.astimezone(zone)
        earlier = days[local.weekday(), local.hour]
        if at >= period.since:
            of += 1
            compared += len(earlier - {local.date()}) >= _POLICY.least_weeks
        earlier.add(local.date())
    return compared, of


def alert_counts(site: Site, period: Period) -> list[AlertCount] | None:
    """Return how often rules raised alerts in the period, the gravest and most frequent first.

    None: rows of them are gone.
    """
    if not is_kept(site.tables, ALERTS, period):
        return None
    rules: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for alert in present(narrowed(site.tables, period.since, None)).to_pylist():
        if period.since <= alert["raised_at"] < period.until:
            rules[alert["rule_id"]].append(alert)
    counts = [
        AlertCount(
            rule_id=rule_id,
            severity=min((alert["severity"] for alert in own), key=_gravity),
            alerts=len(own),
            open=sum(alert["resolved_at"] is None for alert in own),
            first_at=min(alert["raised_at"] for alert in own),
            last_at=max(alert["raised_at"] for alert in own),
        )
        for rule_id, own in rules.items()
    ]
    return sorted(counts, key=lambda each: (_gravity(each.severity), -each.alerts, each.rule_id))


def _gravity(severity: str) -> int:
    return _GRAVEST.index(severity) if severity in _GRAVEST else len(_GRAVEST)
