import hashlib
import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import cv2
import numpy as np
import pytest

from genesis_ray.errors import StoreError
from genesis_ray.running.imports import importing
from genesis_ray.running.imports.import_events import identity_of
from genesis_ray.running.imports.import_report import Tally
from genesis_ray.running.imports.importing import import_genesis
from genesis_ray.running.people.identities import faces_of, who_is_who
from genesis_ray.settings import Settings
from genesis_ray.store.events.reader import read_table
from genesis_ray.store.runs.run_folder import RunFolder
from genesis_ray.testing import SyntheticFilm
from tests.genesis_installation import Genesis, metrics_at, source_of

MINUTES = [f"2026-02-15T10:{minute:02}:00Z" for minute in range(60)]


@pytest.fixture
def genesis(tmp_path) -> Genesis:
    return Genesis(tmp_path / "genesis")


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(data_dir=tmp_path / "data", faces={"embedder": "synthetic"})


@pytest.fixture
def run(tmp_path) -> RunFolder:
    return RunFolder.create(tmp_path / "run")


def imported(settings: Settings, genesis: Genesis, run: RunFolder) -> dict[str, Tally]:
    result = import_genesis(settings, source_of(genesis), run, lambda *_: None)
    assert result.is_whole
    return {tally.what: tally for tally in result.tallies}


def add_photo(genesis: Genesis, person_id: str, *, people: int = 1) -> Path:
    path = genesis.faces / person_id / "photo.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    film = SyntheticFilm(people=people, width=320, height=240)
    cv2.imwrite(str(path), film.image_at(0))
    return path


def rows(run: RunFolder, table: str) -> list[dict]:
    return read_table(run.events, table).to_pylist()


def counts(tally: Tally) -> tuple[int, int, int, int, int]:
    left_out = tally.left_out.total()
    return tally.read, tally.brought_in, tally.already_there, left_out, tally.verified


def test_a_person_is_enrolled_by_the_photo_under_the_name_that_they_had(settings, genesis, run):
    genesis.add_person("person_001", "John Doe")
    add_photo(genesis, "person_001")
    tallies = imported(settings, genesis, run)
    (john,) = who_is_who(settings).people
    assert (john.name, john.kind) == ("John Doe", "enrolled")
    assert john.identity_id == identity_of(settings, "person_001")
    assert john.enrolled_at == datetime(2026, 2, 10, 14, 20, tzinfo=UTC)
    assert len(faces_of(settings, who_is_who(settings), john.identity_id)) == 1
    assert counts(tallies["people"]) == (1, 1, 0, 0, 1)
    assert counts(tallies["faces by photo"]) == (1, 1, 0, 0, 1)


def test_an_embedding_of_another_model_is_left_out_and_said_so(settings, genesis, run):
    genesis.add_person("person_001")
    tallies = imported(settings, genesis, run)
    assert counts(tallies["embeddings"]) == (1, 0, 0, 1, 0)
    assert "512 numbers of another model" in tallies["embeddings"].examples[0]


def test_the_file_of_an_embedding_beside_a_photo_is_left_out_and_said_so(settings, genesis, run):
    genesis.add_person("person_001", embedding=None)
    add_photo(genesis, "person_001")
    np.save(genesis.faces / "person_001" / "embedding.npy", np.zeros(512, np.float32))
    tallies = imported(settings, genesis, run)
    assert counts(tallies["faces by photo"]) == (1, 1, 0, 0, 1)
    assert counts(tallies["embeddings"]) == (1, 0, 0, 1, 0)
    assert "person_001/embedding.npy" in tallies["embeddings"].examples[0]


def test_two_people_of_one_name_stay_two(settings, genesis, run):
    genesis.add_person("person_001", "John Doe")
    genesis.add_person("person_002", "John Doe")
    imported(settings, genesis, run)
    names = sorted(person.name for person in who_is_who(settings).people)
    assert names == ["John Doe", "John Doe (person_002)"]


def test_a_photo_of_two_people_is_left_out_with_the_reason_and_the_person_stays(
    settings, genesis, run
):
    genesis.add_person("person_001", "John Doe")
    add_photo(genesis, "person_001", people=2)
    faces = imported(settings, genesis, run)["faces by photo"]
    assert counts(faces) == (1, 0, 0, 1, 0)
    assert "person_001/photo.png" in faces.examples[0]
    assert "2 faces found" in faces.examples[0]
    assert [person.name for person in who_is_who(settings).people] == ["John Doe"]


def test_visits_are_those_of_the_person_with_their_zones(settings, genesis, run):
    genesis.add_person("person_001", "John Doe")
    genesis.add_session("s1", "person_001", camera_id="cam 0!")
    genesis.add_session("s2", "person_001", end_time=None)
    imported(settings, genesis, run)
    started, *others = [row for row in rows(run, "visits") if row["visit_id"] == "s1"]
    (ended,) = others
    assert started["identity_id"] == who_is_who(settings).people[0].identity_id
    assert (started["ended_at"], ended["camera_id"]) == (None, "cam-0")
    assert ended["ended_at"] == datetime(2026, 2, 15, 10, 31, 30, tzinfo=UTC)
    assert ended["zone_ids"] == ["entrance_area", "queue_area"]
    assert [r["ended_at"] for r in rows(run, "visits") if r["visit_id"] == "s2"] == [None]


