"""Which hours of cameras were unusual, against the same weekday and hour of the weeks before."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

import pyarrow as pa

from genesis_ray.analytics.anomalies import told
from genesis_ray.analytics.ranges import Ids
from genesis_ray.analytics.reach import reach_of
from genesis_ray.analytics.stored import Tables
from genesis_ray.analytics.tracks import tracks_in_view
from genesis_ray.analytics.uptime import camera_uptime
from genesis_ray.domain.alerting.alert_hours import HourSoFar, ToldBefore
from genesis_ray.domain.alerting.same_hours import MOSTLY, SameHours
from genesis_ray.domain.clocks.site_time import bucket_edges, hour_of, range_between, zone_named
from genesis_ray.domain.figures.anomalies import WeeklyPolicy
from genesis_ray.errors import ConfigurationError

_HOUR = timedelta(hours=1)

_FIELDS: "list[pa.Field[Any]]" = [
    pa.field("starts_at", pa.timestamp("us", tz="UTC")),
    pa.field("camera_id", pa.string()),
    pa.field("value", pa.float64()),
    pa.field("expected", pa.float64()),
    pa.field("spread", pa.float64()),
    pa.field("score", pa.float64()),
    pa.field("direction", pa.string()),
    pa.field("why", pa.string()),
]
_FOUND = pa.schema(_FIELDS)


def unusual_hours(
    tables: Tables,
    *,
    since: datetime,
    until: datetime,
    time_zone: str,
    camera_ids: Ids = None,
    weeks: int = 12,
    threshold: float = 3.5,
    warm_up: int = 4,
) -> pa.Table:
    """Return the hours that begin in [since, until) in which unusually many or few came into view.

    As the rule `unusual-hour` of alerts tells them: each is compared with median and spread of the
    hours of that weekday and hour, on the site's clock, in the `weeks` before. With fewer than
    `warm_up` of them nothing is unusual. An hour that a camera did not watch for 54 minutes is
    compared with none, and never has too few; nor has the one that the range ends in.

    Columns: starts_at, camera_id, value (tracks that came into view), expected, spread (in the
    same), score (spreads from what was expected), direction (above, below), why.

    Raises:
        ConfigurationError: There is no such range or zone, or the policy gives no verdict.
    """
    try:
        policy = WeeklyPolicy(weeks=weeks, threshold=threshold, least_weeks=warm_up)
    except ValueError as error:
        raise ConfigurationError(str(error).replace("least_weeks", "warm_up")) from error
    since, until = range_between(since, until)
    zone = zone_named(time_zone)
    hours: dict[str, SameHours] = {}
    found: list[dict[str, Any]] = []
    for hour in _hours(tables, policy, since, until, time_zone=time_zone, camera_ids=camera_ids):
        own = hours.setdefault(hour.camera_id, SameHours(zone, policy))
        reading = own.reading(hour.starts_at, hour.people) if hour.starts_at >= since else None
        if reading and reading.is_unusual and (hour.is_whole or reading.direction == "above"):
            when = f"on {own.name_of(hour.starts_at)}, of {reading.weeks} weeks"
            row = {"starts_at": hour.starts_at, "camera_id": hour.camera_id}
            found.append(row | told("tracks", reading, when))
        if hour.is_whole:
            own.add(hour.starts_at, hour.people)
    found.sort(key=lambda row: (row["starts_at"], row["camera_id"]))
    return pa.Table.from_pylist(found, schema=_FOUND)


def hours_so_far(
    tables: Tables,
    policy: WeeklyPolicy,
    *,
    until: datetime,
    time_zone: str,
    camera_ids: Ids = None,
) -> ToldBefore:
    """Return what is known at `until` of cameras' hours, by which later ones can be judged."""
    zone = zone_named(time_zone)
    starts_at, _ = hour_of(until, zone)
    found = ToldBefore()
    hours = _hours(tables, policy, starts_at, until, time_zone=time_zone, camera_ids=camera_ids)
    for hour in hours:
        so_far = found.get(hour.camera_id) or HourSoFar(
            until, SameHours(zone, policy), 0, timedelta()
        )
        if hour.starts_at == starts_at:
            so_far = so_far._replace(people=hour.people, watched=hour.watched)
        elif hour.is_whole:
            so_far.hours.add(hour.starts_at, hour.people)
        found[hour.camera_id] = so_far
    return found


class _Hour(NamedTuple):
    """An hour of a camera, or the part of it that is known."""

    camera_id: str
    starts_at: datetime
    ends_at: datetime
    people: int
    watched: timedelta

    @property
    def is_whole(self) -> bool:
        return self.ends_at - self.starts_at == _HOUR and self.watched >= MOSTLY


def _hours(
    tables: Tables,
    policy: WeeklyPolicy,
    since: datetime,
    until: datetime,
    *,
    time_zone: str,
    camera_ids: Ids,
) -> Iterator[_Hour]:
    """Yield the hours of [since, until) and the weeks before, of each camera in order of time."""
    zone = zone_named(time_zone)
    # A day more, as summer time may have begun: too much is left out by who compares.
    first, _ = hour_of(since - timedelta(days=7 * policy.weeks + 1), zone)
    known = reach_of(tables, "unusual-hours").first
    if known > first:
        first = hour_of(known + _HOUR - timedelta.resolution, zone)[0]
    if first >= until:
        return
    edges = bucket_edges(first, until, "hour", time_zone)
    tracks = tracks_in_view(
        tables, since=first, until=until, time_zone=time_zone, camera_ids=camera_ids
    )
    states = camera_uptime(
        tables, since=first, until=until, time_zone=time_zone, camera_ids=camera_ids, now=until
    )
    people, watched_s = _by_hour(tracks, "tracks"), _by_hour(states, "online_s", "impaired_s")
    for camera_id in sorted({*people, *watched_s}):
        came = people.get(camera_id, {})
        # Without any state, as in events that were brought from elsewhere, since it saw somebody.
        always = min((at for at, number in came.items() if number), default=until)
        for starts_at, ends_at in pairwise(edges):
            if camera_id in watched_s:
                watched = timedelta(seconds=watched_s[camera_id].get(starts_at, 0))
            else:
                watched = ends_at - starts_at if starts_at >= always else timedelta()
            yield _Hour(camera_id, starts_at, ends_at, int(came.get(starts_at, 0)), watched)


def _by_hour(answer: pa.Table, *figures: str) -> dict[str, dict[datetime, float]]:
    """Return the sum of figures by camera and beginning of the hour."""
    found: dict[str, dict[datetime, float]] = {}
    columns = [answer[name].to_pylist() for name in ("camera_id", "starts_at", *figures)]
    for camera_id, starts_at, *values in zip(*columns, strict=True):
        found.setdefault(camera_id, {})[starts_at] = sum(values)
    return found
