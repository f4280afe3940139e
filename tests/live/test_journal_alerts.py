"""Alerts of a journal that is killed and goes on, that starts anew, that is spoken to."""

import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from genesis_ray.domain.clocks.ordering import DONE
from genesis_ray.domain.recognition.people import Person
from genesis_ray.live import journal as journal_module
from genesis_ray.live.journal import JournalActor
from genesis_ray.live.spec import LiveSpec, Told
from genesis_ray.pipeline.producers import RESOLVER
from genesis_ray.running.alerting.alerts import acknowledge, alerts_of, chosen
from genesis_ray.running.people.repairs import Repairs
from genesis_ray.running.people.tags import put_tag
from genesis_ray.settings import Settings
from genesis_ray.store.events.reader import read_table
from genesis_ray.store.runs.run_folder import RunFolder
from genesis_ray.store.runs.state_log import new_key
from genesis_ray.store.tenant.people import People
from genesis_ray.store.tenant.tenants import gallery_folder
from tests.domain.told import at, crossed, left, named, seen
from tests.live.specs import live_spec


@pytest.fixture
def spec(tmp_path) -> LiveSpec:
    queue = {"rule": "queue", "zone_id": "queue", "over": 1, "for_s": 10, "escalate_s": 30}
    return live_spec(tmp_path, "door", tenant_id="shop", alerts=[queue], retry_delays_s=[0])


def tell(journal: JournalActor, until: float, *events) -> None:
    """Tell what happened until then, by camera and resolver."""
    told = [(event.occurred_at, (event,)) for event in events]
    journal.take([Told("door", told, at(until)), Told(RESOLVER, [], at(until))])


def alerts(spec: LiveSpec) -> list[tuple[str, float]]:
    rows = read_table(spec.run / "events", "alerts").to_pylist()
    return [(row["status"], (row["occurred_at"] - at(0)).total_seconds()) for row in rows]


QUEUE = (crossed(0, 1), crossed(0, 2))


def killed(journal: JournalActor) -> None:
    """Let go of the log as the kernel does of a process that is killed."""
    journal._log._stopping.set()
    for thread in journal._log._threads:
        thread.join()
    if segment := journal._log._segment:
        segment.close()
    journal._log._lock.release()


def test_after_a_kill_nothing_is_raised_twice_and_nothing_is_forgotten(spec):
    first = JournalActor(spec)
    tell(first, 1, *QUEUE)
    tell(first, 20)
    killed(first)
    second = JournalActor(spec)
    assert alerts(spec) == [("raised", 10)]
    tell(second, 45)
    tell(second, 60, left(50, 1))
    second.finish()
    assert alerts(spec) == [("raised", 10), ("escalated", 40), ("resolved", 50)]
    assert len(alerts_of(RunFolder.open(spec.run))) == 1


def test_killed_before_it_was_due_it_is_raised_at_its_time(spec):
    first = JournalActor(spec)
    tell(first, 5, *QUEUE)
    killed(first)
    second = JournalActor(spec)
    tell(second, 20)
    assert alerts(spec) == [("raised", 10)]
    second.finish()


def test_a_system_that_starts_anew_ends_what_tracks_did_and_raises_it_again_later(spec):
    first = JournalActor(spec)
    tell(first, 20, *QUEUE)
    killed(first)
    second = JournalActor(replace(spec, key=new_key()))
    assert alerts(spec) == [("raised", 10)]
    tell(second, 100)
    _, resolved = alerts(spec)
    assert resolved == ("resolved", 99)  # a second is waited for the resolver
    tell(second, 200, *(replace(each, occurred_at=at(150)) for each in QUEUE))
    assert [status for status, _ in alerts(spec)] == ["raised", "resolved"]
    tell(second, 500)
    assert alerts(spec)[2:] == [("raised", 399), ("escalated", 429)]
    second.finish()


def test_what_somebody_looks_after_is_taken_in_and_escalates_no_more(spec, monkeypatch):
    monkeypatch.setattr(journal_module, "_ACKNOWLEDGED_WITHIN_S", 0)
    run = RunFolder.open(spec.run)
    first = JournalActor(spec)
    tell(first, 20, *QUEUE)
    (alert,) = alerts_of(run)
    assert not acknowledge(run, chosen([alert], alert.alert_id), by="eve", why="", at=at(25))
    time.sleep(0.01)
    tell(first, 26)
    assert [*run.acknowledgements.iterdir()] == []
    killed(first)
    second = JournalActor(spec)
    tell(second, 500)
    assert alerts(spec) == [("raised", 10), ("acknowledged", 25)]
    second.finish()


