import json
from datetime import UTC, datetime, timedelta

import pytest
import typer
import yaml
from typer.testing import CliRunner

from genesis_ray.cli import topology
from genesis_ray.domain.events import (
    Event,
    FaceRecognized,
    SystemStateChanged,
    TrackObserved,
    VisitEnded,
)
from genesis_ray.sections.topology import TopologySettings
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.runs.run_folder import RunFolder

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
OWN = {"tenant_id": "default", "site_id": "default"}


def at(seconds: float) -> datetime:
    return NINE + timedelta(seconds=seconds)


def track(camera: str, number: int, who: str, since: float, until: float) -> list[Event]:
    sights = [
        TrackObserved(
            **OWN, camera_id=camera, occurred_at=at(second), track_id=number, frame_index=0,
            x1=0, y1=0, x2=1, y2=1, confidence=0.9,
        )
        for second in (since, until)
    ]  # fmt: skip
    named = FaceRecognized(
        **OWN, camera_id=camera, occurred_at=at(until), track_id=number, identity_id=who,
        decision="named", similarity=0.9, runner_up_similarity=0.2, threshold=0.5, votes=3,
        quality=0.8, gate="", is_new=False, embedder="fused",
    )  # fmt: skip
    return [*sights, named]


@pytest.fixture
def run(tmp_path, monkeypatch) -> RunFolder:
    """The newest run: thirty people went from the door to the till, each in 10 to 39 s."""
    monkeypatch.chdir(tmp_path)
    events: list[Event] = []
    for number in range(30):
        begun, who = 1000.0 * number, f"person-{number}"
        events += track("door", number, who, begun, begun + 5)
        events += track("till", number, who, begun + 15 + number, begun + 60)
        events.append(
            VisitEnded(
                **OWN, camera_id="till", occurred_at=at(begun + 60), visit_id=who,
                identity_id=who, started_at=at(begun), ended_at=at(begun + 60), zone_ids=(),
            )
        )  # fmt: skip
    folder = RunFolder.create()
    with EventLog(folder.events) as log:
        log.append(events)
    return folder


def genesis(*arguments: object) -> str:
    app = typer.Typer()
    app.add_typer(topology.app, name="topology")
    result = CliRunner().invoke(
        app, ["topology", *map(str, arguments)], env={"COLUMNS": "160"}, catch_exceptions=False
    )
    assert result.exit_code == 0, result.output
    return result.output


def config(tmp_path, **section):
    file = tmp_path / "c.yaml"
    file.write_text(yaml.safe_dump({"topology": section}))
    return file


def test_what_is_learned_is_a_topology_to_paste(run):
    section = TopologySettings(**yaml.safe_load(genesis("learn"))["topology"])
    (passage,) = section.passages
    assert passage.between == ("door", "till")
    assert (passage.min_s, passage.max_s, passage.one_way) == (8.8, 48.0, True)  # of 11 and 38 s
    assert genesis("learn", "--run", run.path) == genesis("learn")


def test_several_runs_are_learned_from_together(run):
    together = genesis("learn", "--run", run.path, "--run", run.path)
    assert "Learned from 60 transitions" in together


def test_of_few_nothing_is_suggested_but_told(run):
    told = genesis("learn", "--enough", 31)
    assert yaml.safe_load(told) is None
    assert "door -> till: 30 times, fewer than 31" in told


def test_who_was_not_named_beyond_doubt_does_not_count(run):
    assert "Learned from 0 transitions" in genesis("learn", "--lead", 0.8)


def test_learning_changes_nothing(run):
    before = {path: path.stat().st_mtime_ns for path in run.path.rglob("*") if path.is_file()}
    genesis("learn")
    genesis("show")
    after = {path: path.stat().st_mtime_ns for path in run.path.rglob("*") if path.is_file()}
    assert after == before


def test_cameras_that_are_said_to_be_apart_are_shown(run, tmp_path):
    told = genesis("show", "--config", config(tmp_path, apart=[["door"], ["till", "gate"]]))
    (there,) = [line for line in told.splitlines() if "door" in line and "30" in line]
    assert "apart" in there
    assert "Nobody is in view of two of these at once: door | till, gate." in told


def test_what_was_learned_of_cameras_is_shown_with_when_it_was(run):
    with EventLog(run.events) as log:
        log.append(
            [
                SystemStateChanged(
                    **OWN, camera_id="", occurred_at=at(60), component=component, state="changed",
                    reason=reason,
                )
                for component, reason in (("topology", "door and till are apart"), ("x", "else"))
            ]
        )  # fmt: skip
    told = genesis("show")
    assert "2026-01-05 09:01 UTC: door and till are apart" in told
    assert "else" not in told
    assert "not judged, but where 50 people were seen by one after the other" in told


def test_what_is_configured_is_shown_beside_what_was_seen(run, tmp_path):
    passage = {"between": ["door", "till"], "min_s": 5, "max_s": 60}
    told = genesis("show", "--config", config(tmp_path, passages=[passage]))
    (there,) = [line for line in told.splitlines() if "5 to 60 s" in line and "30" in line]
    for part in ("door", "till", "11.0 s", "24.0 s", "38.0 s"):
        assert part in there
    assert "not judged" in told


def test_a_way_that_some_went_quicker_than_is_configured_is_noted(run, tmp_path):
    passage = {"between": ["door", "till"], "min_s": 20}
    told = genesis("show", "--config", config(tmp_path, passages=[passage], complete=True))
    assert "door -> till: some were quicker" in told
    assert "not connected" in told


def test_programs_are_shown_the_same(run):
    (row,) = json.loads(genesis("show", "--json"))
    assert (row["from"], row["to"], row["count"], row["median_s"]) == ("door", "till", 30, 24.0)
    learned = json.loads(genesis("learn", "--json"))
    assert learned["passages"][0]["between"] == ["door", "till"]


def test_where_nothing_is_known_that_is_said(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    RunFolder.create()
    assert "No topology is configured" in genesis("show")


def test_times_are_learned_as_they_were_where_a_clock_is_known_to_be_off(run, tmp_path):
    off = config(tmp_path, clock_offsets_s={"till": 4.0})
    (passage,) = yaml.safe_load(genesis("learn", "--config", off))["topology"]["passages"]
    assert (passage["min_s"], passage["max_s"]) == (5.6, 43.0)  # of 7 and 34 s
