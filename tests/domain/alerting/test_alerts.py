import pickle
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genesis_ray.domain.alerting.alert_desks import OpenAlert
from genesis_ray.domain.alerting.alert_people import Tagged
from genesis_ray.domain.alerting.alert_rules import AlertRule
from genesis_ray.domain.alerting.alert_system import CameraDown, FalseMerges
from genesis_ray.domain.alerting.alert_zones import (
    Limit,
    TooLongInZone,
    TooManyInView,
    TooManyInZone,
    Where,
)
from genesis_ray.domain.alerting.alerts import AlertDesk
from tests.domain.told import at, came, camera_is, crossed, left, merged, named, seen, went

QUEUE = Where(zone_id="queue")


def rule(name: str = "queue", *, cool_down_s: float = 0, escalate_s: float | None = None, **own):
    after = None if escalate_s is None else timedelta(seconds=escalate_s)
    values = {"severity": "warning", "cool_down": timedelta(seconds=cool_down_s), **own}
    return AlertRule(rule_id=name, escalate_after=after, **values)


def too_many(over: int = 1, for_s: float = 10, lag_s: float = 0) -> TooManyInZone:
    where = replace(QUEUE, lag=timedelta(seconds=lag_s))
    return TooManyInZone(where, Limit(over=over, lasting=timedelta(seconds=for_s)))


def desk(condition=None, *, own: AlertRule | None = None) -> AlertDesk:
    return AlertDesk("shop", [(own or rule(), condition or too_many())])


def told(desk: AlertDesk, *events) -> list[tuple[str, float]]:
    """Tell a desk each event at its own time; return what it says, with seconds."""
    facts = [fact for event in events for fact in desk.update(event.occurred_at, [event])]
    return short(facts)


def short(facts) -> list[tuple[str, float]]:
    return [(fact.change, (fact.at - at(0)).total_seconds()) for fact in facts]


def test_a_condition_has_to_hold_all_the_time_and_the_alert_bears_the_moment_it_did():
    own = desk()
    assert told(own, crossed(0, 1), crossed(2, 2), seen(11)) == []
    assert told(own, seen(30)) == [("raised", 12)]


def test_a_condition_that_ended_before_raises_nothing():
    own = desk()
    assert told(own, crossed(0, 1), crossed(2, 2), left(11, 2), crossed(13, 3), seen(22)) == []


def test_time_that_goes_on_without_events_raises_what_is_due():
    own = desk()
    told(own, crossed(0, 1), crossed(2, 2))
    assert short(own.advance(at(11.9))) == []
    assert short(own.advance(at(12))) == [("raised", 12)]
    assert short(own.advance(at(60))) == []


def test_an_alert_is_told_once_and_resolved_when_its_condition_ends():
    own = desk()
    facts = told(own, crossed(0, 1), crossed(2, 2), crossed(15, 3), left(20, 3), left(25, 2))
    assert facts == [("raised", 12), ("resolved", 25)]
    assert own.open_alerts() == []


def test_raised_again_it_is_another_alert_and_not_before_it_has_cooled_down():
    own = desk(own=rule(cool_down_s=100))
    facts = [
        *own.update(at(0), [crossed(0, 1), crossed(0, 2)]),
        *own.update(at(20), [left(20, 2)]),
        *own.update(at(30), [crossed(30, 2)]),
        *own.advance(at(500)),
    ]
    assert short(facts) == [("raised", 10), ("resolved", 20), ("raised", 120)]
    assert facts[0].alert.alert_id == facts[1].alert.alert_id != facts[2].alert.alert_id


def test_what_comes_and_goes_before_it_has_cooled_down_is_not_raised_again():
    own = desk(too_many(for_s=1), own=rule(cool_down_s=100))
    events = [crossed(0, 1), crossed(0, 2), left(20, 2), crossed(30, 2), left(60, 2), seen(200)]
    assert told(own, *events) == [("raised", 1), ("resolved", 20)]


def test_who_walks_out_of_view_ends_an_alert_at_that_moment_however_late_it_is_told():
    own = desk(TooManyInView(Where(), Limit(over=0, lasting=timedelta(seconds=1))))
    own.update(at(0), [seen(0)])
    assert short(own.advance(at(60))) == [("raised", 1), ("resolved", 3)]


def test_each_zone_has_an_alert_of_its_own():
    own = desk()
    for camera in ("door", "hall"):
        own.update(at(0), [crossed(0, 1, camera=camera), crossed(0, 2, camera=camera)])
    raised = own.advance(at(10))
    assert [fact.alert.camera_id for fact in raised] == ["door", "hall"]
    assert short(own.update(at(20), [left(20, 1, camera="hall")])) == [("resolved", 20)]
    assert [alert.camera_id for alert in own.open_alerts()] == ["door"]


