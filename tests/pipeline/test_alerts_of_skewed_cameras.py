"""Alerts where one camera's time is far ahead of the others', as of a recording of next year."""

import pickle
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genesis_ray.domain.alerting.alert_events import AlertEvent
from genesis_ray.domain.alerting.alert_people import Tagged
from genesis_ray.domain.alerting.alert_rules import AlertRule, Condition
from genesis_ray.domain.alerting.alert_system import CameraDown
from genesis_ray.domain.alerting.alert_zones import Limit, TooManyInView, TooManyInZone, Where
from genesis_ray.domain.clocks.ordering import DONE
from genesis_ray.domain.events import Event
from genesis_ray.pipeline.alerting import Alerting
from genesis_ray.pipeline.journal import SiteJournal
from genesis_ray.pipeline.journal_stage import JournalStage
from genesis_ray.pipeline.producers import RESOLVER
from tests.domain.told import at, camera_is, crossed, left, named, seen

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


def test_a_picture_s_crowd_goes_by_the_camera_s_own_time_too():
    stage = stage_of(TooManyInView(Where(), Limit(over=1, lasting=10 * SECOND)))
    tell(stage, DOOR, seen(0, 0), seen(0.5, 1))
    tell(stage, AHEAD, seen(YEAR, 1, camera=AHEAD))
    told = [seen(second + track / 2, track) for second in range(1, 12) for track in (0, 1)]
    assert tell(stage, DOOR, *told) == [("raised", 10.5)]


def test_an_alert_escalates_by_the_time_of_the_camera_that_it_is_from():
    stage = stage_of(too_many(), escalate_after=60 * SECOND)
    assert tell(stage, DOOR, crossed(0, 1), crossed(2, 2), seen(13)) == [("raised", 12)]
    assert tell(stage, AHEAD, *[seen(YEAR + each, camera=AHEAD) for each in range(3)]) == []
    assert tell(stage, DOOR, seen(71)) == []
    assert tell(stage, DOOR, seen(73)) == [("escalated", 72)]


def test_an_alert_of_the_camera_that_is_ahead_is_told_at_once_and_has_its_time():
    stage = stage_of(too_many())
    tell(stage, DOOR, seen(0))
    events = [crossed(YEAR, 1, camera=AHEAD), crossed(YEAR + 1, 2, camera=AHEAD)]
    events += [seen(YEAR + 5, camera=AHEAD), seen(YEAR + 20, camera=AHEAD)]
    assert tell(stage, AHEAD, *events) == [("raised", YEAR + 11)]


def test_somebody_who_is_there_stays_there_however_far_ahead_another_camera_is():
    stage = stage_of(Tagged("vip", VIP), escalate_after=60 * SECOND)
    raised = tell(stage, DOOR, seen(0), named(1), seen(2))
    assert raised == [("raised", 1)]
    for second in range(3, 50):
        assert tell(stage, AHEAD, seen(YEAR + second, 7, camera=AHEAD)) == []
        assert tell(stage, DOOR, seen(second)) == []
    told = tell(stage, DOOR, *[seen(50 + second, 2) for second in range(60)])
    assert told == [("escalated", 61), ("resolved", 90)]


def test_a_camera_that_is_down_is_so_by_its_own_time():
    stage = stage_of(CameraDown(None, 30 * SECOND))
    tell(stage, DOOR, camera_is("stalled", 0))
    assert tell(stage, AHEAD, *[seen(YEAR + each, camera=AHEAD) for each in range(3)]) == []
    assert tell(stage, DOOR, seen(29)) == []
    assert tell(stage, DOOR, seen(31)) == [("raised", 30)]


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        pytest.param([], [], id="alone"),
        pytest.param([0, 60], [("raised", 40)], id="another-watches-on"),
        pytest.param([YEAR, YEAR + 60], [], id="another-is-of-next-year"),
    ],
)
def test_a_recording_that_broke_off_is_down_only_while_somebody_watches_on(others, expected):
    cameras = [DOOR, AHEAD] if others else [DOOR]
    stage = stage_of(CameraDown(None, 30 * SECOND), patience=None, cameras=cameras)
    facts = []
    for seconds in others:
        facts += take(stage, AHEAD, seen(seconds, camera=AHEAD))
    facts += take(stage, DOOR, seen(0))
    facts += take(stage, DOOR, camera_is("failed", 10))
    for camera in cameras:
        facts += stage.take(camera, [], DONE)
    assert alerts_of([*facts, *stage.finish()]) == expected


