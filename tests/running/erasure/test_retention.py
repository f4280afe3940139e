"""What is too old goes, all of it and nothing else, and rollups lack nothing."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import genesis_ray
from genesis_ray.domain.events import LineCrossed, VisitEnded
from genesis_ray.errors import StoreError
from genesis_ray.running.erasure.purged import last_purge
from genesis_ray.running.erasure.retention import limits_of, purge, verify_purge, would_go
from genesis_ray.running.upkeep.rollups import RunRollups
from genesis_ray.sections.retention import RetentionSettings
from genesis_ray.settings import Settings
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.events.reader import read_table
from genesis_ray.store.events.residue import search_residue
from genesis_ray.store.runs.known_runs import known_runs
from genesis_ray.store.runs.run_folder import RunFolder
from tests.running.erasure import killed_purger
from tests.store.conftest import Mortality

NOW = datetime(2026, 6, 10, 6, tzinfo=UTC)
KEPT = RetentionSettings()
CROSSED = [quarter / 4 for quarter in range(104, 144)]
"""How many days ago somebody went in: every six hours, 26 to 36 days ago."""


def crossed(days: float, *, tenant_id="default", track_id=1) -> LineCrossed:
    """Somebody went in, so many days ago."""
    return LineCrossed(
        tenant_id=tenant_id, site_id="site", camera_id="door",
        occurred_at=NOW - timedelta(days=days), track_id=track_id, line_id="door", direction="in",
    )  # fmt: skip


def visit(days: float) -> VisitEnded:
    at = NOW - timedelta(days=days)
    return VisitEnded(
        tenant_id="default", site_id="site", camera_id="door", occurred_at=at, visit_id=f"{days}",
        identity_id="ada", started_at=at - timedelta(minutes=5), ended_at=at, zone_ids=(),
    )  # fmt: skip


def ages(run: RunFolder, table="line_crossings", tenant_id="default") -> list[float]:
    times = read_table(run.events, table, tenant_id)["occurred_at"].to_pylist()
    return [(NOW - at) / timedelta(days=1) for at in times]


def settings_of(run: RunFolder, retention: RetentionSettings) -> Settings:
    return Settings(data_dir=run.path.with_name("data"), retention=retention)


def let_go(run: RunFolder, retention=KEPT, *, at=NOW):
    with EventLog(run.events) as log:
        return purge(run, log, settings_of(run, retention), at=at)


def people_in(run: RunFolder, bucket="day") -> int:
    """How many went in, as rollups and events together say."""
    answer = RunRollups(run).read(
        "lines",
        tenant_id="default",
        start=datetime(2026, 1, 1, tzinfo=UTC),
        end=datetime(2026, 7, 1, tzinfo=UTC),
        bucket=bucket,
    )
    return sum(answer["went_in"].to_pylist())


@pytest.fixture
def run(tmp_path) -> RunFolder:
    run = RunFolder.create(tmp_path / "run")
    with EventLog(run.events) as log:
        log.append([crossed(days) for days in CROSSED])
        log.append([visit(days) for days in (89, 90, 95)])
    return run


def test_raw_rows_stay_thirty_days_and_visits_ninety(run):
    gone = let_go(run)
    assert max(ages(run)) == 30
    assert len(ages(run)) == 17
    assert max(ages(run, "visits")) == 90
    rows = {each.table: each.rows for each in gone}
    assert rows == {"line_crossings": 23, "visits": 1}


def test_whole_days_leave_no_folder_and_the_day_at_the_edge_its_other_rows(run):
    let_go(run)
    days = sorted(path.name for path in (run.events / "line_crossings").glob("*/day=*"))
    assert days[0] == "day=2026-05-11"
    assert ages(run)[:2] == [30, 29.75]


def test_rollups_are_as_before(run):
    before = people_in(run)
    let_go(run)
    assert people_in(run) == before == 40
    assert len(ages(run)) < 40
    RunRollups(run).update()
    assert people_in(run) == before


def test_they_are_as_before_after_each_of_many_days(run):
    for hours in range(0, 120, 29):
        let_go(run, at=NOW + timedelta(hours=hours))
        RunRollups(run).update()
        assert people_in(run) == 40
    assert ages(run) == []


def test_rollups_go_after_their_own_time(run):
    let_go(run)
    gone = let_go(run, RetentionSettings(rollup_days=33), at=NOW + timedelta(hours=1))
    assert {each.table: each.rows for each in gone}["rollups"] == 3
    assert people_in(run) == 30


def test_rollups_stay_as_long_as_what_they_are_made_of(run):
    kept = RetentionSettings(raw_days=None, rollup_days=10)
    let_go(run, kept)
    assert people_in(run) == len(ages(run)) == 40


def test_limits_are_by_table_and_tenant(run):
    with EventLog(run.events) as log:
        log.append([crossed(days, tenant_id="other") for days in (1, 5, 20)])
    kept = RetentionSettings(
        tables={"line_crossings": 28},
        tenants={"other": {"raw_days": 4, "tables": {"visits": None}}},
    )
    let_go(run, kept)
    assert max(ages(run)) == 28
    assert ages(run, tenant_id="other") == [1]
    assert ("other", "visits") not in limits_of(run, kept, at=NOW)


def test_what_is_to_stay_for_ever_stays(run):
    assert let_go(run, RetentionSettings(raw_days=None, journey_days=None)) == []


def test_a_dry_run_says_what_goes_and_changes_nothing(run):
    told = would_go(run, KEPT, at=NOW)
    assert len(ages(run)) == 40
    gone = let_go(run)
    assert told == [each for each in gone if each.table != "rollups"]  # which are not made yet
    assert [each.whole_days for each in told] == [6, 1]


def test_what_waits_in_the_log_goes_too(run):
    with EventLog(run.events) as log:
        log.append([crossed(40, track_id=2), crossed(1, track_id=3)])
        purge(run, log, settings_of(run, KEPT), at=NOW)
        log.append([crossed(1, track_id=4)])
    assert max(ages(run)) == 30
    assert len(ages(run)) == 19


def test_after_a_purge_nothing_older_is_in_any_file(run):
    let_go(run)
    at, limits = last_purge(run)
    assert at == NOW
    found = {each.table: each for each in verify_purge(run, limits)}
    assert sum(each.old for each in found.values()) == 0
    assert found["line_crossings"].rows == 17
    assert found["visits"].files > 1


def test_a_run_that_was_never_purged_says_so(run):
    assert last_purge(run) is None


def test_the_search_finds_rows_wherever_they_are(run):
    limits = limits_of(run, KEPT, at=NOW)
    (partition,) = (run.events / "line_crossings").glob("*/day=2026-05-06")
    (file,) = partition.iterdir()
    let_go(run)
    partition.mkdir()
    shutil.copy(
        run.events / "line_crossings/tenant_id=default/day=2026-05-12" / file.name, partition
    )
    assert sum(each.old for each in search_residue(run.events, limits)) == 0  # by rows, not names
    with EventLog(run.events) as log:
        log.append([crossed(33, track_id=9)])
        waiting = {each.table: each for each in search_residue(run.events, limits)}
        assert waiting["line_crossings"].old == 1
    (found,) = [each for each in search_residue(run.events, limits) if each.old]
    assert (found.old, found.oldest) == (1, NOW - timedelta(days=33))
    (path,) = (run.events / "line_crossings").glob("*/day=2026-05-08/*")
    path.rename(path.with_suffix(".parquet.tmp"))
    assert [each.old for each in search_residue(run.events, limits) if each.old] == [1]
    path.with_suffix(".parquet.tmp").write_bytes(b"torn")
    found = {each.table: each for each in search_residue(run.events, limits)}
    assert found["line_crossings"].unreadable == [str(path.with_suffix(".parquet.tmp"))]


def test_rows_move_to_the_cold_folder_where_they_can_be_asked_for(run, tmp_path):
    cold = RetentionSettings(cold_folder=tmp_path / "cold")
    let_go(run, cold)
    kept = RunFolder.open(tmp_path / "cold")
    assert sorted(ages(kept) + ages(run)) == CROSSED
    assert min(ages(kept)) > 30
    assert ages(kept, "visits") == [95]
    assert known_runs(tmp_path / "data") == [kept.path]  # where who is forgotten is looked for


def test_what_comes_late_to_a_day_that_is_cold_is_put_there_once(run, tmp_path):
    cold = RetentionSettings(cold_folder=tmp_path / "cold")
    let_go(run, cold)
    with EventLog(run.events) as log:
        log.append([crossed(35), crossed(35, track_id=2)])  # one of which is there
    let_go(run, cold, at=NOW + timedelta(hours=1))
    assert ages(RunFolder(tmp_path / "cold")).count(35) == 2


@pytest.mark.parametrize("is_cold", [False, True])
def test_a_file_that_is_damaged_keeps_nothing_else_and_goes_with_its_day(run, tmp_path, is_cold):
    (damaged,) = (run.events / "visits").glob("*/day=2026-03-07/*")
    damaged.write_bytes(b"torn")
    kept = RetentionSettings(cold_folder=tmp_path / "cold") if is_cold else KEPT
    assert {each.table for each in let_go(run, kept)} == {"line_crossings"}
    assert not damaged.exists()
    moved = tmp_path / "cold" / "damaged" / damaged.relative_to(run.path)
    assert moved.exists() == is_cold


def test_a_cold_folder_in_the_run_is_refused(run):
    with pytest.raises(StoreError, match="lies in the run"):
        let_go(run, RetentionSettings(cold_folder=run.path / "cold"))


def test_nothing_goes_while_another_process_writes(run):
    with EventLog(run.events), pytest.raises(StoreError, match="being written to"):
        let_go(run)


def test_a_disk_that_is_full_takes_nothing_away(run, tmp_path, monkeypatch):
    def full(*_args):
        raise StoreError("the disk is full")

    monkeypatch.setattr("genesis_ray.store.events.cold_folder.parquet_file.write", full)
    with pytest.raises(StoreError, match="full"):
        let_go(run, RetentionSettings(cold_folder=tmp_path / "cold"))
    assert len(ages(run)) == 40


@pytest.mark.parametrize("is_cold", [False, True])
def test_killed_at_any_step_the_next_purge_does_the_rest(tmp_path, is_cold):
    mortality = Mortality()
    origin = RunFolder.create(tmp_path / "run")
    with EventLog(origin.events) as log:
        log.append([crossed(days, track_id=n) for n, days in enumerate((30.1, 29.9, 31.5, 1))])
        log.append([visit(95)])
    RunRollups(origin).update()
    every = sorted(ages(origin))

    def killed(run: RunFolder, kept: RetentionSettings, step: int) -> bool:
        with EventLog(run.events) as log:
            return mortality.dies_at(step, lambda: purge(run, log, settings_of(run, kept), at=NOW))

    for step in range(0, 400, 3):
        run = RunFolder(tmp_path / f"killed-{step}" / "run")
        shutil.copytree(origin.path, run.path)
        cold = run.path.with_name("cold")
        kept = RetentionSettings(cold_folder=cold) if is_cold else KEPT
        died = killed(run, kept, step)
        assert {1.0, 29.9} <= set(ages(run)) <= set(every)
        assert people_in(run) == 4
        if is_cold:
            assert set(ages(run)) | set(ages(RunFolder(cold))) == set(every)
        let_go(run, kept, at=NOW + timedelta(minutes=1))
        assert sorted(ages(run)) == [1.0, 29.9]
        assert sum(each.old for each in verify_purge(run, last_purge(run)[1])) == 0
        if is_cold:
            assert sorted(ages(RunFolder(cold))) == every[2:]
        shutil.rmtree(run.path.parent)
        if not died:
            break
    else:
        pytest.fail("it dies at any step")
    assert step > 10


def test_a_purge_that_is_killed_while_events_come_loses_none_and_counts_none_twice(tmp_path):
    run, cold = RunFolder.create(tmp_path / "run"), tmp_path / "cold"
    chance = random.Random(7)
    number = 0
    for _ in range(3):
        number = killed_at_random(run, cold, number, chance)
    with EventLog(run.events) as log:
        purge(run, log, killed_purger.kept(cold), at=killed_purger.time_of(number))
    limit = killed_purger.time_of(number) - timedelta(days=killed_purger.DAYS)
    warm, kept = (
        read_table(folder.events, "line_crossings")["track_id"].to_pylist()
        for folder in (run, RunFolder(cold))
    )
    assert sorted(warm + kept) == list(range(number))
    assert min(map(killed_purger.time_of, warm)) == limit
    answer = RunRollups(run).read(
        "lines", tenant_id="default", bucket="day",
        start=killed_purger.BEGIN, end=killed_purger.time_of(number),
    )  # fmt: skip
    assert sum(answer["went_in"].to_pylist()) == number


def killed_at_random(run: RunFolder, cold: Path, number: int, chance: random.Random) -> int:
    """Let a purger go on from `number`, kill it, and return up to where it has appended."""
    script = Path(killed_purger.__file__)
    command = [sys.executable, script, run.path, cold, str(number)]
    environment = {**os.environ, "PYTHONPATH": str(Path(genesis_ray.__file__).parent.parent)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as purger:
        assert purger.stdout
        purger.stdout.readline()
        time.sleep(chance.uniform(0.2, 1.5))
        purger.send_signal(signal.SIGKILL)
        purger.stdout.read()
    EventLog(run.events).close()
    everywhere = read_table(run.events, "line_crossings")["track_id"].to_pylist()
    return max(everywhere) + 1
