from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from genesis_ray.domain.recognition.ledger import Merge, Reject, Split
from genesis_ray.domain.recognition.people import Person
from genesis_ray.domain.tracking.track_sights import TrackSight
from genesis_ray.running.alerting.alert_rules import build_alerting
from genesis_ray.running.people.tags import put_tag, tags_of, tags_of_all
from genesis_ray.settings import Settings
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.events.reader import RunTables
from genesis_ray.store.tenant.ledger import Ledger
from genesis_ray.store.tenant.people import People
from genesis_ray.store.tenant.tenants import gallery_folder
from tests.domain.told import (
    at,
    came,
    camera_is,
    crossed,
    left,
    matches_are,
    merged,
    named,
    part_is,
    seen,
    set_aside,
)
from tests.hand_made import visit

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path) -> Settings:
    settings = Settings(data_dir=tmp_path)
    with People(gallery_folder(tmp_path, "default"), writer=True) as people:
        for name in ("ada", "eve"):
            people.add(Person(identity_id=name, name=name, kind="enrolled", enrolled_at=NOON))
    return settings


def with_rule(settings: Settings, **rule) -> Settings:
    return Settings(data_dir=settings.data_dir, alerts=[rule])


def raised(settings: Settings, *events, until: float = 1000, past=None) -> list[tuple]:
    alerting = build_alerting(settings, past)
    facts = []
    for event in events:
        facts += alerting.turn(event.occurred_at)
        facts += alerting.take([event])
    facts += alerting.advance(at(until))
    return [
        (fact.rule_id, fact.severity, (fact.occurred_at - at(0)).total_seconds())
        for fact in facts
        if fact.status == "raised"
    ]


def an_hour(week: int, people: int) -> list:
    start = week * 604_800
    came = [seen(start + 60 + track, track) for track in range(people)]
    return [camera_is("online", start), *came, camera_is("ended", start + 3600)]


QUEUE = [crossed(0, track) for track in range(7)]


@pytest.mark.parametrize(
    ("rule", "events", "told"),
    [
        ({"rule": "queue", "zone_id": "queue"}, QUEUE, ("queue-queue", "warning", 180)),
        ({"rule": "wait", "zone_id": "queue"}, QUEUE[:1], ("wait-queue", "warning", 300)),
        (
            {"rule": "wait", "zone_id": "queue", "of": "mean", "over_s": 60},
            [*QUEUE[:1], left(100, 0)],
            ("wait-queue", "warning", 105),
        ),
        ({"rule": "crowd", "over": 1}, [seen(1, 1), seen(1, 2), seen(3, 1), seen(3, 2),
          seen(5, 1), seen(5, 2), seen(7, 1), seen(7, 2), seen(9, 1), seen(9, 2)],
         ("crowd", "warning", 11)),
        (
            {"rule": "crowd", "zone_id": "queue", "per_m2": 0.5, "area_m2": 12},
            QUEUE,
            ("crowd-queue", "warning", 10),
        ),
        ({"rule": "loitering", "zone_id": "queue"}, QUEUE[:1], ("loitering-queue", "info", 300)),
        (
            {"rule": "camera-down", "camera_id": "door"},
            [camera_is("stalled", 5)],
            ("camera-down-door", "critical", 35),
        ),
        (
            {"rule": "anomaly", "window": 2, "warm_up": 2},
            [*(seen(60 * n) for n in range(3)), *(seen(181, n) for n in range(4)), seen(240)],
            ("anomaly", "info", 240),
        ),
        (
            {"rule": "unusual-hour", "weeks": 2, "warm_up": 2},
            [event for week in range(3) for event in an_hour(week, 5 if week == 2 else 0)],
            ("unusual-hour", "info", 2 * 604_800 + 64),
        ),
        ({"rule": "drift"}, [matches_are("degraded", 5)], ("drift", "warning", 5)),
        ({"rule": "degraded"}, [part_is("degraded", 5)], ("degraded", "warning", 5)),
        (
            {"rule": "dead-letters", "over": 1, "within_s": 10},
            [set_aside(5), set_aside(20), set_aside(29)],
            ("dead-letters", "warning", 29),
        ),
        ({"rule": "false-merge"}, [merged(5)], ("false-merge", "critical", 5)),
        (
            {"rule": "repeat-visitor", "visits": 2},
            [came(5), came(70)],
            ("repeat-visitor", "info", 70),
        ),
        (
            {"rule": "false-merge", "name": "twins", "severity": "info"},
            [merged(5)],
            ("twins", "info", 5),
        ),
    ],
)  # fmt: skip
def test_a_rule_is_what_its_settings_say(settings, rule, events, told):
    assert raised(with_rule(settings, **rule), *events) == [told]


def test_six_in_a_queue_are_not_too_many(settings):
    assert raised(with_rule(settings, rule="queue", zone_id="queue"), *QUEUE[:6]) == []


@pytest.mark.parametrize(("rule", "severity"), [("vip", "info"), ("banned", "critical")])
def test_people_are_known_by_their_tags(settings, rule, severity):
    events = [came(0), named(2), came(3, "eve"), named(4, "eve", 2)]
    assert raised(with_rule(settings, rule=rule), *events) == []
    put_tag(settings, "ada", rule, is_set=True, by="eve")
    assert raised(with_rule(settings, rule=rule), *events) == [(rule, severity, 2)]
    assert raised(with_rule(settings, rule=rule, tag="other"), *events) == []


