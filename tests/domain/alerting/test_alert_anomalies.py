from datetime import timedelta

import pytest

from genesis_ray.domain.alerting.alert_anomalies import UnusualInView
from genesis_ray.domain.alerting.alert_rules import Subject
from genesis_ray.domain.alerting.alert_zones import Where
from genesis_ray.domain.figures.anomalies import RecentPolicy
from tests.domain.told import at, camera_is, seen

DOOR = Subject("door")
QUICK = RecentPolicy(window=5, least_samples=3)


def watching(*people: int, side="either", policy=QUICK) -> UnusualInView:
    """Return the condition after so many people in each minute, the last one over."""
    condition = UnusualInView(Where(), policy, side)
    for minute, number in enumerate(people):
        condition.advance(at(60 * minute))
        condition.take(camera_is("online", 60 * minute))
        for track in range(number):
            condition.take(seen(60 * minute + 20, track))
            condition.take(seen(60 * minute + 40, track))
    condition.advance(at(60 * len(people)))
    return condition


def test_many_more_than_in_the_minutes_before_are_unusual_from_when_the_minute_is_over():
    due = watching(1, 1, 1, 4).due[DOOR]
    assert (due.at, due.ripe_at) == (at(240), at(240))
    assert due.message == "4 people in a minute at door, usually 1 ± 1 in the last 3 minutes"
    assert watching(1, 1, 1, 3).due == {}


def test_it_holds_as_long_as_minutes_are_unusual_and_no_longer():
    assert watching(1, 1, 1, 9, 12, policy=RecentPolicy(window=3, least_samples=3)).due == {}
    assert watching(1, 1, 1, 1, 1, 9, 20).due[DOOR].at == at(360)
    assert watching(1, 1, 1, 9, 1).due == {}


def test_the_first_minutes_do_not_shout():
    assert watching(1, 1, 9).due == {}


@pytest.mark.parametrize(("side", "is_told"), [("either", True), ("below", True), ("above", False)])
def test_a_rule_may_be_about_one_side_alone(side, is_told):
    assert bool(watching(5, 5, 5, 0, side=side).due) == is_told


def test_a_minute_that_the_camera_did_not_see_whole_is_no_value():
    condition = watching(5, 5, 5)
    condition.take(camera_is("stalled", 190))
    condition.advance(at(240))
    condition.advance(at(300))
    condition.take(camera_is("online", 310))
    condition.advance(at(360))
    assert condition.due == {}
    condition.advance(at(420))
    assert condition.due[DOOR].at == at(420)


def test_a_camera_that_has_ended_is_not_unusually_empty():
    condition = watching(5, 5, 5, 0)
    assert condition.take(camera_is("ended", 250))
    assert (condition.due, condition.next_at) == ({}, None)


def test_minutes_are_told_one_after_the_other_as_time_goes_on():
    condition = UnusualInView(Where(), QUICK)
    assert condition.take(seen(10))
    assert condition.next_at == at(60)
    assert not condition.take(seen(20, 2))
    condition.advance(at(60))
    assert condition.next_at == at(120)


def test_sights_alone_tell_of_all_minutes_that_are_over():
    condition = UnusualInView(Where(), QUICK)
    for minute in range(5):
        condition.take(seen(60 * minute))
    for track in range(9):
        condition.take(seen(300, track))
    assert condition.due == {}
    condition.take(seen(360))
    assert condition.due[DOOR].at == at(360)


def test_a_clock_that_jumps_by_years_is_given_up_after_a_day():
    condition = watching(1, 1)
    for _ in range(2 * 1440):
        if condition.next_at is None:
            break
        condition.advance(condition.next_at)
    assert condition.next_at is None
    years = timedelta(days=3650).total_seconds()
    condition.take(seen(years))
    assert condition.next_at == at(years) + timedelta(minutes=1)


def test_other_cameras_are_not_looked_at():
    condition = UnusualInView(Where(camera_id="hall"), QUICK)
    assert not condition.take(seen(0))
    assert condition.next_at is None
