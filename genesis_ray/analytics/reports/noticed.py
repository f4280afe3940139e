"""What stands out in a period: hours out of the ordinary, and alerts."""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from genesis_ray.analytics.alerts import present
from genesis_ray.analytics.anomalies import unusual
from genesis_ray.analytics.footfall import footfall, zone_entries
from genesis_ray.analytics.reports.contents import AlertCount, Unusual
from genesis_ray.analytics.reports.measures import Site
from genesis_ray.domain.anomalies import WeeklyPolicy
from genesis_ray.domain.periods import Period
from genesis_ray.domain.site_time import zone_named

_POLICY = WeeklyPolicy()
_WEEK = timedelta(weeks=1)
_LEARNT_FROM = (_POLICY.weeks + 1) * _WEEK
_MOST_HOURS = 20
_COLUMNS: list[tuple[str, pa.DataType]] = [
    ("at", pa.timestamp("us", tz="UTC")),
    ("metric", pa.string()),
    ("value", pa.float64()),
]
_SERIES = pa.schema(_COLUMNS)
_GRAVEST = ("critical", "warning", "info")


def unusual_hours(
    site: Site, period: Period, first: datetime | None, *, by_lines: bool
) -> tuple[list[Unusual], int, str]:
    """Return hours that were unusual for their weekday and hour.

    Those furthest from the usual, by time; how many there are; and why none can be told, "" where
    they can. `first` is when anybody was seen first.
    """
    if first is None or period.until - first < _POLICY.least_weeks * _WEEK:
        return [], 0, (
            f"An hour is compared with the same hour of the same weekday in at least "
            f"{_POLICY.least_weeks} weeks before; so much is not recorded yet."
        )  # fmt: skip
    since = max(first, period.since - _LEARNT_FROM)
    asked: dict[str, Any] = {"since": since, "until": period.until, "time_zone": site.time_zone}
    sums: dict[tuple[str, datetime], int] = defaultdict(int)
    if by_lines:
        for row in footfall(site.tables, **asked).to_pylist():
            sums["people in", row["starts_at"]] += row["went_in"]
    else:
        for row in zone_entries(site.tables, **asked).to_pylist():
            sums[f"entries of {row['zone_id']}", row["starts_at"]] += row["entries"]
    if not sums:
        return [], 0, "There are no lines and no zones whose counts could be compared."
    rows = [
        {"at": at, "metric": metric, "value": value}
        for (metric, at), value in sums.items()
        # An hour that the range cuts off has fewer people.
        if at != since and at + timedelta(hours=1) <= period.until
    ]
    found = unusual(
        pa.Table.from_pylist(rows, schema=_SERIES),
        zone=zone_named(site.time_zone),
        start=period.since,
        end=period.until,
        recent=None,
        weekly=_POLICY,
    ).to_pylist()
    furthest = sorted(found, key=lambda row: -abs(row["score"]))[:_MOST_HOURS]
    furthest.sort(key=lambda row: row["at"])
    return [Unusual(at=row["at"], why=row["why"]) for row in furthest], len(found), ""


def alert_counts(site: Site, period: Period) -> list[AlertCount]:
    """Return how often rules raised alerts in the period, the gravest and most frequent first."""
    rules: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for alert in present({"alerts": site.tables["alerts"]}).to_pylist():
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
