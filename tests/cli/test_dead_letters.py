import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from genesis_ray.cli.dead_letters import app
from genesis_ray.errors import ConfigurationError, GenesisError, NotFoundError, StoreError
from genesis_ray.running.result import summary
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.settings import Settings
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.events.reader import RunTables
from genesis_ray.store.runs.run_folder import RunFolder
from tests.letters import NOON, became, frame, recording

FILM = "synthetic:?people=2&seconds=1&fps=10&width=320&height=240"
POISONED = f"{FILM}&poison=5"

DOOR, TILL = recording("door"), recording("till")
YARD = frame("yard", 7, at=NOON)


@pytest.fixture
def run(tmp_path, monkeypatch) -> RunFolder:
    """The newest run: the recordings of two cameras wait, a frame of a third was dropped."""
    monkeypatch.chdir(tmp_path)
    Path("data").mkdir()
    settings = Settings(
        data_dir=Path("data"),
        detector={"model": "synthetic"},
        faces={"embedder": "synthetic"},
        cameras=[
            CameraSettings(camera_id="door", source=FILM, start=NOON),
            CameraSettings(camera_id="till", source=POISONED, start=NOON),
        ],
    )
    run = RunFolder.create()
    run.write_summary(summary(settings, None))
    with EventLog(run.events) as log:
        log.append([DOOR, TILL, YARD, became(YARD, "dropped", "a [broken] camera")])
    return run


@pytest.fixture
def genesis(run):
    def command(*arguments: str) -> str:
        result = CliRunner().invoke(app, arguments)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.stdout

    return command


def states(genesis) -> dict[str, tuple[str, str]]:
    rows = json.loads(genesis("list", "--status", "all", "--json"))
    return {row["camera_id"]: (row["status"], row["outcome"]) for row in rows}


def test_what_waits_is_listed_with_why(genesis):
    shown = genesis("list")
    assert DOOR.dead_letter_id in shown
    assert "2026-01-05 12:00:00" in shown
    assert "RuntimeError: cannot digest this picture" in shown
    assert "yard" not in shown
    assert "2 rows" in shown


def test_what_became_of_letters_is_listed_where_it_is_asked_for(genesis):
    shown = genesis("list", "--status", "dropped")
    assert "a [broken] camera" in shown
    assert "door" not in shown
    assert "3 rows" in genesis("list", "--status", "all")


def test_json_is_all_there_is_on_stdout(genesis):
    (row,) = json.loads(genesis("list", "--status", "dropped", "--json"))
    assert row["dead_letter_id"] == YARD.dead_letter_id
    assert row["captured_at"] == "2026-01-05T12:00:00+00:00"
    assert row["frame_index"] == 7
    assert json.loads(genesis("list", "--status", "replayed", "--json")) == []


def test_where_there_is_none_that_is_said(genesis):
    assert genesis("list", "--status", "replayed").startswith("No dead letter is replayed in runs/")
    whole = RunFolder.create(Path("whole")).path
    assert genesis("list", "--run", str(whole)) == "No dead letter is waiting in whole.\n"
    for command in ("replay", "drop"):
        assert genesis(command, "--all", "--run", str(whole)) == "No dead letter waits in whole.\n"
    assert not (whole / "events").exists()


def test_one_is_dropped_with_a_reason_and_the_others_wait_on(genesis):
    assert genesis("drop", DOOR.dead_letter_id, "--reason", "seen by hand") == "1 dropped.\n"
    assert states(genesis) == {
        "door": ("dropped", "seen by hand"),
        "till": ("waiting", ""),
        "yard": ("dropped", "a [broken] camera"),
    }


def test_all_that_wait_are_dropped_at_once(genesis):
    assert genesis("drop", "--all") == "2 dropped.\n"
    assert "No dead letter waits" in genesis("drop", "--all")


def test_of_several_each_is_replayed_whatever_the_others_do(genesis, run):
    result = CliRunner().invoke(app, ["replay", "--all"])
    assert isinstance(result.exception, GenesisError)
    assert str(result.exception) == "1 of 2 could not be replayed; they wait on"
    assert f"{DOOR.dead_letter_id} (door): replayed, 10 frames watched" in result.stdout
    assert re.search(rf"{TILL.dead_letter_id} \(till\): it failed again: Run", result.stderr)
    assert states(genesis)["door"] == ("replayed", "10 frames watched")
    assert states(genesis)["till"] == ("waiting", "")
    (waiting,) = json.loads(genesis("list", "--json"))
    assert (waiting["camera_id"], waiting["attempts"]) == ("till", 5)
    cameras = RunTables(run.events)["track_observations"]["camera_id"].to_pylist()
    assert set(cameras) == {"door"}


@pytest.mark.parametrize("command", ["replay", "drop"])
def test_wrong_ids_are_named_and_nothing_is_done(genesis, command):
    for arguments, error, told in (
        ([], ConfigurationError, "by their ids, or all that wait with --all"),
        (["--all", DOOR.dead_letter_id], ConfigurationError, "--all"),
        ([DOOR.dead_letter_id, "nobody"], NotFoundError, "no dead letter 'nobody'"),
        ([DOOR.dead_letter_id, YARD.dead_letter_id], ConfigurationError, "was dropped at"),
    ):
        with pytest.raises(error, match=told):
            genesis(command, *arguments)
    assert states(genesis)["door"] == ("waiting", "")


@pytest.mark.parametrize("command", ["replay", "drop"])
def test_who_writes_to_the_run_is_named_and_nothing_is_done(genesis, run, command):
    with EventLog(run.events), pytest.raises(StoreError, match="being written to by process"):
        genesis(command, "--all")
    assert states(genesis)["door"] == ("waiting", "")


def test_the_data_of_the_run_can_be_elsewhere(genesis, run, tmp_path, monkeypatch):
    monkeypatch.chdir("/")
    arguments = ("replay", DOOR.dead_letter_id, "--run", str(tmp_path / run.path))
    with pytest.raises(ConfigurationError, match="--data DIR"):
        genesis(*arguments)
    assert "10 frames" in genesis(*arguments, "--data", str(tmp_path / "data"))
