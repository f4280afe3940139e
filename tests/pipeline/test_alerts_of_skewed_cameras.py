"""Alerts where one camera's time is far ahead of the others', as of a recording of next year."""

from collections.abc import Sequence
from datetime import timedelta

from genesis_ray.domain.alert_events import AlertEvent
from genesis_ray.domain.alert_rules import AlertRule, Condition
from genesis_ray.domain.alert_zones import Limit, TooManyInZone, Where
from genesis_ray.domain.events import Event
from genesis_ray.domain.ordering import DONE
from genesis_ray.pipeline.alerting import Alerting
from genesis_ray.pipeline.journal import SiteJournal
from genesis_ray.pipeline.journal_stage import JournalStage
from genesis_ray.pipeline.producers import RESOLVER
from tests.domain.told import at, crossed, left, seen

DOOR, AHEAD = "door", "ahead"
PATIENCE = timedelta(seconds=1)
SECOND = timedelta(seconds=1)
YEAR = 365 * 24 * 3600.0
VIP = {"ada": frozenset({"vip"})}


def stage_of(
    *conditions: Condition,
    patience: timedelta | None = PATIENCE,
    escalate_after: timedelta | None = None,
    cameras: Sequence[str] = (DOOR, AHEAD),
) -> JournalStage:
    rules = [
        (
            AlertRule(
                rule_id=f"rule-{number}",
                severity="info",
                cool_down=timedelta(0),
                escalate_after=escalate_after,
            ),
            condition,
        )
        for number, condition in enumerate(conditions)
    ]
    alerting = Alerting(tenant_id="shop", site_id="york", rules=rules)
    journal = SiteJournal(
        tenant_id="shop", site_id="york", visit_gap=10 * SECOND, alerting=alerting
    )
    stage = JournalStage(cameras, journal, patience=patience, is_prompt=patience is not None)
    stage.take(RESOLVER, [], DONE)
    return stage


def too_many(for_s: float = 10) -> TooManyInZone:
    limit = Limit(over=1, lasting=timedelta(seconds=for_s))
    return TooManyInZone(Where(zone_id="queue"), limit)


def tell(stage: JournalStage, camera: str, *events: Event) -> list[tuple[str, float]]:
    """Tell a stage each event in a report of its own; return what becomes of alerts."""
    return alerts_of([fact for event in events for fact in take(stage, camera, event)])


def take(stage: JournalStage, camera: str, event: Event) -> list[Event]:
    return stage.take(camera, [(event.occurred_at, (event,))], event.occurred_at)


def alerts_of(facts: Sequence[Event]) -> list[tuple[str, float]]:
    return [
        (fact.status, (fact.occurred_at - at(0)).total_seconds())
        for fact in facts
        if isinstance(fact, AlertEvent)
    ]


def test_a_wait_at_a_camera_does_not_ripen_by_one_whose_time_is_far_ahead():
    stage = stage_of(too_many())
    tell(stage, AHEAD, seen(YEAR, camera=AHEAD))
    told = [crossed(0, 1), crossed(2, 2), seen(3), left(9, 2), seen(30)]
    assert tell(stage, DOOR, *told) == []


def test_it_ripens_by_the_camera_s_own_time_however_far_ahead_another_is():
    stage = stage_of(too_many())
    assert tell(stage, DOOR, crossed(0, 1), crossed(2, 2)) == []
    assert tell(stage, AHEAD, *[seen(YEAR + each, camera=AHEAD) for each in range(3)]) == []
    assert tell(stage, DOOR, seen(11)) == []
    assert tell(stage, DOOR, seen(13)) == [("raised", 12)]
