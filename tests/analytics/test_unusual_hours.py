from datetime import timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from genesis_ray.analytics.unusual_hours import hours_so_far, unusual_hours
from genesis_ray.domain.alerting.alert_hours import UnusualHours
from genesis_ray.domain.alerting.alert_zones import Where
from genesis_ray.domain.figures.anomalies import WeeklyPolicy
from genesis_ray.errors import ConfigurationError
from tests.hand_made import at, camera_is, seen, tables

HOUR, WEEK = 3600, 7 * 86_400
BERLIN = "Europe/Berlin"
POLICY = WeeklyPolicy(weeks=3, least_weeks=2)


def came(second: float, people: int, camera_id: str = "door"):
    return [seen(second + number, 1000 + number, camera_id) for number in range(people)]


def mondays(*people: int, camera_id: str = "door"):
    events = []
    for week, number in enumerate(people):
        events += [camera_is(week * WEEK, "online", camera_id)]
        events += came(week * WEEK + 60, number, camera_id)
        events += [camera_is(week * WEEK + HOUR, "ended", camera_id)]
    return events


def found(events, *, since=0, until=9 * WEEK, **chosen):
    asked = {"time_zone": BERLIN, "weeks": 3, "warm_up": 2, **chosen}
    return unusual_hours(tables(events), since=at(since), until=at(until), **asked).to_pylist()


def test_an_hour_is_held_against_the_same_hour_of_the_weeks_before():
    (row,) = found(mondays(10, 10, 10, 60))
    assert (row["starts_at"], row["camera_id"]) == (at(3 * WEEK), "door")
    assert (row["value"], row["expected"], row["direction"]) == (60, 10, "above")
    assert row["why"] == (
        "tracks 60, usually 10 ± 3.9 (on Mondays from 10:00 to 11:00, of 3 weeks)"
    )
    assert found(mondays(10, 10, 60), warm_up=3) == []


def test_weeks_before_the_range_are_compared_with_and_not_told():
    events = mondays(10, 10, 60, 10, 90)
    assert [row["value"] for row in found(events, since=3 * WEEK)] == [90]


def test_cameras_are_compared_with_themselves():
    events = [*mondays(10, 10, 60), *mondays(60, 60, 60, camera_id="hall")]
    assert [row["camera_id"] for row in found(events)] == ["door"]
    assert found(events, camera_ids=["hall"]) == []


def test_the_hour_in_which_the_range_ends_may_have_too_many_and_not_too_few():
    open_end = mondays(60, 60)
    open_end += [camera_is(2 * WEEK, "online")]
    assert found(open_end, until=2 * WEEK + HOUR - 60) == []
    assert len(found(open_end, until=2 * WEEK + HOUR)) == 1
    assert len(found([*open_end, *came(2 * WEEK, 150)], until=2 * WEEK + 600)) == 1


def test_events_without_states_of_cameras_are_watched_from_the_first_sight_on():
    events = [each for week in range(3) for each in came(week * WEEK, 60 if week == 2 else 10)]
    assert [row["value"] for row in found(events)] == [60]


def test_a_policy_that_gives_no_verdict_is_refused():
    with pytest.raises(ConfigurationError, match="warm_up"):
        found([], warm_up=9)


@pytest.mark.parametrize("restarted_at", [None, 2 * WEEK + 1800, 3 * WEEK - 600])
@pytest.mark.parametrize("seed", range(2))
def test_the_rule_of_alerts_tells_the_same_hours_and_goes_on_after_a_restart(seed, restarted_at):
    draw = Random(seed)
    end, events = 5 * WEEK, [camera_is(0, "online")]
    for hour in range(0, end // HOUR, 6):
        events += came(hour * HOUR + 60, draw.choice([30, 30, 30, 31, 1, 80]))
        if draw.random() < 0.3:
            stalled = hour * HOUR + 1000
            events += [camera_is(stalled, "stalled"), camera_is(stalled + 500, "online")]
    first = [each for each in events if each.occurred_at < at(restarted_at or end)]
    told, condition = set(), UnusualHours(Where(), ZoneInfo(BERLIN), POLICY)
    for event in first:
        told |= _unusual(condition, event.occurred_at)
        condition.take(event)
    if restarted_at:
        now = at(restarted_at)
        told |= _unusual(condition, now)
        before = hours_so_far(tables(first), POLICY, until=now, time_zone=BERLIN)
        condition = UnusualHours(Where(), ZoneInfo(BERLIN), POLICY, before=before)
        rest = [camera_is(restarted_at, "online"), *events[len(first) :]]
        for event in rest:
            told |= _unusual(condition, event.occurred_at)
            condition.take(event)
        events = [*first, *rest]
    told |= _unusual(condition, at(end))
    rows = found(events, until=end)
    assert {row["starts_at"] for row in rows} == told
    assert {row["direction"] for row in rows} == {"above", "below"}


def _unusual(condition: UnusualHours, until) -> set:
    """Let time go on; return the hours that were over and unusual."""
    hours = set()
    while (over_at := condition.next_at) and over_at <= until:
        condition.advance(over_at)
        hours |= {over_at - timedelta(hours=1)} if condition.due else set()
    return hours