def test_alerts_are_raised_and_over_where_somebody_acknowledged_them(settings, genesis, run):
    crowd = {
        "alert_id": 123,
        "alert_type": "anomaly_crowd",
        "severity": "WARNING",
        "message": "Unusual crowd: 25 people",
        "timestamp": "2026-02-15T10:30:00Z",
        "camera_id": "cam_0",
    }
    seen = {
        **crowd,
        "alert_id": 124,
        "severity": "panic",
        "message": "person_001 is here",
        "person_id": "person_001",
        "acknowledged": True,
        "acknowledged_by": "admin",
    }
    genesis.insert("alerts", crowd, seen)
    tally = imported(settings, genesis, run)["alerts"]
    told = [(r["rule_id"], r["severity"], r["status"], r["message"]) for r in rows(run, "alerts")]
    assert counts(tally) == (2, 2, 0, 0, 2)
    assert sorted(told) == [
        ("anomaly_crowd", "warning", "acknowledged", "somebody is here"),
        ("anomaly_crowd", "warning", "raised", "Unusual crowd: 25 people"),
        ("anomaly_crowd", "warning", "raised", "somebody is here"),
        ("anomaly_crowd", "warning", "resolved", "somebody is here"),
    ]
    identities = {row["identity_id"] for row in rows(run, "alerts")}
    assert identities == {None, identity_of(settings, "person_001")}


def test_metrics_of_lines_and_of_the_database_are_one_row_where_they_agree(settings, genesis, run):
    genesis.write_metrics([metrics_at(minute) for minute in MINUTES])
    genesis.insert(
        "metrics",
        {
            "time": MINUTES[0],
            "camera_id": "cam_0",
            "people_total": 12,
            "queue_len": 4,
            "avg_wait_sec": 125.5,
            "people_by_zone": '{"queue_area": 4, "cashier_area": 2}',
            "new_faces": 2,
            "recognized_faces": 10,
        },
    )
    tally = imported(settings, genesis, run)["metrics"]
    samples = rows(run, "metric_samples")
    assert counts(tally) == (61, 60, 1, 0, 61)
    assert len(samples) == 60
    assert dict(samples[0]["people_by_zone"]) == {"queue_area": 4, "cashier_area": 2}
    assert (samples[0]["queue_len"], samples[0]["avg_wait_sec"]) == (4, 125.5)


def test_a_row_that_contradicts_an_earlier_one_is_told_and_changes_nothing(settings, genesis, run):
    genesis.write_metrics([metrics_at(MINUTES[0]), metrics_at(MINUTES[0], people_total=99)])
    tally = imported(settings, genesis, run)["metrics"]
    assert tally.left_out == {"contradicts another row": 1}
    assert [row["people_total"] for row in rows(run, "metric_samples")] == [12]


def test_again_is_no_second_row(settings, genesis, run):
    genesis.add_person("person_001", "John Doe")
    add_photo(genesis, "person_001")
    genesis.add_session("s1", "person_001")
    genesis.add_identity_event("person_001", "entered")
    genesis.write_metrics([metrics_at(minute) for minute in MINUTES])
    imported(settings, genesis, run)
    before = {name: rows(run, name) for name in ("visits", "identity_events", "metric_samples")}
    tallies = imported(settings, genesis, run)
    assert {name: rows(run, name) for name in before} == before
    found = {what: tally.already_there for what, tally in tallies.items()}
    assert found == {
        "people": 1, "faces by photo": 1, "embeddings": 0, "visits": 1, "identity events": 1,
        "alerts": 0, "metrics": 60,
    }  # fmt: skip


def test_what_was_noted_of_a_person_is_theirs_here_with_its_zone(settings, genesis, run):
    genesis.add_person("person_001", "John Doe")
    genesis.add_identity_event("person_001", "entered")
    genesis.add_identity_event(
        "person_001", "session_start", zone_name=None, timestamp="2026-02-15 10:25:00",
        metadata=json.dumps({"zone": "entrance_area", "camera_id": "cam 0!"}),
    )  # fmt: skip
    genesis.add_identity_event("person_002", "person_002 seen", zone_name=None)
    tally = imported(settings, genesis, run)["identity events"]
    noted = [
        (row["identity_id"], row["event_type"], row["zone_id"], row["camera_id"])
        for row in rows(run, "identity_events")
    ]
    john = who_is_who(settings).people[0].identity_id
    other = identity_of(settings, "person_002")
    assert counts(tally) == (3, 3, 0, 0, 3)
    assert noted[0] == (john, "session_start", "entrance_area", "cam-0")
    assert sorted(noted[1:]) == sorted(
        [(john, "entered", "queue_area", "imported"), (other, "somebody seen", None, "imported")]
    )