def test_what_waits_at_the_end_is_taken_in(spec):
    run = RunFolder.open(spec.run)
    journal = JournalActor(spec)
    tell(journal, 20, *QUEUE)
    acknowledge(run, alerts_of(run)[0], by="eve", why="", at=at(25))
    journal.take([Told("door", [], DONE), Told(RESOLVER, [], DONE)])
    journal.finish()
    assert ("acknowledged", 25) in alerts(spec)


def test_a_tag_that_is_put_on_meanwhile_counts_and_still_does_after_a_kill(
    spec, tmp_path, monkeypatch
):
    monkeypatch.setattr(journal_module, "_ACKNOWLEDGED_WITHIN_S", 0)
    more = {"data_dir": tmp_path / "data", "alerts": [{"rule": "vip"}]}
    spec = replace(spec, settings=Settings(**{**spec.settings.model_dump(), **more}))
    with People(gallery_folder(tmp_path / "data", "shop"), writer=True) as people:
        people.add(Person(identity_id="ada", name="Ada", kind="enrolled", enrolled_at=at(0)))
    first = JournalActor(spec)
    tell(first, 5, seen(1), named(2, "ada"))
    tell(first, 8)
    assert alerts(spec) == []
    put_tag(spec.settings, "Ada", "vip", is_set=True, by="eve")
    tell(first, 20)
    killed(first)
    put_tag(spec.settings, "Ada", "vip", is_set=False, by="eve")
    second = JournalActor(spec)
    assert alerts(spec) == []
    tell(second, 30, seen(25, 2), named(26, "ada", 2))
    tell(second, 40)
    second.finish()
    assert [status for status, _ in alerts(spec)][:1] == ["raised"]


def test_who_is_merged_meanwhile_has_come_as_often_as_both_and_so_after_a_kill(
    spec, tmp_path, monkeypatch
):
    monkeypatch.setattr(journal_module, "_ACKNOWLEDGED_WITHIN_S", 0)
    rule = {"rule": "repeat-visitor", "visits": 3}
    more = {"data_dir": tmp_path / "data", "alerts": [rule], "visit_gap_s": 60}
    spec = replace(spec, settings=Settings(**{**spec.settings.model_dump(), **more}))
    with People(gallery_folder(tmp_path / "data", "shop"), writer=True) as people:
        for name in ("ada", "eve"):
            people.add(Person(identity_id=name, name=name, kind="enrolled", enrolled_at=at(0)))
    now = (datetime.now(UTC) - at(0)).total_seconds()
    first = JournalActor(spec)
    for track, (ago, who) in enumerate([(900, "ada"), (600, "ada"), (60, "eve")]):
        tell(first, now - ago + 5, seen(now - ago, track), named(now - ago + 1, who, track))
    tell(first, now - 50)
    assert alerts(spec) == []
    with Repairs(spec.settings, by="eve", why="") as repairs:
        merged = repairs.merge("ada", "eve")
    tell(first, now - 45)
    assert [status for status, _ in alerts(spec)] == ["raised"]
    killed(first)
    second = JournalActor(spec)
    tell(second, now - 40)
    with Repairs(spec.settings, by="eve", why="") as repairs:
        repairs.undo(merged.entry_id)
    tell(second, now - 35)
    second.finish()
    assert [status for status, _ in alerts(spec)] == ["raised", "resolved"]


def test_a_tag_that_is_taken_off_ends_its_alert(spec, tmp_path, monkeypatch):
    monkeypatch.setattr(journal_module, "_ACKNOWLEDGED_WITHIN_S", 0)
    more = {"data_dir": tmp_path / "data", "alerts": [{"rule": "vip"}]}
    spec = replace(spec, settings=Settings(**{**spec.settings.model_dump(), **more}))
    with People(gallery_folder(tmp_path / "data", "shop"), writer=True) as people:
        people.add(Person(identity_id="ada", name="Ada", kind="enrolled", enrolled_at=at(0)))
    put_tag(spec.settings, "Ada", "vip", is_set=True, by="eve")
    journal = JournalActor(spec)
    tell(journal, 5, seen(1), named(2, "ada"))
    tell(journal, 8)
    assert [status for status, _ in alerts(spec)] == ["raised"]
    put_tag(spec.settings, "Ada", "vip", is_set=False, by="eve")
    tell(journal, 9)
    assert [status for status, _ in alerts(spec)] == ["raised", "resolved"]
    journal.finish()