def test_who_nobody_looks_after_is_told_again_graver_each_time_until_it_is_critical():
    own = desk(own=rule(escalate_s=60, severity="info"))
    own.update(at(0), [crossed(0, 1), crossed(0, 2)])
    facts = own.advance(at(1000))
    assert short(facts) == [("raised", 10), ("escalated", 70), ("escalated", 130)]
    assert [fact.alert.severity for fact in facts] == ["info", "warning", "critical"]


def test_what_is_critical_is_told_again_once():
    own = desk(own=rule(escalate_s=60, severity="critical"))
    own.update(at(0), [crossed(0, 1), crossed(0, 2)])
    assert short(own.advance(at(1000))) == [("raised", 10), ("escalated", 70)]


def test_what_somebody_looks_after_escalates_no_more_and_is_still_open():
    own = desk(own=rule(escalate_s=60))
    own.update(at(0), [crossed(0, 1), crossed(0, 2)])
    (raised,) = own.advance(at(20))
    assert own.acknowledge(raised.alert.alert_id, at(50)) == []
    assert own.advance(at(1000)) == []
    assert [alert.alert_id for alert in own.open_alerts()] == [raised.alert.alert_id]
    assert short(own.update(at(1001), [left(1001, 1)])) == [("resolved", 1001)]


def test_what_has_no_end_is_over_when_somebody_looks_after_it():
    own = desk(FalseMerges())
    (raised,) = own.update(at(5), [merged(5)])
    assert own.update(at(6), [merged(6, track=2)]) == own.advance(at(9999)) == []
    assert short(own.acknowledge(raised.alert.alert_id, at(10_000))) == [("resolved", 10_000)]
    assert short(own.update(at(10_001), [merged(10_001, track=3)])) == [("raised", 10_001)]


def test_an_alert_that_is_not_open_cannot_be_looked_after():
    assert desk().acknowledge("0", at(0)) == []


def test_news_of_what_happened_before_it_was_due_come_in_time():
    own = desk(too_many(lag_s=1.5))
    own.update(at(0.5), [crossed(0, 1), crossed(0, 2)])
    assert own.update(at(10.2)) == []
    assert own.update(at(10.4), [left(9.9, 2)]) == []
    assert own.advance(at(99)) == []


def test_at_the_end_what_is_due_is_told_though_its_news_could_have_come():
    own = desk(too_many(lag_s=1.5))
    own.update(at(0.5), [crossed(0, 1), crossed(0, 2)])
    own.update(at(10.5), [seen(10.5)])
    assert short(own.finish()) == [("raised", 10)]
    assert desk().finish() == []


def test_of_other_rules_nothing_is_told():
    own = AlertDesk("shop", two_rules())
    facts = own.update(at(3), [camera_is("stalled", 3)])
    assert [fact.alert.rule_id for fact in facts] == ["down"]


def two_rules():
    return [(rule("queue"), too_many()), (rule("down"), CameraDown(None, timedelta(0)))]


def test_after_a_new_start_what_tracks_did_is_over_and_a_camera_that_is_down_is_still_down():
    before = AlertDesk("shop", two_rules())
    before.update(at(0), [crossed(0, 1), crossed(0, 2), camera_is("stalled", 0)])
    before.advance(at(20))
    after = AlertDesk("shop", two_rules())
    after.reopen([OpenAlert(alert, alert.raised_at) for alert in before.open_alerts()], [])
    facts = after.update(at(100), [camera_is("stalled", 100)])
    assert [fact.alert.rule_id for fact in facts] == ["queue"]
    assert short(facts) == [("resolved", 100)]
    assert short(after.update(at(120), [camera_is("online", 120)])) == [("resolved", 120)]


def test_after_a_new_start_somebody_is_here_only_if_their_visit_goes_on():
    def with_tag():
        tags = dict.fromkeys(("ada", "ben"), frozenset({"vip"}))
        return desk(Tagged("vip", tags), own=rule("vip"))

    before = with_tag()
    for who in ("ada", "ben"):
        before.update(at(1), [came(0, who), named(1, who)])
    left_open = [OpenAlert(alert, alert.raised_at) for alert in before.open_alerts()]
    after = with_tag()
    after.reopen(left_open, [came(0, "ada")])
    assert [(f.change, f.alert.subject.identity_id) for f in after.advance(at(50))] == [
        ("resolved", "ben")
    ]
    assert after.update(at(60), [named(60, "ada", track=2)]) == []
    assert short(after.update(at(99), [went(70, "ada")])) == [("resolved", 99)]


def test_an_alert_of_a_rule_that_is_no_more_is_left_alone():
    before = desk()
    before.update(at(0), [crossed(0, 1), crossed(0, 2)])
    before.advance(at(20))
    after = desk(own=rule("other"))
    after.reopen([OpenAlert(a, a.raised_at) for a in before.open_alerts()], [])
    assert after.advance(at(99)) == []


