from datetime import timedelta

import pytest

from genesis_ray.domain.alerting.alert_desks import alert_id_of
from genesis_ray.domain.alerting.alert_events import (
    AlertAcknowledged,
    AlertEscalated,
    AlertEvent,
    AlertRaised,
    AlertResolved,
)
from genesis_ray.domain.alerting.alert_people import RepeatVisitor, Tagged
from genesis_ray.domain.alerting.alert_rules import AlertRule, Subject
from genesis_ray.domain.alerting.alert_system import FalseMerges
from genesis_ray.domain.alerting.alert_zones import Limit, TooManyInZone, Where
from genesis_ray.domain.clocks.ordering import DONE
from genesis_ray.pipeline.alerting import Alerting
from genesis_ray.pipeline.journal import SiteJournal
from genesis_ray.pipeline.journal_stage import JournalStage
from genesis_ray.pipeline.producers import RESOLVER
from genesis_ray.store.runs.substitution import substituted
from tests.domain.told import at, crossed, left, merged, named, seen

GAP = timedelta(seconds=60)


def rule(name: str, **own) -> AlertRule:
    return AlertRule(rule_id=name, severity="warning", cool_down=timedelta(), **own)


def alerting() -> Alerting:
    limit = Limit(over=1, lasting=timedelta(seconds=10))
    escalating = rule("queue", escalate_after=timedelta(seconds=30))
    return Alerting(
        tenant_id="shop",
        site_id="york",
        rules=[
            (escalating, TooManyInZone(Where(zone_id="queue"), limit)),
            (rule("vip"), Tagged("vip", {"ada": frozenset({"vip"})})),
            (rule("again"), RepeatVisitor(2, timedelta(days=1))),
            (rule("merge"), FalseMerges()),
        ],
    )


@pytest.fixture
def journal() -> SiteJournal:
    return SiteJournal(tenant_id="shop", site_id="york", visit_gap=GAP, alerting=alerting())


def alerts(facts) -> list[AlertEvent]:
    return [fact for fact in facts if isinstance(fact, AlertEvent)]


def apply(journal: SiteJournal, *events) -> list[AlertEvent]:
    facts = []
    for event in events:
        facts += journal.turn(event.occurred_at)
        facts += journal.apply(event)
    return alerts(facts)


def test_an_alert_is_an_event_with_all_that_it_is_about(journal):
    apply(journal, crossed(0, 1), crossed(2, 2))
    (raised,) = journal.advance(at(12))
    assert isinstance(raised, AlertRaised)
    assert (raised.tenant_id, raised.site_id, raised.camera_id) == ("shop", "york", "door")
    assert (raised.rule_id, raised.severity, raised.status) == ("queue", "warning", "raised")
    assert (raised.zone_id, raised.track_id, raised.identity_id) == ("queue", None, None)
    assert raised.occurred_at == at(12)
    escalated, resolved = [*journal.advance(at(42)), *apply(journal, left(50, 1))]
    assert (type(escalated), type(resolved)) == (AlertEscalated, AlertResolved)
    assert escalated.severity == resolved.severity == "critical"
    assert raised.alert_id == escalated.alert_id == resolved.alert_id


def test_a_vip_is_told_with_their_track_and_is_gone_with_their_visit(journal):
    raised, *others = apply(journal, seen(0), named(3))
    assert (raised.rule_id, raised.identity_id, raised.track_id) == ("vip", "ada", 1)
    assert others == []
    (resolved,) = apply(journal, seen(200, track=2))
    assert (resolved.status, resolved.alert_id) == ("resolved", raised.alert_id)


def test_a_visit_that_ends_as_the_next_begins_does_not_end_the_next_ones_alert(journal):
    apply(journal, seen(0), named(3))
    (over, *begun) = apply(journal, seen(300, track=2), named(303, track=2))
    assert over.status == "resolved"
    assert {fact.rule_id for fact in begun} == {"vip", "again"}
    assert {fact.status for fact in begun} == {"raised"}
    ended = alerts(journal.finish())
    assert {(fact.rule_id, fact.status) for fact in ended} == {
        ("vip", "resolved"),
        ("again", "resolved"),
    }


