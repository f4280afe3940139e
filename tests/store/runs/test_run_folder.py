import json

import pytest

from genesis_ray.errors import StoreError
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.runs.run_folder import RunFolder
from genesis_ray.store.schemas import SCHEMA_VERSION


def test_a_new_run_says_what_makes_it(tmp_path):
    run = RunFolder.create(tmp_path / "run")
    said = json.loads((tmp_path / "run" / "run.json").read_text())
    assert said == run.summary()
    assert said["schema_version"] == SCHEMA_VERSION
    assert said["versions"]["pyarrow"].startswith("26.")
    assert {"genesis_version", "started_at"} <= set(said)


def test_a_run_without_a_name_is_named_by_the_time(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = RunFolder.create()
    assert run.path.parent.name == "runs"
    assert run.path.name.startswith("20")
    assert RunFolder.newest().path == run.path


def test_a_summary_is_added_to_what_is_known(tmp_path):
    run = RunFolder.create(tmp_path / "run")
    run.write_summary({"frames": 10})
    run.write_summary({"frames": 20, "people": 3})
    again = RunFolder.open(run.path).summary()
    assert (again["frames"], again["people"]) == (20, 3)
    assert again["schema_version"] == SCHEMA_VERSION


def test_a_run_is_not_overwritten_unless_forced(tmp_path):
    run = RunFolder.create(tmp_path / "run")
    run.media.mkdir()
    (run.media / "door.mp4").write_text("video")
    with pytest.raises(StoreError, match=r"already holds a run.*--force"):
        RunFolder.create(run.path)
    assert (run.media / "door.mp4").exists()
    RunFolder.create(run.path, force=True)
    assert [path.name for path in run.path.iterdir()] == ["run.json"]


@pytest.mark.parametrize("name", ["notes.txt", "events/mine.txt", "run.json"])
def test_a_folder_of_somebody_elses_is_never_emptied(tmp_path, name):
    mine = tmp_path / name
    mine.parent.mkdir(exist_ok=True)
    mine.write_text('{"a": "run of another kind"}')
    with pytest.raises(StoreError, match="holds no run"):
        RunFolder.create(tmp_path, force=True)
    assert mine.exists()


def test_a_link_in_a_run_is_removed_and_not_followed(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("")
    run = RunFolder.create(tmp_path / "run")
    run.media.symlink_to(outside)
    RunFolder.create(run.path, force=True)
    assert (outside / "precious").exists()
    assert not run.media.exists()


def test_a_run_that_is_being_written_is_not_emptied(tmp_path):
    run = RunFolder.create(tmp_path / "run")
    with EventLog(run.events), pytest.raises(StoreError, match="being written to by process"):
        RunFolder.create(run.path, force=True)
    assert run.summary()


def test_an_empty_folder_is_as_good_as_none(tmp_path):
    (tmp_path / "run").mkdir()
    assert RunFolder.create(tmp_path / "run").summary()


def test_no_run_is_an_error_that_says_how_to_make_one(tmp_path):
    for attempt in (lambda: RunFolder.newest(tmp_path), lambda: RunFolder.open(tmp_path / "run")):
        with pytest.raises(StoreError, match=r"no run in .*genesis demo"):
            attempt()


def test_a_run_of_another_schema_version_is_refused(tmp_path):
    run = RunFolder.create(tmp_path / "run")
    run.write_summary({"schema_version": 999})
    with pytest.raises(StoreError, match="schema version 999"):
        RunFolder.open(run.path)


def test_the_newest_run_is_the_one_that_started_last(tmp_path):
    for name, started_at in (("b", "2026-01-02"), ("demo", "2026-01-03"), ("a", "2026-01-01")):
        RunFolder.create(tmp_path / name).write_summary({"started_at": started_at})
    (tmp_path / "other").mkdir()
    assert RunFolder.newest(tmp_path).path.name == "demo"


def test_a_run_that_could_not_begin_does_not_hide_what_others_found(tmp_path):
    for name, started_at in (("whole", "2026-01-01"), ("failed", "2026-01-02")):
        RunFolder.create(tmp_path / name).write_summary({"started_at": started_at})
    assert RunFolder.newest(tmp_path).path.name == "failed"  # there is no other yet
    RunFolder(tmp_path / "whole").events.mkdir()
    assert RunFolder.newest(tmp_path).path.name == "whole"


def test_a_run_whose_summary_is_torn_is_not_told_to_be_none(tmp_path):
    run = RunFolder.create(tmp_path / "run")
    run.events.mkdir()
    (run.path / "run.json").write_text("{")
    with pytest.raises(StoreError, match=r"run\.json is missing or damaged; put that back"):
        RunFolder.open(run.path)
