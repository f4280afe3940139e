from dataclasses import replace
from datetime import timedelta

import pytest

from genesis_ray.domain.alerting.alert_rules import Subject
from genesis_ray.domain.alerting.alert_system import (
    CameraDown,
    Degraded,
    Drifting,
    FalseMerges,
    SetAside,
)
from tests.domain.told import at, camera_is, matches_are, merged, part_is, set_aside

DOOR = Subject("door")


def test_a_camera_is_down_from_its_first_bad_state_until_it_is_online():
    condition = CameraDown(None, timedelta(seconds=30))
    condition.take(camera_is("online", 0))
    assert condition.due == {}
    condition.take(camera_is("stalled", 10, reason="no-frames"))
    condition.take(camera_is("connecting", 15))
    due = condition.due[DOOR]
    assert due.at == at(40)
    assert due.message == "camera door is connecting, not online for 30 s"
    condition.take(camera_is("online", 20))
    assert condition.due == {}


@pytest.mark.parametrize(
    ("state", "is_down"), [("ended", False), ("failed", True), ("black", True)]
)
def test_a_recording_that_is_over_is_not_down(state, is_down):
    condition = CameraDown("door", timedelta())
    condition.take(camera_is(state, 10))
    condition.take(camera_is("failed", 10, camera="hall"))
    assert bool(condition.due) == is_down


def test_drift_is_due_at_its_camera_until_it_has_recovered():
    condition = Drifting(None)
    condition.take(matches_are("degraded", 5))
    condition.take(matches_are("degraded", 6, camera="hall"))
    assert condition.due[DOOR].at == at(5)
    assert condition.due[DOOR].message.endswith("less alike than they were: 0.71, was 0.81")
    condition.take(matches_are("recovered", 9))
    assert [*condition.due] == [Subject("hall")]
    assert not Drifting("hall").take(matches_are("degraded", 5))


def test_a_part_that_does_less_is_due_until_none_does():
    condition = Degraded()
    assert not condition.take(matches_are("degraded", 4))
    assert condition.take(part_is("degraded", 5))
    assert not condition.take(part_is("degraded", 6))
    assert not condition.take(part_is("waiting", 7, "cameras-1"))
    assert not condition.take(part_is("restarted", 8, "journal"))
    assert condition.due[Subject()].at == at(5)
    assert condition.due[Subject()].message == "detector is degraded: on the processor"
    assert condition.take(part_is("recovered", 9))
    assert condition.due[Subject()].message.startswith("cameras-1 is waiting")
    assert condition.take(part_is("placed", 10, "cameras-1"))
    assert condition.due == {}


def test_a_false_merge_is_due_once_an_identity():
    condition = FalseMerges()
    assert condition.take(merged(5))
    assert not condition.take(merged(6, track=2))
    assert condition.take(merged(7, "ben"))
    due = condition.due[Subject(identity_id="ada")]
    assert due.message == "one identity is track till:9 and door:1 at once"


def test_a_frame_that_is_set_aside_is_due_once_until_somebody_has_seen_to_it():
    condition = SetAside(None, 0, timedelta(hours=1))
    assert condition.take(set_aside(5))
    assert not condition.take(set_aside(6))
    assert condition.due[Subject("door")].message == (
        "a frame of door was set aside, as it failed 4 times: it cannot; see genesis dead-letters "
        "list"
    )
    del condition.due[Subject("door")]  # as an acknowledgement does
    assert condition.take(set_aside(7))


def test_so_many_in_so_long_are_let_pass():
    condition = SetAside("door", 2, timedelta(minutes=1))
    told = [condition.take(set_aside(second)) for second in (0, 10, 61, 65, 69, 70)]
    assert told == [False, False, False, True, False, False]
    assert "and 2 before were set aside" in condition.due[Subject("door")].message


def test_of_another_camera_or_replayed_none_is_due():
    condition = SetAside("door", 0, timedelta(hours=1))
    assert not condition.take(set_aside(5, "till"))
    assert not condition.take(set_aside(5, status="replayed"))
    assert condition.due == {}


def test_a_track_of_two_people_is_a_false_merge():
    condition = FalseMerges()
    exchanged = replace(merged(5), other_camera_id="door", other_track_id=1)
    assert condition.take(exchanged)
    due = condition.due[Subject(identity_id="ada")]
    assert due.message == "later faces of track door:1 are somebody else's"
