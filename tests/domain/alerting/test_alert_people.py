from datetime import timedelta

import pytest

from genesis_ray.domain.alerting.alert_people import RepeatVisitor, Tagged
from genesis_ray.domain.alerting.alert_rules import Subject
from genesis_ray.domain.alerting.past_visits import PastVisit, PastVisits
from tests.domain.told import at, came, named, went

ADA = Subject(identity_id="ada")
DAY_S = 86_400
VIP = {"ada": frozenset({"vip"})}


def test_who_has_the_tag_is_due_from_their_name_to_the_end_of_their_visit():
    condition = Tagged("vip", VIP)
    condition.take(came(0))
    assert condition.due == {}
    condition.take(named(3, "ada", track=7))
    due = condition.due[ADA]
    assert (due.at, due.camera_id, due.track_id) == (at(3), "door", 7)
    assert due.message == "somebody tagged vip is at door"
    assert not condition.take(named(9, "ada", track=8, camera="till"))
    assert condition.due[ADA] == due
    assert condition.take(went(60))
    assert condition.due == {}


@pytest.mark.parametrize(
    "told",
    [
        [came(0, "ben"), named(1, "ben")],
        [came(0), named(1, decision="review")],
        [named(1)],  # of a visit that has been closed
        [came(0), went(1), named(2)],
    ],
)
def test_nobody_else_is(told):
    condition = Tagged("vip", VIP)
    assert not any([condition.take(event) for event in told][-1:])
    assert condition.due == {}


def test_a_name_that_was_carried_counts_too():
    condition = Tagged("banned", {"ada": frozenset({"banned"})})
    condition.take(came(0))
    assert condition.take(named(1, decision="carried"))


def test_the_third_visit_within_the_days_is_due_until_its_end():
    condition = RepeatVisitor(3, timedelta(days=2))
    for second in (0, 1000, DAY_S):
        assert condition.due == {}
        condition.take(came(second))
        condition.take(came(second, "ben" + str(second)))
    due = condition.due[ADA]
    assert due.at == at(DAY_S)
    assert due.message == "the same person is at door, 3 visits in 2 days"
    assert condition.take(went(DAY_S + 60))
    assert condition.due == {}


def test_visits_that_are_too_old_do_not_count():
    condition = RepeatVisitor(3, timedelta(days=2))
    for second in (0, 1000, 2 * DAY_S + 1):
        condition.take(came(second))
    assert condition.due == {}
    condition.take(came(2 * DAY_S + 500))
    assert "3 visits" in condition.due[ADA].message


def test_visits_of_an_earlier_system_count_each_once():
    past = [PastVisit("ada", at(0)), PastVisit("ada", at(1000))]
    condition = RepeatVisitor(3, timedelta(days=2), past)
    assert not condition.take(came(1000))
    assert condition.take(came(2000))
    assert "3 visits" in condition.due[ADA].message


def test_who_is_here_is_counted_anew_with_whom_they_were_merged():
    condition = RepeatVisitor(3, timedelta(days=2))
    condition.take(came(2000))
    condition.take(came(1500, "eve"))
    past = (PastVisit("eve", at(0)), PastVisit("eve", at(1000)), PastVisit("eve", at(2000)))
    condition.recount(PastVisits(past, {"ada": "eve"}))
    assert "3 visits" in condition.due[ADA].message
    assert condition.due[ADA].at == at(2000)
    assert [*condition.due] == [ADA]
    condition.take(went(2500))
    assert condition.due == {}
    assert condition.take(came(3000))
    assert "4 visits" in condition.due[ADA].message


def test_who_is_parted_from_others_is_no_longer_here_so_often():
    condition = RepeatVisitor(2, timedelta(days=2))
    condition.take(came(0))
    condition.take(went(10))
    condition.take(came(2000))
    assert [*condition.due] == [ADA]
    condition.recount(PastVisits((PastVisit("new", at(0)), PastVisit("ada", at(2000))), {}))
    assert condition.due == {}


def test_who_gets_the_tag_while_they_are_here_is_due_when_a_face_shows_them():
    condition = Tagged("vip", {})
    condition.take(came(0))
    condition.take(named(3, "ada"))
    condition.retag(VIP)
    assert condition.due == {}
    condition.take(named(9, "ada", track=8))
    assert condition.due[ADA].at == at(9)
    condition.retag({})
    assert condition.due == {}