def test_after_a_kill_time_goes_on_at_each_camera_as_it_was():
    before, after = stage_of(too_many()), stage_of(too_many())
    tell(before, AHEAD, seen(YEAR, camera=AHEAD))
    tell(before, DOOR, crossed(0, 1), crossed(2, 2))
    after.resume(pickle.loads(pickle.dumps(before.state)))
    assert tell(after, DOOR, seen(11)) == []
    assert tell(after, DOOR, seen(13)) == [("raised", 12)]


moments = st.integers(0, 40)
tracks = st.integers(1, 3)


def one_by_one(events: Iterable[Event]) -> list[Event]:
    """In order, no two at the same moment: a stage takes the reports of a moment once."""
    in_order = sorted(events, key=lambda event: event.occurred_at)
    return [
        replace(event, occurred_at=event.occurred_at + number * timedelta(milliseconds=1))
        for number, event in enumerate(in_order)
    ]


happenings = st.lists(
    st.one_of(
        st.tuples(moments, tracks, st.sampled_from(["enter", "exit"])).map(
            lambda each: crossed(*each)
        ),
        st.tuples(moments, tracks).map(lambda each: seen(*each)),
        st.tuples(st.sampled_from(["online", "stalled"]), moments).map(
            lambda each: camera_is(*each)
        ),
    ),
    max_size=20,
)


def all_of_cameras() -> list[Condition]:
    return [
        too_many(for_s=4),
        TooManyInView(Where(), Limit(over=1, lasting=SECOND)),
        CameraDown(None, 3 * SECOND),
    ]


def told_at_the_door(events: Sequence[Event], skew_s: float | None, ticks: Sequence[int]) -> list:
    """Return what is told of the door, with another camera that is `skew_s` ahead, or none."""
    cameras = [DOOR] if skew_s is None else [DOOR, AHEAD]
    patience = None if skew_s is None else PATIENCE
    stage = stage_of(
        *all_of_cameras(), patience=patience, escalate_after=5 * SECOND, cameras=cameras
    )
    facts, others = [], iter(ticks)
    for event in [*one_by_one(events), camera_is("ended", 50)]:
        second = next(others, None)
        if skew_s is not None and second is not None:
            facts += take(stage, AHEAD, seen(skew_s + second, camera=AHEAD))
        facts += take(stage, DOOR, event)
    for camera in cameras:
        facts += stage.take(camera, [], DONE)
    return alerts_of([fact for fact in facts if fact.camera_id == DOOR])


@settings(max_examples=60, deadline=None)
@given(
    happenings,
    st.sampled_from([100.0, 3600.0, YEAR]),
    st.lists(moments, max_size=25).map(sorted),
)
def test_what_is_told_of_a_camera_is_the_same_whatever_the_date_of_another(events, skew_s, ticks):
    assert told_at_the_door(events, skew_s, ticks) == told_at_the_door(events, None, [])


both = st.lists(
    st.one_of(
        st.tuples(moments, tracks, st.sampled_from(["enter", "exit"])).map(
            lambda each: (crossed(*each), crossed(*each, camera=AHEAD))
        ),
        st.tuples(moments, tracks).map(lambda each: (seen(*each), seen(*each, camera=AHEAD))),
        st.tuples(st.sampled_from(["online", "stalled", "failed"]), moments).map(
            lambda each: (camera_is(*each), camera_is(*each, camera=AHEAD))
        ),
    ),
    max_size=15,
)


@settings(max_examples=60, deadline=None)
@given(both, st.randoms(use_true_random=False))
def test_alerts_do_not_depend_on_which_camera_s_reports_come_first(pairs, random):
    chosen = one_by_one(random.choice(pair) for pair in pairs)

    def alerts(pick) -> list[tuple]:
        own = {camera: [e for e in chosen if e.camera_id == camera] for camera in (DOOR, AHEAD)}
        stage = stage_of(
            *all_of_cameras(),
            Tagged("vip", VIP),
            patience=None,
            escalate_after=5 * SECOND,
        )
        facts = []
        while any(own.values()):
            camera = pick([camera for camera in own if own[camera]])
            size = random.randint(1, 3)
            part, own[camera] = own[camera][:size], own[camera][size:]
            told = [(event.occurred_at, (event,)) for event in part]
            facts += stage.take(camera, told, part[-1].occurred_at)
        for camera in (DOOR, AHEAD):
            facts += stage.take(camera, [], DONE)
        found = [fact for fact in [*facts, *stage.finish()] if isinstance(fact, AlertEvent)]
        return sorted((e.occurred_at, e.status, e.camera_id, e.alert_id) for e in found)

    assert alerts(lambda cameras: cameras[0]) == alerts(random.choice)
