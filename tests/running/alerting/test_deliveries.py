import pytest

from genesis_ray.errors import ConfigurationError, NotFoundError
from genesis_ray.running.alerting.alert_delivery import outbox_folder
from genesis_ray.running.alerting.deliveries import (
    deliveries_of,
    named,
    redeliver,
    to_table,
    with_states,
)
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.runs.outbox import Outbox, OutboxRow
from genesis_ray.store.runs.run_folder import RunFolder
from tests.receivers import NOON
from tests.running.alerting.test_notices import alert

ERASED = b"erased alert.id."


def row(event_id, state="dead", channel="pager"):
    return OutboxRow(channel=channel, event_id=event_id, state=state, changed_at=NOON, due_at=NOON)


@pytest.fixture
def run(tmp_path):
    run = RunFolder.create(tmp_path / "run")
    with EventLog(run.events) as log:
        log.append([alert(1)])
    with Outbox(outbox_folder(run, "default")) as outbox:
        outbox.put([row(alert(1).event_id), row(alert(1).event_id, "waiting", "office")])
        outbox.put([row(ERASED)])
    return run


def test_a_delivery_is_told_with_its_alert_as_long_as_there_is_one(run):
    rows = to_table(deliveries_of(run, "default")).to_pylist()
    told = [(each["message"], each["channel"], each["state"]) for each in rows]
    assert told == [
        ("1 people wait", "pager", "dead"),
        ("1 people wait", "office", "waiting"),
        (None, "pager", "dead"),
    ]
    assert [each["due_at"] for each in rows] == [None, NOON, None]


def test_other_tenants_have_other_deliveries(run):
    assert deliveries_of(run, "other") == []
    assert to_table([]).num_rows == 0


def test_deliveries_are_chosen_by_state_channel_and_the_beginning_of_an_id(run):
    found = deliveries_of(run, "default")
    assert with_states(found, ["dead"]) == [found[0], found[2]]
    assert with_states(found, ["dead", "waiting"], channel="office") == [found[1]]
    assert named(found, [found[0].event_id[:6].upper()]) == found[:2]
    with pytest.raises(NotFoundError, match="no alert with the id 'ffff'"):
        named(found, ["ffff"])
    with pytest.raises(ConfigurationError, match="several ids begin with ''"):
        named(found, [""])


def test_only_what_was_set_aside_is_put_back(run):
    assert redeliver(run, "default", deliveries_of(run, "default"), at=NOON) == 2
    assert {each.row.state for each in deliveries_of(run, "default")} == {"waiting"}
    assert redeliver(run, "default", [], at=NOON) == 0
