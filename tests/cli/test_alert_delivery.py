import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from genesis_ray.cli.alert_delivery import app, tell_of_undelivered
from genesis_ray.errors import ConfigurationError, GenesisError, NotFoundError
from genesis_ray.settings_file import load
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.runs.run_folder import RunFolder
from tests.receivers import SECRET, webhook_receiver
from tests.running.alerting.test_notices import alert


@pytest.fixture
def run(tmp_path, monkeypatch) -> RunFolder:
    """The newest run, with three alerts."""
    monkeypatch.chdir(tmp_path)
    run = RunFolder.create()
    with EventLog(run.events) as log:
        log.append([alert(1), alert(2, severity="info"), alert(3)])
    return run


@pytest.fixture
def receiver():
    with webhook_receiver() as receiver:
        yield receiver


@pytest.fixture
def genesis(run, receiver):
    webhook = {
        "url": f"http://localhost:{receiver.port}/",
        "secret": SECRET,
        "allow_http": True,
        "severity": "warning",
    }
    own = {"webhooks": {"pager": webhook}, "allowed_networks": ["127.0.0.0/8"], "attempts": 2}
    Path("c.yaml").write_text(json.dumps({"delivery": {**own, "first_wait_s": 0.001}}))

    def command(*arguments: str, code: int = 0) -> str:
        result = CliRunner().invoke(app, arguments)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code
        return result.stdout

    return command


def states(genesis, *options):
    rows = json.loads(genesis("deliveries", "--json", *options))
    return [(row["message"], row["state"], row["attempts"]) for row in rows]


def test_a_run_is_delivered_once(genesis, receiver):
    shown = genesis("deliver", "--config", "c.yaml")
    assert [word for word in shown.split() if word.isdigit()] == ["2", "0", "0", "1"]
    genesis("deliver", "--config", "c.yaml")
    assert len(receiver.taken) == 2
    assert "3 people wait" in genesis("deliveries")
    assert "2 people wait" not in genesis("deliveries")
    assert states(genesis, "--all")[1] == ("2 people wait", "withheld", 0)


def test_what_has_to_wait_is_told_by_the_exit_code(genesis, receiver):
    receiver.answers = iter([(503, {"Retry-After": "600"})])
    assert "tried again by the next call" in genesis("deliver", "--config", "c.yaml", code=1)
    assert states(genesis, "--failed") == [("1 people wait", "waiting", 1)]
    assert "HTTP 503 Service Unavailable" in genesis("deliveries", "--failed")


def test_what_was_set_aside_is_delivered_again_where_that_is_asked_for(genesis, receiver):
    receiver.answers = iter([400, 400])
    genesis("deliver", "--config", "c.yaml")
    dead = json.loads(genesis("deliveries", "--failed", "--json"))
    assert [row["state"] for row in dead] == ["dead", "dead"]
    assert "1 waits again" in genesis("redeliver", dead[1]["event_id"][:8])
    assert "1 waits again" in genesis("redeliver", "--all", "--channel", "pager")
    assert "Nothing is set aside" in genesis("redeliver", "--all")
    genesis("deliver", "--config", "c.yaml")
    told = [request.content["message"][0] for request in receiver.requests]
    assert told == ["1", "3", "1", "3"]
    ids = [request.headers["Genesis-Event-Id"] for request in receiver.requests]
    assert ids[:2] == ids[2:] == [row["event_id"] for row in dead]


def test_an_id_that_is_not_set_aside_is_refused(genesis):
    with pytest.raises(NotFoundError, match="no alert with the id '3f2a' is set aside"):
        genesis("redeliver", "3f2a")
    with pytest.raises(ConfigurationError, match="or all that were set aside with --all"):
        genesis("redeliver")


def test_a_run_of_which_nothing_was_delivered_says_so(genesis, run):
    assert f"No alert was delivered in {run.path}" in genesis("deliveries")
    assert "No delivery failed" in genesis("deliveries", "--failed")
    assert json.loads(genesis("deliveries", "--json")) == []


def test_a_test_says_what_came_back(genesis, receiver):
    assert "HTTP 200 OK" in genesis("test", "pager", "--config", "c.yaml")
    receiver.answers = iter([500])
    with pytest.raises(GenesisError, match="pager did not take it: HTTP 500"):
        genesis("test", "pager", "--config", "c.yaml")


def test_without_channels_there_is_nowhere_to_deliver_to(genesis):
    with pytest.raises(ConfigurationError, match="nowhere to deliver to: name a --config"):
        genesis("deliver")


def test_at_the_end_of_a_run_it_is_told_what_was_not_delivered(genesis, run, receiver, capsys):
    receiver.answers = iter([400, (503, {"Retry-After": "600"})])
    genesis("deliver", "--config", "c.yaml", code=1)
    tell_of_undelivered(load(Path("c.yaml")), run)
    assert "2 alerts were not delivered to pager" in capsys.readouterr().err
    tell_of_undelivered(load(None), run)
    assert capsys.readouterr().err == ""
