"""A small shop of six weeks, to report on: the last week has a full hour, a gap and an alert."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache

import pyarrow as pa

from genesis_ray.analytics.reports.compiling import compile_report
from genesis_ray.analytics.reports.contents import Report
from genesis_ray.analytics.reports.site import Queue, Site
from genesis_ray.domain.alerting.alert_events import AlertRaised, AlertResolved
from genesis_ray.domain.events import Event
from tests.hand_made import NINE, OWN, at, camera_is, line, seen, stay, tables, visit, zone

TIME_ZONE = "Europe/Berlin"
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
MONDAY = NINE - timedelta(hours=10)  # midnight in Berlin, in winter
LAST_WEEK = MONDAY + 5 * WEEK
END = MONDAY + 6 * WEEK
MADE_AT = END + timedelta(hours=8)
QUEUE = Queue("queue", "till", 60.0)

_A_DAY_S = 86_400
_HOURS = (0, 3, 8)  # from ten in Berlin on
_FULL = 37  # day, a Wednesday


def shop() -> list[Event]:
    events: list[Event] = [camera_is(-36_000, "online")]
    track = 0
    for day in range(42):
        for hour in _HOURS:
            come = 3 + hour % 3 if day != _FULL or hour else 40
            for number in range(come):
                track += 1
                second = day * _A_DAY_S + hour * 3600 + number * 60
                wait = 20 + 10 * (number % 6)
                events += [
                    line(second, track_id=track),
                    seen(second, track),
                    seen(second + 1, track, x=0.1 * (number % 9)),
                    *stay(second + 2, second + 2 + wait, "queue", track),
                    zone(second + 4 + wait, "enter", "till", track),
                    zone(second + 30 + wait, "exit", "till", track),
                    *visit(second, second + 60 + wait, f"visitor-{track % 90}", ("queue", "till")),
                ]
    gap = 38 * _A_DAY_S
    events += [camera_is(gap, "stalled"), camera_is(gap + 3 * 3600, "online")]
    return [*events, *alert(37 * _A_DAY_S, "one", is_over=True), *alert(38 * _A_DAY_S, "two")]


def alert(second: float, alert_id: str, *, is_over: bool = False) -> Sequence[Event]:
    own = {
        **OWN, "camera_id": "door", "alert_id": alert_id, "rule_id": "long-queue",
        "severity": "warning", "zone_id": "queue", "message": "Ada Lovelace waits",
    }  # fmt: skip
    raised = AlertRaised(**own, occurred_at=at(second))
    return [raised, AlertResolved(**own, occurred_at=at(second + 90))] if is_over else [raised]


def site(events: Sequence[Event], **changes: object) -> Site:
    known = tables(events)

    def within(period) -> Mapping[str, pa.Table]:
        return tables([e for e in events if period.since <= e.occurred_at < period.until])

    values = {
        "tables": known, "within": within, "time_zone": TIME_ZONE, "least_group": 5,
        "queues": (QUEUE,),
    }  # fmt: skip
    return Site(**values | changes)


def reported(
    events: Sequence[Event],
    since: datetime = LAST_WEEK,
    until: datetime = END,
    made_at: datetime = MADE_AT,
    **changes: object,
) -> Report:
    return compile_report(
        site(events, **changes), site_id="york", since=since, until=until, made_at=made_at
    )


@cache
def shop_report() -> Report:
    """The report of the shop's last week, made once: it takes seconds."""
    return reported(shop())


def berlin(*parts: int) -> datetime:
    """A time of Berlin's clock in winter."""
    return datetime(*parts, tzinfo=UTC) - timedelta(hours=1)
