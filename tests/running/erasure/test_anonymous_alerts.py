from dataclasses import replace

from genesis_ray.domain.alerting.alert_desks import alert_id_of
from genesis_ray.domain.alerting.alert_events import AlertAcknowledged, AlertRaised, AlertResolved
from genesis_ray.domain.alerting.alert_rules import Subject
from genesis_ray.running.erasure.anonymous_alerts import without_alerts
from genesis_ray.store.schemas import to_tables
from tests.domain.told import at

RAISED = AlertRaised(
    tenant_id="shop", site_id="york", camera_id="door", occurred_at=at(0), alert_id="a",
    rule_id="vip", severity="info", track_id=1, identity_id="ada", message="somebody tagged vip",
)  # fmt: skip
SAID = AlertAcknowledged(
    tenant_id="shop", site_id="york", camera_id="door", occurred_at=at(9), alert_id="b",
    rule_id="queue", severity="info", message="5 people", acknowledged_by="Ada",
    why="as Ada told me",
)  # fmt: skip


def rows(*events):
    return to_tables(events)["alerts"]


def test_alerts_about_a_person_are_about_nobody_known_and_stay_together():
    over = AlertResolved(
        tenant_id="shop", site_id="york", camera_id="door", occurred_at=at(60), alert_id="a",
        rule_id="vip", severity="info", track_id=1, identity_id="ada",
        message="somebody tagged vip",
    )  # fmt: skip
    other = replace(RAISED, identity_id="ben", alert_id="c")
    before = rows(RAISED, over, other)
    kept, changed = without_alerts(before, ["ada"], ["Ada", "ada"])
    first, second, third = kept.to_pylist()
    assert changed == 2
    assert first["identity_id"] == second["identity_id"] not in ("ada", "ben")
    assert first["alert_id"] == second["alert_id"] not in ("a", "c")
    assert first["event_id"] not in before["event_id"].to_pylist()
    assert third == before.to_pylist()[2]
    assert [row["message"] for row in kept.to_pylist()] == ["somebody tagged vip"] * 3


def test_what_people_said_of_other_alerts_loses_the_persons_names():
    kept, changed = without_alerts(rows(SAID, RAISED), ["eve"], ["Ada"])
    said, raised = kept.to_pylist()
    assert (said["acknowledged_by"], said["why"]) == ("(forgotten)", "as (forgotten) told me")
    assert said["alert_id"] == "b"
    assert (changed, raised["identity_id"]) == (1, "ada")


def test_a_message_that_was_imported_no_longer_names_the_person():
    kept, _ = without_alerts(
        rows(replace(RAISED, message="VIP Ada entered"), SAID), ["ada"], ["Ada"]
    )
    messages = {row["message"] for row in kept.to_pylist()}
    assert messages == {"VIP (forgotten) entered", "5 people"}


def test_where_nothing_is_theirs_nothing_changes():
    before = rows(SAID, RAISED)
    kept, changed = without_alerts(before, ["eve"], ["Eve"])
    assert changed == 0
    assert kept.equals(before)


def test_an_open_alert_of_who_is_here_is_that_of_the_stranger_they_go_on_as():
    kept, _ = without_alerts(rows(RAISED), ["ada"], [], stranger="somebody")
    (row,) = kept.to_pylist()
    assert row["identity_id"] == "somebody"
    assert row["alert_id"] == alert_id_of("shop", "vip", Subject(identity_id="somebody"), at(0))
