"""What stands out in a period: hours out of the ordinary, and alerts."""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from genesis_ray.analytics.alerts import present
from genesis_ray.analytics.reports.contents import AlertCount, Unusual
from genesis_ray.analytics.reports.measures import Site
from genesis_ray.analytics.unusual_hours import counted_hours, unusual_of
from genesis_ray.domain.anomalies import WeeklyPolicy
from genesis_ray.domain.periods import Period
from genesis_ray.domain.site_time import zone_named

_POLICY = WeeklyPolicy()
_WEEK = timedelta(weeks=1)
_MOST_HOURS = 20
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
    hours = counted_hours(
        site.tables,
        since=period.since,
        until=period.until,
        first=first,
        time_zone=site.time_zone,
        metric="footfall" if by_lines else "entries",
    )
    if not len(hours):
        return [], 0, "There are no lines and no zones whose counts could be compared."
    found = unusual_of(
        hours,
        zone=zone_named(site.time_zone),
        since=period.since,
        until=period.until,
        policy=_POLICY,
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