moments = st.integers(0, 60)
directions, zones = st.sampled_from(["enter", "exit"]), st.sampled_from(["queue", "bar"])
crossings = st.tuples(moments, st.integers(1, 4), directions, zones)
happenings = st.lists(
    st.one_of(
        crossings.map(lambda each: crossed(*each)),
        st.tuples(moments, st.integers(1, 4)).map(lambda each: seen(*each)),
        st.tuples(st.sampled_from(["online", "stalled"]), moments).map(
            lambda each: camera_is(*each)
        ),
    ),
    max_size=25,
).map(lambda events: sorted(events, key=lambda event: event.occurred_at))


def many_rules() -> AlertDesk:
    seconds = timedelta(seconds=1)
    limit = Limit(over=1, lasting=4 * seconds)
    return AlertDesk(
        "shop",
        [
            (rule("queue", cool_down_s=3, escalate_s=5), TooManyInZone(QUEUE, limit)),
            (rule("crowd"), TooManyInView(Where(), Limit(over=1, lasting=seconds))),
            (rule("long", escalate_s=4), TooLongInZone(Where(), 5 * seconds, wording="is")),
            (rule("wait"), TooLongInZone(QUEUE, 6 * seconds, wording="waits", each=False)),
            (rule("down", cool_down_s=7), CameraDown(None, 3 * seconds)),
        ],
    )


@settings(max_examples=100, deadline=None)
@given(happenings, st.lists(st.integers(0, 80)))
def test_it_does_not_matter_how_often_time_is_told(events, ticks):
    plain, ticking = many_rules(), many_rules()
    expected = [fact for each in events for fact in plain.update(each.occurred_at, [each])]
    expected += plain.advance(at(100))
    facts = []
    pending = sorted(ticks)
    for event in events:
        while pending and at(pending[0]) < event.occurred_at:
            facts += ticking.advance(at(pending.pop(0)))
        facts += ticking.update(event.occurred_at, [event])
    facts += [fact for tick in pending for fact in ticking.advance(at(tick))]
    facts += ticking.advance(at(100))
    assert facts == expected


@settings(max_examples=100, deadline=None)
@given(happenings, st.integers(0, 25))
def test_what_goes_on_from_a_state_says_what_the_whole_would(events, cut):
    whole, first = many_rules(), many_rules()
    expected = [fact for each in events for fact in whole.update(each.occurred_at, [each])]
    facts = [fact for each in events[:cut] for fact in first.update(each.occurred_at, [each])]
    second = pickle.loads(pickle.dumps(first))
    facts += [fact for each in events[cut:] for fact in second.update(each.occurred_at, [each])]
    assert facts == expected
    assert second.advance(at(100)) == whole.advance(at(100))


@settings(max_examples=100, deadline=None)
@given(happenings)
def test_an_alert_is_raised_then_escalated_then_resolved_and_never_twice_at_once(events):
    own = many_rules()
    open_now = {}
    facts = [fact for each in events for fact in own.update(each.occurred_at, [each])]
    for fact in [*facts, *own.advance(at(100))]:
        key = (fact.alert.rule_id, fact.alert.subject)
        if fact.change == "raised":
            assert key not in open_now
            open_now[key] = fact
        assert open_now[key].alert.alert_id == fact.alert.alert_id
        assert fact.at >= open_now[key].at
        open_now[key] = fact
        if fact.change == "resolved":
            del open_now[key]
    assert {fact.alert.alert_id for fact in open_now.values()} == {
        alert.alert_id for alert in own.open_alerts()
    }


@pytest.mark.parametrize("change", [{"rule_id": "b"}, {}])
def test_an_id_is_made_of_rule_subject_and_time(change):
    def first(own):
        made = desk(own=own)
        made.update(at(0), [crossed(0, 1), crossed(0, 2)])
        return made.advance(at(20))[0].alert.alert_id

    same = first(rule()) == first(replace(rule(), **change))
    assert same == (not change)


def test_a_cool_down_at_a_camera_that_is_far_ahead_is_over_by_its_own_time():
    """Else it would last until the others' time is there."""
    ahead, tags = 3600.0, {"ada": frozenset({"vip"})}
    own = desk(Tagged("vip", tags), own=rule("vip", cool_down_s=100))

    def at_the_hall(seconds: float, *events):
        own.hear({"hall": at(ahead + seconds), "door": at(seconds)})
        return short(own.update(at(ahead + seconds), events))

    who = {"camera": "hall", "who": "ada"}
    assert at_the_hall(0, came(ahead, **who), named(ahead, **who)) == [("raised", ahead)]
    assert at_the_hall(10, went(ahead + 10, **who)) == [("resolved", ahead + 10)]
    assert short(own.update(at(20), [came(20), named(20)])) == []
    assert at_the_hall(109) == []
    assert at_the_hall(111) == [("raised", 111)]
