"""Figures outlive a damaged event file, follow it once it is mended, and know copy from change."""

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest

from genesis_ray.errors import StoreError
from genesis_ray.running.erasure.purged import last_purge
from genesis_ray.running.erasure.retention import verify_purge
from genesis_ray.running.upkeep.rollups import RunRollups
from genesis_ray.running.upkeep.run_jobs import run_now
from genesis_ray.sections.retention import RetentionSettings
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.runs.run_folder import RunFolder
from tests.running.erasure.test_retention import (
    CROSSED,
    KEPT,
    ages,
    crossed,
    let_go,
    people_in,
    settings_of,
)

TORN = date(2026, 5, 7)
"""A day of which retention lets go; four people went in."""


@pytest.fixture
def run(tmp_path) -> RunFolder:
    run = RunFolder.create(tmp_path / "run")
    with EventLog(run.events) as log:
        log.append([crossed(days) for days in CROSSED])
    RunRollups(run).update()
    return run


def file_of(run: RunFolder, day: date = TORN) -> Path:
    (path,) = (run.events / "line_crossings").glob(f"*/day={day}/*")
    return path


@pytest.fixture
def whole(run) -> bytes:
    """Tear the file of a day; return what it was."""
    path = file_of(run)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    return content


@pytest.mark.usefixtures("whole")
def test_figures_are_those_of_before_a_file_was_torn(run, caplog):
    assert people_in(run) == 40
    assert "2026-05-07 (lines) are those of before it was damaged" in caplog.text
    updated = RunRollups(run).update()
    assert [(each.day, each.group) for each in updated.damaged] == [(TORN, "lines")]
    assert updated.made == 0
    assert people_in(run) == 40


def test_figures_that_were_never_made_are_not_stored_without_the_torn_file(run):
    RunRollups(run).folder.remove("lines", "default", TORN)
    content = file_of(run).read_bytes()
    file_of(run).write_bytes(b"torn")
    RunRollups(run).update()
    assert TORN not in RunRollups(run).folder.days("lines", "default")
    assert people_in(run) == 40 - 4
    file_of(run).write_bytes(content)
    RunRollups(run).update()
    assert people_in(run) == 40


def test_retention_keeps_what_such_a_day_is_told_from_and_takes_the_rest(run, whole):
    with pytest.raises(StoreError, match=r"all other days went.*figures of 2026-05-07 stay"):
        let_go(run)
    assert file_of(run).exists()
    assert TORN not in RunRollups(run).folder.sealed("lines", "default")
    assert len(ages(run_without(run, TORN))) == 17
    file_of(run).write_bytes(whole)
    assert {each.table: each.rows for each in let_go(run)} == {"line_crossings": 4}
    assert TORN in RunRollups(run).folder.sealed("lines", "default")
    assert people_in(run) == 40


@pytest.mark.usefixtures("whole")
def test_what_it_keeps_is_told_as_residue_until_then(run):
    with pytest.raises(StoreError):
        let_go(run)
    (found,) = [each for each in verify_purge(run, last_purge(run)[1]) if each.unreadable]
    assert found.unreadable == [str(file_of(run))]


@pytest.mark.usefixtures("whole")
def test_once_the_file_is_given_up_its_figures_go_with_it(run):
    file_of(run).unlink()
    assert RunRollups(run).update().damaged == ()
    assert people_in(run) == 40 - 4
    let_go(run)
    assert people_in(run) == 40 - 4


@pytest.mark.usefixtures("whole")
def test_a_purge_of_rollups_spares_figures_that_are_not_sealed(run):
    with pytest.raises(StoreError):
        let_go(run, RetentionSettings(rollup_days=30))
    days = RunRollups(run).folder.days("lines", "default")
    assert min(days) == TORN


@pytest.mark.usefixtures("whole")
def test_jobs_fail_and_say_what_to_do(run):
    record = run_now("rollups", run, settings_of(run, KEPT))
    assert record.failures == 1
    assert str(file_of(run)) in record.error
    assert "figures of 2026-05-07 stay as they were" in record.error
    assert "Put back what is damaged from a backup, or move it out" in record.error


def test_a_day_that_is_sealed_does_not_open_again(run):
    folder = RunRollups(run).folder
    folder.seal("lines", "default", TORN)
    folder.seal("lines", "default", TORN + timedelta(days=2), leave_open=[TORN])
    assert TORN in folder.sealed("lines", "default")


def test_a_copied_run_is_up_to_date(run, tmp_path):
    copy = RunFolder(tmp_path / "copy")
    shutil.copytree(run.path, copy.path, copy_function=shutil.copyfile)  # with times of now
    updated = RunRollups(copy).update()
    assert (updated.made, updated.current) == (0, 11)


def test_a_file_that_was_rewritten_is_a_change(run):
    with EventLog(run.events) as log:
        log.append([crossed(34, track_id=2)])
        log.compact()
    assert RunRollups(run).update().made == 1
    assert people_in(run) == 41


@pytest.fixture
def two(run, tmp_path) -> tuple[Path, Path]:
    """Have two files of a day, of four and of one who went in."""
    other = RunFolder.create(tmp_path / "other")
    with EventLog(other.events) as log:
        log.append([crossed(34, track_id=2)])
    first = file_of(run)
    second = Path(shutil.copy(file_of(other), first.with_name("00000099.parquet")))
    RunRollups(run).update()
    return first, second


def test_sealed_figures_follow_a_file_that_is_put_back_to_all_that_they_were_made_of(run, two):
    away = run.path.parent / "away"
    two[0].rename(away)
    RunRollups(run).update()
    RunRollups(run).folder.seal("lines", "default", TORN)
    assert people_in(run) == 41 - 4
    away.rename(two[0])
    assert RunRollups(run).update().made == 1
    assert people_in(run) == 41


def test_sealed_figures_do_not_follow_files_that_are_only_some_of_those(run, two):
    RunRollups(run).folder.seal("lines", "default", TORN)
    two[0].unlink()
    assert RunRollups(run).update().made == 0
    assert people_in(run) == 41


def run_without(run: RunFolder, day: date) -> RunFolder:
    """Return a copy without the events of a day."""
    copy = RunFolder(run.path.with_name("without"))
    shutil.copytree(run.events, copy.events, ignore=shutil.ignore_patterns(f"day={day}", "*.lock"))
    return copy