def test_the_same_noted_twice_is_one_row_and_what_is_none_is_told(settings, genesis, run):
    for _ in range(2):
        genesis.add_identity_event("person_001", "entered")
    genesis.add_identity_event("person_001", "entered", timestamp="soon")
    genesis.add_identity_event("person_001", "")
    tally = imported(settings, genesis, run)["identity events"]
    assert counts(tally) == (4, 1, 1, 2, 2)
    assert len(rows(run, "identity_events")) == 1
    assert "identity_events 3: timestamp: expected a time" in tally.examples[0]
    assert "identity_events 4: expected person_id, event_type" in tally.examples[1]


def test_tables_that_have_no_place_here_are_told_with_their_rows(settings, genesis, run):
    genesis.insert("face_embeddings_archive", {"person_id": "person_001"})
    result = import_genesis(settings, source_of(genesis), run, lambda *_: None)
    assert result.not_carried == {"face_embeddings_archive": 1}


def test_the_report_says_all_and_the_source_is_untouched(settings, genesis, run):
    genesis.add_session("s1", "person_001")
    genesis.write_metrics([metrics_at(MINUTES[0]), "cut off"])
    before = {path: path.read_bytes() for path in genesis.root.rglob("*") if path.is_file()}
    imported(settings, genesis, run)
    assert {path: path.read_bytes() for path in genesis.root.rglob("*") if path.is_file()} == before
    report = json.loads((run.path / "import.json").read_bytes())
    assert report["is_whole"]
    (metrics,) = [each for each in report["rows"] if each["what"] == "metrics"]
    assert (metrics["read"], metrics["left_out"]) == (2, {"unreadable": 1})
    database = report["source_sha256"][str(genesis.database)]
    assert database == hashlib.sha256(genesis.database.read_bytes()).hexdigest()


def test_a_source_that_is_written_to_meanwhile_is_noticed(settings, genesis, run, monkeypatch):
    genesis.add_session("s1", "person_001")
    bring_in = importing.bring_in

    numbers = count(2)

    def written_to_meanwhile(*arguments):
        genesis.add_session(f"s{next(numbers)}", "person_001")
        return bring_in(*arguments)

    monkeypatch.setattr(importing, "bring_in", written_to_meanwhile)
    with pytest.raises(StoreError, match="changed while they were read"):
        import_genesis(settings, source_of(genesis), run, lambda *_: None)
    assert not (run.path / "import.json").exists()


KILLED = """
import os, signal, sys
from pathlib import Path
from zoneinfo import ZoneInfo
from genesis_ray.migration.genesis_files import find_layout
from genesis_ray.migration.genesis_source import GenesisSource
from genesis_ray.running.imports.importing import import_genesis
from genesis_ray.settings import Settings
from genesis_ray.store.runs.run_folder import RunFolder

left = int(sys.argv[4])

def progress(what, rows):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)

settings = Settings(data_dir=Path(sys.argv[1]), faces={"embedder": "synthetic"})
source = GenesisSource.open(find_layout(Path(sys.argv[2])), ZoneInfo("UTC"))
run = RunFolder.open(Path(sys.argv[3]))
import_genesis(settings, source, run, progress)
"""


@pytest.mark.parametrize("steps", [1, 3, 5])
def test_a_killed_import_is_made_whole_by_the_next(settings, genesis, run, steps):
    genesis.add_person("person_001", "John Doe")
    add_photo(genesis, "person_001")
    genesis.add_session("s1", "person_001")
    genesis.add_identity_event("person_001", "entered")
    genesis.write_metrics([metrics_at(minute) for minute in MINUTES])
    arguments = [settings.data_dir, genesis.root, run.path, str(steps)]
    command = [sys.executable, "-c", KILLED, *map(str, arguments)]
    assert subprocess.run(command, check=False).returncode == -9
    imported(settings, genesis, run)
    (john,) = who_is_who(settings).people
    assert len(faces_of(settings, who_is_who(settings), john.identity_id)) == 1
    tables = ("visits", "identity_events", "metric_samples")
    assert [len(rows(run, table)) for table in tables] == [2, 1, 60]


@pytest.mark.data
def test_real_photos_are_enrolled_by_the_real_models(tmp_path, genesis, run, shared_data):
    real = Settings(data_dir=tmp_path / "data")
    for number, name in enumerate(("obama.jpg", "lin-manuel-miranda.png"), start=1):
        genesis.add_person(f"person_00{number}", Path(name).stem)
        folder = genesis.faces / f"person_00{number}"
        folder.mkdir(parents=True)
        shutil.copy(shared_data / "faces" / "face_recognition" / name, folder)
    tallies = imported(real, genesis, run)
    assert counts(tallies["faces by photo"]) == (2, 2, 0, 0, 2)
