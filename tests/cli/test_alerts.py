import json
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from genesis_ray.cli.main import app
from genesis_ray.domain.alerting.alert_events import AlertRaised
from genesis_ray.domain.recognition.ledger import Reject, Split, Undo
from genesis_ray.domain.recognition.people import Person
from genesis_ray.domain.tracking.track_sights import TrackSight
from genesis_ray.errors import ConfigurationError
from genesis_ray.settings import Settings
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.runs.run_folder import RunFolder
from genesis_ray.store.tenant.ledger import Ledger
from genesis_ray.store.tenant.people import People
from genesis_ray.store.tenant.tenants import gallery_folder

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.fixture
def run(tmp_path, monkeypatch) -> RunFolder:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    with People(gallery_folder(Settings().data_dir, "default"), writer=True) as people:
        people.add(Person(identity_id="ada-1", name="Ada", kind="enrolled", enrolled_at=NOON))
    run = RunFolder.create()
    common = {"tenant_id": "default", "site_id": "york", "camera_id": "door", "occurred_at": NOON}
    with EventLog(run.events) as log:
        log.append([
            AlertRaised(**common, alert_id="1f00", rule_id="queue-till", severity="critical",
                        zone_id="till", message="7 people in zone till of door"),
            AlertRaised(**common, alert_id="2e00", rule_id="vip", severity="info",
                        identity_id="ada-1", track_id=3, message="somebody tagged vip is at door"),
        ])  # fmt: skip
    return run


def genesis(*arguments: str) -> str:
    result = CliRunner().invoke(app, [*arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def test_alerts_are_listed_with_the_names_of_people(run):
    shown = genesis("alerts", "list")
    for text in ("1f00", "2026-01-05 12:00:00", "queue-till", "critical", "raised", "Ada"):
        assert text in shown
    assert "2 rows" in shown


def test_who_a_track_was_split_off_from_or_is_not_is_not_shown_with_its_alert(run):
    sight = TrackSight(identity_id="ada-1", camera_id="door", track_id=3, since=NOON, until=NOON)
    own = {"at": NOON, "by": "eve", "why": ""}
    with Ledger(gallery_folder(Settings().data_dir, "default"), writer=True) as ledger:
        ledger.append(
            Split(**own, entry_id="0", identity_id="ada-1", new_id="9b01", tracks=(sight,))
        )
        assert "visitor 9b01" in genesis("alerts", "list")
        (_, alert) = json.loads(genesis("alerts", "list", "--json"))
        assert alert["identity_id"] == "9b01"
        ledger.append(Undo(**own, entry_id="1", undone_id="0"))
        ledger.append(Reject(**own, entry_id="2", track=sight))
    assert "Ada" not in genesis("alerts", "list")
    (_, alert) = json.loads(genesis("alerts", "list", "--json"))
    assert alert["identity_id"] is None
    genesis("alerts", "ack", "2e", "--by", "eve")
    (_, alert) = json.loads(genesis("alerts", "list", "--json"))
    assert (alert["identity_id"], alert["acknowledged_by"]) == (None, "eve")


def test_those_of_a_severity_and_those_that_are_open_can_be_asked_for(run):
    only = json.loads(genesis("alerts", "list", "--severity", "info", "--open", "--json"))
    assert [row["alert_id"] for row in only] == ["2e00"]
    nothing = genesis("alerts", "list", "--open", "--severity", "warning")
    assert "No warning alert is open in" in nothing
    assert genesis("alerts", "list", "--severity", "warning", "--json") == "[]\n"


def test_somebody_looks_after_an_alert_once(run):
    said = genesis("alerts", "ack", "1f", "--by", "eve", "--why", "till 2 opened")
    assert said == "eve looks after alert 1f00 (7 people in zone till of door).\n"
    (row, _) = json.loads(genesis("alerts", "list", "--json"))
    assert (row["status"], row["acknowledged_by"], row["why"]) == (
        "acknowledged", "eve", "till 2 opened",
    )  # fmt: skip
    with pytest.raises(ConfigurationError, match="acknowledged by eve"):
        genesis("alerts", "ack", "1f")


def test_while_somebody_writes_it_is_left_for_them(run):
    with EventLog(run.events):
        assert "the system that watches takes it in now" in genesis("alerts", "ack", "1f")


def test_tags_are_put_on_people_shown_and_taken_off(run):
    assert genesis("people", "tag", "Ada", "vip") == "Ada, identity ada-1: vip.\n"
    genesis("people", "tag", "ada-1", "staff", "--by", "eve")
    assert json.loads(genesis("people", "tag", "Ada", "--json"))["tags"] == ["staff", "vip"]
    assert "staff, vip" in genesis("people", "list")
    (person,) = json.loads(genesis("people", "list", "--json"))
    assert person["tags"] == ["staff", "vip"]
    assert "Ada, identity ada-1: staff." in genesis("people", "tag", "Ada", "vip", "--remove")
    with pytest.raises(ConfigurationError, match="expected a tag"):
        genesis("people", "tag", "Ada", "very important")
    with pytest.raises(ConfigurationError, match="belong to a tag"):
        genesis("people", "tag", "Ada", "--remove")


def test_a_tag_that_does_not_count_yet_is_told(run):
    with People(gallery_folder(Settings().data_dir, "default"), writer=True):
        said = genesis("people", "tag", "Ada", "vip")
        assert "alerts by the tags that there were when it began, until it ends" in said