def test_acknowledging_is_told_on_with_what_it_leads_to(journal):
    (raised,) = apply(journal, merged(5))
    said = AlertAcknowledged(
        tenant_id="shop", site_id="york", camera_id="door", occurred_at=at(50),
        alert_id=raised.alert_id, rule_id="merge", severity="warning", message=raised.message,
        acknowledged_by="eve", why="twins",
    )  # fmt: skip
    assert [type(fact) for fact in journal.acknowledge(said)] == [AlertAcknowledged, AlertResolved]
    assert journal.acknowledge(said) == [said]


def test_without_rules_nothing_is_told():
    plain = SiteJournal(tenant_id="shop", site_id="york", visit_gap=GAP)
    assert apply(plain, crossed(0, 1), crossed(0, 2), merged(3)) == []
    assert plain.advance(at(99)) == alerts(plain.finish()) == []


def test_what_was_due_before_an_event_is_told_before_it_counts(journal):
    stage = JournalStage(["door"], journal)
    stage.take(RESOLVER, [], DONE)
    told = [(at(0), (crossed(0, 1), crossed(0, 2))), (at(99), (left(99, 2),))]
    facts = alerts(stage.take("door", told, at(99)))
    assert [(fact.status, fact.occurred_at) for fact in facts] == [
        ("raised", at(10)), ("escalated", at(40)), ("resolved", at(99)),
    ]  # fmt: skip


def test_an_exit_is_told_later_than_it_happened_and_ends_alerts_when_it_is_told(journal):
    stage = JournalStage(["door"], journal)
    stage.take(RESOLVER, [], DONE)
    told = [(at(0.5), (crossed(0, 1), crossed(0, 2))), (at(60), (left(20, 2),))]
    facts = alerts(stage.take("door", told, at(60)))
    assert [fact.occurred_at for fact in facts] == [at(10), at(40), at(60)]


def test_a_stream_in_which_nothing_happens_raises_what_is_due(journal):
    stage = JournalStage(["door"], journal)
    stage.take(RESOLVER, [], DONE)
    together = (crossed(0, 1), crossed(0, 2))
    assert alerts(stage.take("door", [(at(0), together)], at(0))) == []
    assert alerts(stage.take("door", [], at(9))) == []
    assert [fact.occurred_at for fact in alerts(stage.take("door", [], at(15)))] == [at(10)]
    assert alerts(stage.take("door", [], DONE)) == alerts(stage.finish()) == []


@pytest.mark.parametrize("is_prompt", [False, True])
@pytest.mark.parametrize("size", [1, 3, 100])
def test_alerts_do_not_depend_on_how_much_is_told_at_once(is_prompt, size):
    events = [crossed(0, 1), crossed(1, 2), seen(5), left(30, 2), crossed(31, 2), left(90, 1)]
    told = [(event.occurred_at, (event,)) for event in events]

    def logged(size: int, is_prompt: bool):
        own = SiteJournal(tenant_id="shop", site_id="york", visit_gap=GAP, alerting=alerting())
        stage = JournalStage(["door"], own, is_prompt=is_prompt)
        facts = stage.take(RESOLVER, [], DONE)
        for start in range(0, len(told), size):
            part = told[start : start + size]
            facts += stage.take("door", part, part[-1][0])
        return alerts([*facts, *stage.take("door", [], DONE), *stage.finish()])

    found = logged(size, is_prompt)
    assert found == logged(2, False)
    assert [fact.status for fact in found] == [
        "raised", "resolved", "raised", "escalated", "resolved",
    ]  # fmt: skip


def test_an_alert_about_somebody_goes_on_as_that_of_another_identity_until_they_leave(journal):
    (raised,) = apply(journal, seen(0), named(1))
    journal.rename({"ada": "somebody"})
    resolved = alerts(substituted(journal, {"ada": "somebody"}).finish())[-1]
    assert (raised.identity_id, resolved.identity_id) == ("ada", "somebody")
    assert resolved.alert_id == alert_id_of(
        "shop", "vip", Subject(identity_id="somebody"), raised.occurred_at
    )
