"""Making the report of a period from the tables of a site."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from genesis_ray.analytics.extent import extent
from genesis_ray.analytics.query import run
from genesis_ray.analytics.reports.contents import CameraTime, Report
from genesis_ray.analytics.reports.drawn import drawn
from genesis_ray.analytics.reports.headlines import headlines
from genesis_ray.analytics.reports.measures import Site, has_lines, has_visits, measured
from genesis_ray.analytics.reports.noticed import alert_counts, unusual_hours
from genesis_ray.analytics.reports.remarks import remarks_on
from genesis_ray.analytics.reports.wording import moment, span
from genesis_ray.analytics.uptime import camera_uptime
from genesis_ray.domain.periods import Period, period_before
from genesis_ray.domain.site_time import range_between, zone_named
from genesis_ray.errors import ConfigurationError

_FIRST = """
SELECT min(first_at) AS first_at FROM (
    SELECT min(occurred_at) AS first_at FROM track_observations
    UNION ALL SELECT min(occurred_at) FROM line_crossings
)
"""

_BEGINS_LATE = timedelta(days=1)
"""That nothing was seen on the first day may be because nobody came."""


def compile_report(
    site: Site,
    *,
    site_id: str,
    since: datetime,
    until: datetime,
    made_at: datetime,
    known: Sequence[str] = (),
) -> Report:
    """Return the report of [since, until).

    Args:
        site: Whose.
        site_id: What it is called.
        since: Start of the period.
        until: Its end, not within; a time to come counts as `made_at`.
        made_at: The present.
        known: Remarks on how good the figures are, from elsewhere.

    Raises:
        ConfigurationError: There is no such period, or nothing happened in it.
    """
    period = Period(*range_between(since, until))
    if period.since < made_at < period.until:
        period = Period(period.since, made_at)
    zone = zone_named(site.time_zone)
    _refuse_nothing(site, period, made_at)
    before = period_before(period, zone)
    first = _first_seen(site)
    not_compared = _why_not_compared(before, first, site)
    both = period if not_compared else Period(before.since, period.until)
    by_lines, by_visits = has_lines(site, both), has_visits(site, both)
    now = measured(site, period, by_lines=by_lines, by_visits=by_visits)
    was = None
    if not not_compared:
        was = measured(site, before, by_lines=by_lines, by_visits=by_visits)
    figures = headlines(
        now, was, by_lines=by_lines, by_visits=by_visits, least_group=site.least_group
    )
    states = camera_uptime(
        site.tables, since=period.since, until=period.until, time_zone=site.time_zone, bucket=None
    )
    cameras = [_camera_time(row) for row in states.to_pylist()]
    hours, hours_in_all, cannot_tell = unusual_hours(site, period, first, by_lines=by_lines)
    return Report(
        site_id=site_id,
        time_zone=site.time_zone,
        period=period,
        before=before,
        not_compared=not_compared,
        made_at=made_at,
        headlines=figures,
        charts=drawn(site, period, now, was, states=states, people=figures[0].name),
        unusual=hours,
        unusual_in_all=hours_in_all,
        cannot_tell=cannot_tell,
        alerts=alert_counts(site, period),
        cameras=cameras,
        remarks=[*remarks_on(site, period, cameras, by_lines=by_lines), *known],
    )


def _refuse_nothing(site: Site, period: Period, made_at: datetime) -> None:
    zone = zone_named(site.time_zone)
    if extent(site.within(period), until=period.until):
        return
    known = extent(site.tables, until=made_at)
    if known is None:
        raise ConfigurationError("there are no events to report on; name another --run")
    first, last = (moment(at, zone) for at in known)
    raise ConfigurationError(
        f"nothing was recorded in {span(period, zone)} ({site.time_zone}); there are events from "
        f"{first} to {last}: name another --from and --to"
    )


def _first_seen(site: Site) -> datetime | None:
    first: datetime | None = run(_FIRST, site.tables).to_pylist()[0]["first_at"]
    return first


def _why_not_compared(before: Period, first: datetime | None, site: Site) -> str:
    zone = zone_named(site.time_zone)
    slack = min(_BEGINS_LATE, (before.until - before.since) / 2)
    if first is None or first >= before.until:
        return f"nothing is recorded of the period before ({span(before, zone)})"
    if first > before.since + slack:
        return (
            f"of the period before ({span(before, zone)}) only the time from "
            f"{moment(first, zone)} is recorded"
        )
    return ""


def _camera_time(row: Mapping[str, Any]) -> CameraTime:
    return CameraTime(**{name: row[name] for name in CameraTime.__dataclass_fields__})
