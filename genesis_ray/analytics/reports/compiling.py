"""Making the report of a period from the tables of a site."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa

from genesis_ray.analytics.extent import extent
from genesis_ray.analytics.reports.came import CountedBy, counted_in, has_lines
from genesis_ray.analytics.reports.contents import CameraTime, Report
from genesis_ray.analytics.reports.drawn import drawn
from genesis_ray.analytics.reports.headlines import COUNTED, headlines
from genesis_ray.analytics.reports.kept import CAMERAS, GONE, is_kept, were_purged
from genesis_ray.analytics.reports.measures import (
    BEGINS_LATE,
    bucket_for,
    has_visits,
    measured,
)
from genesis_ray.analytics.reports.noticed import alert_counts, unusual_hours
from genesis_ray.analytics.reports.recorded import first_seen, has_quarters, recorded
from genesis_ray.analytics.reports.remarks import remarks_on
from genesis_ray.analytics.reports.site import Site
from genesis_ray.analytics.reports.wording import moment, span
from genesis_ray.analytics.uptime import camera_uptime
from genesis_ray.domain.clocks.site_time import range_between, zone_named
from genesis_ray.domain.figures.periods import Period, period_before
from genesis_ray.errors import ConfigurationError


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
        site_id: What it is called; "": nothing.
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
    first = first_seen(site.tables)
    not_compared = _why_not_compared(before, first, site)
    both = period if not_compared else Period(before.since, period.until)
    by_lines = has_lines(site, both) or has_lines(site, period)
    counted_by: CountedBy = "views"
    if by_lines:
        counted_by = counted_in(site, period, *(() if not_compared else (before,)))
    by_visits = has_visits(site, both) or has_visits(site, period)
    asked: dict[str, Any] = {
        "bucket": bucket_for(site, period) if not_compared else bucket_for(site, period, before),
        "counted_by": counted_by,
        "by_visits": by_visits,
        "first": first,
    }
    now = measured(site, period, **asked)
    was = None if not_compared else measured(site, before, **asked)
    if was and was.are_none:
        was, not_compared = None, f"rows of the period before ({span(before, zone)}) were {GONE}"
    figures = headlines(
        now,
        was,
        counted_by=counted_by,
        by_visits=by_visits,
        least_group=site.least_group,
    )
    states = _states(site, period)
    cameras = None if states is None else [_camera_time(row) for row in states.to_pylist()]
    noticed = unusual_hours(site, period, first, by_lines=by_lines)
    return Report(
        site_id=site_id,
        time_zone=site.time_zone,
        period=period,
        before=before,
        not_compared=not_compared,
        made_at=made_at,
        headlines=figures,
        charts=drawn(site, period, now, was, states=states, people=COUNTED[counted_by]),
        unusual=noticed.hours,
        unusual_in_all=noticed.in_all,
        cannot_tell=noticed.cannot_tell,
        hours_compared=noticed.compared,
        hours=noticed.of,
        alerts=alert_counts(site, period),
        cameras=cameras,
        remarks=[
            *remarks_on(site, period, cameras, now, counted_by=counted_by, by_visits=by_visits),
            *known,
        ],
    )


def _refuse_nothing(site: Site, period: Period, made_at: datetime) -> None:
    zone = zone_named(site.time_zone)
    if extent(site.within(period), until=period.until) or has_quarters(site.tables, period):
        return
    known = recorded(site.tables, until=made_at)
    if known is None:
        raise ConfigurationError("there are no events to report on; name another --run")
    first, last = (moment(at, zone) for at in known)
    if were_purged(site.tables):
        raise ConfigurationError(
            f"nothing is kept of {span(period, zone)} ({site.time_zone}), or nothing was recorded: "
            f"old rows were {GONE}, and there are events up to {last}; name another --from and --to"
        )
    raise ConfigurationError(
        f"nothing was recorded in {span(period, zone)} ({site.time_zone}); there are events from "
        f"{first} to {last}: name another --from and --to"
    )


def _states(site: Site, period: Period) -> pa.Table | None:
    if not is_kept(site.tables, CAMERAS, period):
        return None
    return camera_uptime(
        site.tables, since=period.since, until=period.until, time_zone=site.time_zone, bucket=None
    )


def _why_not_compared(before: Period, first: datetime | None, site: Site) -> str:
    zone = zone_named(site.time_zone)
    slack = min(BEGINS_LATE, (before.until - before.since) / 2)
    if first is not None and first <= before.since + slack:
        return ""
    were_before, has = span(before, zone), "kept" if were_purged(site.tables) else "recorded"
    if first is None or first >= before.until:
        return f"nothing is {has} of the period before ({were_before})"
    return f"of the period before ({were_before}) only the time from {moment(first, zone)} is {has}"


def _camera_time(row: Mapping[str, Any]) -> CameraTime:
    return CameraTime(**{name: row[name] for name in CameraTime.__dataclass_fields__})
