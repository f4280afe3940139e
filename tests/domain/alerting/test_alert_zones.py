from datetime import timedelta

import pytest

from genesis_ray.domain.alerting.alert_rules import Subject
from genesis_ray.domain.alerting.alert_zones import (
    Limit,
    TooLongInZone,
    TooManyInView,
    TooManyInZone,
    Where,
)
from tests.domain.told import at, camera_is, crossed, left, named, seen

QUEUE = Where(zone_id="queue")
AT_QUEUE = Subject("door", "queue")
STAFF = {"eve": frozenset({"staff"})}


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def limit(over: float = 1, for_s: float = 10) -> Limit:
    return Limit(over=over, lasting=seconds(for_s))


def test_too_many_are_due_once_it_has_lasted_and_no_longer_when_there_are_fewer():
    condition = TooManyInZone(Where(zone_id="queue", lag=seconds(2)), limit())
    condition.take(crossed(0, 1))
    assert condition.due == {}
    condition.take(crossed(5, 2))
    condition.take(crossed(7, 3))
    due = condition.due[AT_QUEUE]
    assert (due.at, due.ripe_at) == (at(15), at(17))
    assert due.message == "3 people in zone queue of door, more than 1 for 10 s"
    condition.take(left(8, 1))
    assert condition.due[AT_QUEUE].at == at(15)
    condition.take(left(9, 2))
    assert condition.due == {}


def test_one_too_many_is_a_person():
    condition = TooManyInZone(Where(), limit(over=0, for_s=0))
    condition.take(crossed(0))
    assert condition.due[AT_QUEUE].message == "1 person in zone queue of door, more than 0"


@pytest.mark.parametrize(
    ("where", "counts"),
    [
        (Where(zone_id="queue"), True),
        (Where(camera_id="door", zone_id="queue"), True),
        (Where(camera_id="hall", zone_id="queue"), False),
        (Where(zone_id="bar"), False),
        (Where(), True),
    ],
)
def test_a_rule_is_about_the_zones_that_it_names(where, counts):
    condition = TooManyInZone(where, limit(over=0))
    condition.take(crossed(0))
    assert bool(condition.due) == counts


@pytest.mark.parametrize("state", ["ended", "failed"])
@pytest.mark.parametrize(
    "condition",
    [
        TooManyInZone(QUEUE, limit(over=0)),
        TooManyInView(Where(), limit(over=0)),
        TooLongInZone(QUEUE, seconds(5), wording="is"),
    ],
    ids=lambda each: type(each).__name__,
)
def test_a_camera_that_watches_no_more_has_nobody(condition, state):
    for event in (crossed(0), seen(0), crossed(0, camera="hall"), seen(0, camera="hall")):
        condition.take(event)
    assert not condition.take(camera_is("stalled", 1))
    assert condition.take(camera_is(state, 1))
    assert {subject.camera_id for subject in condition.due} == {"hall"}
    condition.take(crossed(2, 2))
    condition.take(seen(2, 2))
    assert len(condition.due) == 2


def test_who_was_not_seen_for_three_seconds_is_out_of_view():
    condition = TooManyInView(Where(camera_id="door"), limit(over=1, for_s=2))
    for event in (seen(0, 1), seen(0.5, 2), seen(0.5, 3, "hall"), seen(2, 1)):
        condition.take(event)
    assert condition.due == {Subject("door"): condition.due[Subject("door")]}
    assert condition.due[Subject("door")].at == at(2.5)
    condition.advance(at(3.4))
    assert condition.due
    assert condition.next_at == at(3.5)
    condition.advance(at(3.5))
    assert not condition.due
    assert condition.next_at == at(5)
    condition.advance(at(5))
    assert condition.next_at is None


def test_each_who_stays_too_long_is_due_by_themselves():
    condition = TooLongInZone(Where(zone_id="queue", lag=seconds(1)), seconds(30), wording="is")
    condition.take(crossed(0, 1))
    condition.take(crossed(5, 2))
    assert {s.track_id: (d.at, d.ripe_at) for s, d in condition.due.items()} == {
        1: (at(30), at(31)),
        2: (at(35), at(36)),
    }
    condition.take(left(10, 1))
    assert [subject.track_id for subject in condition.due] == [2]


def test_of_a_queue_who_waits_longest_counts():
    condition = TooLongInZone(QUEUE, seconds(30), wording="waits", each=False)
    condition.take(crossed(0, 1))
    condition.take(crossed(5, 2))
    assert {s: (d.at, d.track_id) for s, d in condition.due.items()} == {AT_QUEUE: (at(30), 1)}
    condition.take(left(10, 1))
    assert condition.due[AT_QUEUE].at == at(35)
    condition.take(left(11, 2))
    assert condition.due == {}


def test_staff_may_stay_as_soon_as_they_are_recognised():
    condition = TooLongInZone(QUEUE, seconds(10), wording="is", exempt_tag="staff", tags=STAFF)
    condition.take(crossed(0, 1))
    condition.take(crossed(0, 2))
    condition.take(named(4, "ada", 1))
    condition.take(named(4, "eve", 2, decision="review"))
    assert {subject.track_id for subject in condition.due} == {1, 2}
    condition.take(named(5, "eve", 2))
    assert {subject.track_id for subject in condition.due} == {1}


def test_staff_who_were_recognised_before_are_not_due_as_long_as_they_are_in_view():
    condition = TooLongInZone(QUEUE, seconds(10), wording="is", exempt_tag="staff", tags=STAFF)
    condition.take(named(0, "eve", 1))
    for second in range(0, 300, 30):
        condition.take(seen(second, 1))
    condition.take(named(300, "ada", 3))
    condition.take(crossed(301, 1))
    condition.take(crossed(301, 2))
    assert {subject.track_id for subject in condition.due} == {2}


def test_who_becomes_staff_may_stay_from_then_on():
    condition = TooLongInZone(QUEUE, seconds(10), wording="is", exempt_tag="staff")
    condition.take(crossed(0, 1))
    condition.take(named(4, "eve", 1))
    assert {subject.track_id for subject in condition.due} == {1}
    condition.retag(STAFF)
    assert condition.due == {}
    condition.retag({})
    assert {subject.track_id for subject in condition.due} == {1}