def test_who_is_not_staff_is_told_where_only_staff_may_be(settings):
    put_tag(settings, "eve", "staff", is_set=True, by="eve")
    events = [crossed(0, 1), crossed(0, 2), crossed(1, 3), named(4, "eve", 1), named(4, "ada", 2)]
    found = raised(with_rule(settings, rule="staff-only", zone_id="queue"), *events)
    assert found == [("staff-only-queue", "warning", 10), ("staff-only-queue", "warning", 11)]


def test_tags_are_put_on_and_taken_off_once(settings):
    put_tag(settings, "ada", "vip", is_set=True, by="eve")
    assert put_tag(settings, "ada", "vip", is_set=True, by="eve").tags == ["vip"]
    assert tags_of_all(settings) == {"ada": {"vip"}}
    assert put_tag(settings, "ada", "vip", is_set=False, by="eve").tags == []
    assert tags_of(settings, "ada").tags == []


def test_visits_in_the_log_that_is_gone_on_with_count(settings, tmp_path):
    now = datetime.now(UTC)
    rule = with_rule(settings, rule="repeat-visitor", visits=2, days=3)
    before = came((now - timedelta(days=1) - at(0)).total_seconds())
    events = tmp_path / "events"
    with EventLog(events) as log:
        log.append([_of_default(before)])
    today = (now - at(0)).total_seconds()
    assert raised(rule, came(today), until=today + 1) == []
    ((rule_id, *_),) = raised(rule, came(today), until=today + 1, past=RunTables(events, "default"))
    assert rule_id == "repeat-visitor"


def test_hours_in_the_log_that_is_gone_on_with_are_compared_with(settings, tmp_path):
    rule = with_rule(settings, rule="unusual-hour", weeks=2, warm_up=2, side="above")
    started_at = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    this_week = (started_at - at(0)).total_seconds() / 604_800
    with EventLog(tmp_path / "events") as log:
        for week in (this_week - 2, this_week - 1):
            log.append([_of_default(event) for event in an_hour(week, 2)])
    now = an_hour(this_week, 9)
    until = this_week * 604_800 + 3600
    assert raised(rule, *now, until=until) == []
    past = RunTables(tmp_path / "events", "default")
    ((rule_id, *_),) = raised(rule, *now, until=until, past=past)
    assert rule_id == "unusual-hour"


@pytest.mark.parametrize(
    ("entries", "count"),
    [
        ([], 2),
        (["merge"], 3),  # of three visits before, two at once are one
        (["merge", "reject"], 2),
        (["split"], 1),
    ],
)
def test_visits_of_before_count_as_they_would_be_by_who_is_who(settings, tmp_path, entries, count):
    now = datetime.now(UTC)
    today = (now - at(0)).total_seconds()
    day = today - 86_400
    own = {"entry_id": "0", "at": NOON, "by": "eve", "why": ""}
    track = TrackSight(
        identity_id="ada", camera_id="door", track_id=1, since=at(day), until=at(day + 8)
    )
    later = replace(track, identity_id="eve", track_id=3, since=at(day + 3600), until=now)
    made = {
        "merge": Merge(**own, identity_id="ada", other_id="eve"),
        "reject": Reject(**own | {"entry_id": "1"}, track=later),
        "split": Split(**own, identity_id="ada", new_id="new", tracks=(track,)),
    }
    with Ledger(gallery_folder(settings.data_dir, "default"), writer=True) as ledger:
        for entry in entries:
            ledger.append(made[entry])
    stays = [(day, "ada", 1), (day + 2, "eve", 2), (day + 3600, "eve", 3)]
    with EventLog(tmp_path / "events") as log:
        log.append([
            _of_default(event)
            for since, who, number in stays
            for event in (*visit(since, since + 8, who), named(since, who, number))
        ])  # fmt: skip
    told = [
        visits
        for visits in (2, 3, 4)
        if raised(
            with_rule(settings, rule="repeat-visitor", visits=visits, days=3),
            came(today), until=today + 1, past=RunTables(tmp_path / "events", "default"),
        )
    ]  # fmt: skip
    assert told == [visits for visits in (2, 3, 4) if visits <= count]


def _of_default(event):
    return replace(event, tenant_id="default")


WAY = {"passages": [{"between": ["door", "till"], "min_s": 8}]}


@pytest.mark.parametrize("given", [{}, {"topology": WAY}])
def test_false_merges_are_raised_where_no_rule_is_set_nor_a_topology(settings, given):
    own = Settings(data_dir=settings.data_dir, **given)
    assert raised(own, merged(5)) == [("false-merge", "critical", 5)]


def test_where_no_face_is_looked_at_there_is_no_rule_of_false_merges(settings):
    assert Settings(data_dir=settings.data_dir, faces={"enabled": False}).alert_rules == ()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"topology": {**WAY, "alert": False}}, []),
        ({"topology": {"alert": False}}, []),
        (
            {"topology": WAY, "alerts": [{"rule": "false-merge", "name": "twice"}]},
            [("twice", "critical", 5)],
        ),
        ({"topology": {"overlapping": [("door", "hall")]}}, [("false-merge", "critical", 5)]),
    ],
)
def test_the_rule_of_false_merges_can_be_left_out_or_written_otherwise(settings, given, told):
    assert raised(Settings(data_dir=settings.data_dir, **given), merged(5)) == told
