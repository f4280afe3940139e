from dataclasses import fields

import pytest

from genesis_ray.analytics.alerts import present
from genesis_ray.domain.alerting.alert_events import (
    AlertAcknowledged,
    AlertEscalated,
    AlertRaised,
    AlertResolved,
)
from genesis_ray.store.schemas import to_tables
from tests.domain.told import at


def told(kind, seconds: float, alert_id: str = "a", severity="warning", **own):
    return kind(
        tenant_id="shop", site_id="york", camera_id="door", occurred_at=at(seconds),
        alert_id=alert_id, rule_id="queue", severity=severity, zone_id="queue", message="5 people",
        **own,
    )  # fmt: skip


def acknowledged(seconds: float, by: str = "eve", **own):
    return told(AlertAcknowledged, seconds, acknowledged_by=by, why="till 2 opened", **own)


def now(*events, **which):
    return present({"alerts": to_tables([told(AlertRaised, 0), *events])["alerts"]}, **which)


@pytest.mark.parametrize(
    ("events", "status", "severity"),
    [
        ([], "raised", "warning"),
        ([told(AlertEscalated, 60, severity="critical")], "escalated", "critical"),
        ([acknowledged(70)], "acknowledged", "warning"),
        ([acknowledged(70), told(AlertResolved, 90)], "resolved", "warning"),
    ],
)
def test_an_alert_is_a_row_as_it_is_now(events, status, severity):
    (row,) = now(*events).to_pylist()
    assert (row["status"], row["severity"], row["raised_at"]) == (status, severity, at(0))
    assert (row["zone_id"], row["track_id"], row["identity_id"]) == ("queue", None, None)


def test_who_was_first_looks_after_it():
    (row,) = now(acknowledged(80, "ben"), acknowledged(70, "eve")).to_pylist()
    assert (row["acknowledged_by"], row["acknowledged_at"]) == ("eve", at(70))
    assert row["why"] == "till 2 opened"
    assert now()["acknowledged_by"].to_pylist() == [""]


def test_a_row_that_is_there_twice_counts_once():
    assert now(told(AlertRaised, 0)).num_rows == 1


def test_those_that_are_open_or_grave_can_be_asked_for():
    events = [told(AlertRaised, 5, "b", "critical"), told(AlertResolved, 9)]
    assert now(*events)["alert_id"].to_pylist() == ["a", "b"]
    assert now(*events, is_open=True)["alert_id"].to_pylist() == ["b"]
    assert now(*events, is_open=False)["alert_id"].to_pylist() == ["a"]
    assert now(*events, severity="warning")["alert_id"].to_pylist() == ["a"]


def test_every_field_of_an_alert_is_told_or_has_become_a_time():
    columns = {*now().column_names, "occurred_at"}
    assert {each.name for each in fields(AlertRaised)} <= columns
