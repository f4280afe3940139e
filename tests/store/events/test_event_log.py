import errno
import json
import os
import random
import signal
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

import genesis_ray
from genesis_ray.domain.events import FaceScored
from genesis_ray.errors import ConfigurationError, FullDiskError, StoreError
from genesis_ray.store.events import event_log, parquet_file
from genesis_ray.store.events.event_folder import EventFolder, data_file
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.events.reader import read_table
from genesis_ray.store.schemas import EVENT_SCHEMAS, SCHEMA_VERSION, of_version, to_tables

TABLE = "track_observations"
KILL_ROUNDS = 4


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "run" / "events"


def tracks(folder):
    return read_table(folder, TABLE)["track_id"].to_pylist()


def eventually(holds):
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline, "it never came to hold"
        time.sleep(0.01)


def test_events_can_be_read_as_soon_as_they_are_appended(folder, observed):
    with EventLog(folder) as log:
        log.append([observed(2), observed(1)])
        assert tracks(folder) == [1, 2]


def test_a_closed_log_has_one_file_a_partition_and_no_write_ahead_log(folder, observed):
    with EventLog(folder) as log:
        log.append([observed(1)])
    with EventLog(folder) as log:
        log.append([observed(2), observed(3, days=1)])
    assert tracks(folder) == [1, 2, 3]
    assert len(list(folder.rglob("*.parquet"))) == 2
    assert not list(folder.rglob("*.wal"))


def test_the_same_event_again_is_no_second_row(folder, observed):
    with EventLog(folder) as log:
        log.append([observed(1), observed(1)])
        log.append([observed(2), observed(1)])
        log.append([observed(1)])
    with EventLog(folder) as log:
        log.append([observed(2), observed(1), observed(3)])
        assert tracks(folder) == [1, 2, 3]
    assert tracks(folder) == [1, 2, 3]


def test_an_old_segment_becomes_parquet_by_itself(folder, observed, monkeypatch):
    monkeypatch.setattr(event_log, "_COMMIT_CHECK_S", 0.01)
    with EventLog(folder, segment_age_s=0.05) as log:
        log.append([observed(1)])
        eventually(lambda: not list(folder.rglob("*.wal")))
        assert tracks(folder) == [1]
        log.append([observed(1), observed(2)])
        assert tracks(folder) == [1, 2]


def test_many_small_files_are_merged_while_the_log_is_open(folder, observed, monkeypatch):
    monkeypatch.setattr(event_log, "_COMMIT_CHECK_S", 0.01)
    monkeypatch.setattr(event_log, "_SMALL_FILES", 3)
    with EventLog(folder, segment_bytes=1) as log:
        for number in range(6):
            log.append([observed(number)])
            eventually(lambda: not list(folder.rglob("*.wal")))
        assert len(list(folder.rglob("*.parquet"))) < 3
        assert tracks(folder) == list(range(6))


def test_appended_events_become_durable_without_another_call(folder, observed, monkeypatch):
    synced = []
    fsync = os.fsync

    def spy(descriptor):
        fsync(descriptor)
        synced.append(os.readlink(f"/proc/self/fd/{descriptor}"))

    with EventLog(folder, flush_interval_s=0.05) as log:
        monkeypatch.setattr(os, "fsync", spy)
        log.append([observed(1)])
        segment = str(EventFolder(folder).segment(1))
        eventually(lambda: segment in synced)


def test_an_append_of_nothing_leaves_no_trace(folder):
    with EventLog(folder) as log:
        log.append([])
        assert not list(folder.rglob("*.wal"))


def test_a_second_writer_is_refused_and_told_who_writes(folder):
    with EventLog(folder), pytest.raises(StoreError, match=f"process {os.getpid()}"):
        EventLog(folder)
    EventLog(folder).close()


def test_a_folder_of_another_schema_version_is_refused(folder):
    EventLog(folder).close()
    (folder / "version.json").write_text('{"schema_version": 999}')
    with pytest.raises(StoreError, match=r"schema version 999.*use the genesis_ray that wrote it"):
        EventLog(folder)
    with pytest.raises(StoreError, match="schema version 999"):
        read_table(folder, TABLE)


def first_version(folder: Path, written: Sequence[FaceScored], waiting: Sequence[FaceScored]):
    """Make a log as the first version left it when it was killed: rows in Parquet and waiting."""
    prepared = EventFolder(folder)
    prepared.prepare()
    (folder / "version.json").write_text('{"schema_version": 1}')
    name, schema = "face_scores", of_version(EVENT_SCHEMAS["face_scores"], 1)
    partition = prepared.partition(name, "default", "2026-01-05")
    partition.mkdir(parents=True)
    parquet_file.write(
        data_file(partition, 1, 1), to_tables(written)[name].select(schema.names).cast(schema)
    )
    rows = to_tables(waiting)[name].select(schema.names).cast(schema)
    (batch,) = rows.to_batches()
    parts = [name.encode(), batch.serialize().to_pybytes()]
    payload = b"".join(struct.pack("<I", len(part)) + part for part in parts)
    length = struct.pack("<I", len(payload))
    checksum = struct.pack("<I", zlib.crc32(payload, zlib.crc32(length)))
    prepared.segment(2).write_bytes(length + checksum + payload)


def score(track: int, **noted) -> FaceScored:
    return FaceScored(
        tenant_id="default", site_id="site", camera_id="door",
        occurred_at=datetime(2026, 1, 5, 12, 0, track, tzinfo=UTC), track_id=track, face_index=0,
        quality=0.5, embedder="fused", candidate_ids=("ada",), similarities=(0.5,), **noted,
    )  # fmt: skip


def scores(folder: Path) -> list[tuple]:
    columns = ("track_id", "quality", "similarities", "verdict", "weight")
    return [
        tuple(row[name] for name in columns)
        for row in read_table(folder, "face_scores").to_pylist()
    ]


def test_a_log_of_the_first_version_is_read_with_nothing_in_later_columns(folder):
    first_version(folder, [score(1)], [score(2)])
    assert scores(folder) == [(1, 0.5, [0.5], None, None), (2, 0.5, [0.5], None, None)]
    assert "1" in (folder / "version.json").read_text()


def test_a_log_of_the_first_version_is_gone_on_with(folder):
    first_version(folder, [score(1)], [score(2)])
    with EventLog(folder) as log:
        log.append([score(1), score(2), score(3, verdict="voted", weight=1.0)])
        assert [row[0] for row in scores(folder)] == [1, 2, 3]
    assert scores(folder) == [
        (1, 0.5, [0.5], None, None),
        (2, 0.5, [0.5], None, None),
        (3, 0.5, [0.5], "voted", 1.0),
    ]
    assert len(list(folder.rglob("*.parquet"))) == 1
    assert json.loads((folder / "version.json").read_text()) == {"schema_version": SCHEMA_VERSION}


@pytest.mark.parametrize("interval", [0, 1.5])
def test_a_flush_interval_that_would_lose_too_much_is_refused(folder, interval):
    with pytest.raises(ConfigurationError, match="at most 1"):
        EventLog(folder, flush_interval_s=interval)


def test_a_tenant_that_cannot_be_a_folder_is_refused_before_anything_is_written(folder, observed):
    with EventLog(folder) as log:
        with pytest.raises(StoreError, match="cannot name a folder"):
            log.append([observed(1), observed(2, tenant_id="../other")])
        log.append([observed(3)])
    assert tracks(folder) == [3]


def test_a_closed_log_takes_nothing(folder, observed):
    log = EventLog(folder)
    log.close()
    log.close()
    with pytest.raises(StoreError, match="closed"):
        log.append([observed(1)])


def test_a_failure_in_the_background_reaches_the_owner(folder, observed, monkeypatch):
    def fail(*_):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(event_log, "_COMMIT_CHECK_S", 0.01)
    monkeypatch.setattr(event_log, "commit_segment", fail)
    log = EventLog(folder, segment_bytes=1)
    log.append([observed(1)])
    eventually(lambda: log._failure)
    with pytest.raises(StoreError, match="Input/output error"):
        log.append([observed(2)])
    with pytest.raises(StoreError, match="Input/output error"):
        log.close()
    monkeypatch.undo()
    EventLog(folder).close()
    assert tracks(folder) == [1]


def test_a_fault_of_our_own_in_the_background_stops_the_log(folder, observed, monkeypatch):
    def fail(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(event_log, "_COMMIT_CHECK_S", 0.01)
    monkeypatch.setattr(event_log, "commit_segment", fail)
    log = EventLog(folder, segment_bytes=1)
    log.append([observed(1)])
    eventually(lambda: log._failure)
    with pytest.raises(StoreError, match="ZeroDivisionError"):
        log.close()


def test_appending_to_a_full_disk_loses_nothing_acknowledged(small_disk, observed):
    folder = small_disk.path / "events"
    log = EventLog(folder)
    flushed = []

    def go_on_for_ever():
        while True:
            log.append([observed(len(flushed))])
            log.flush()
            flushed.append(len(flushed))

    with pytest.raises(StoreError, match=f"{folder} is full"):
        go_on_for_ever()
    with pytest.raises(StoreError, match="is full"):
        log.append([observed(-number) for number in range(1, 200)])
    with pytest.raises(StoreError, match="is full"):
        log.close()
    assert len(flushed) > 100
    assert tracks(folder) == flushed
    small_disk.grow()
    EventLog(folder).close()
    assert tracks(folder) == flushed


def test_a_disk_too_full_to_commit_is_mended_by_opening_again(small_disk, observed):
    folder = small_disk.path / "events"
    log = EventLog(folder)
    log.append([observed(number) for number in range(2000)])
    log.flush()
    small_disk.fill(leaving=8192)
    with pytest.raises(StoreError, match="is full; free some space"):
        log.close()
    assert not list(folder.rglob("*.tmp"))
    with pytest.raises(StoreError, match="is full"):
        EventLog(folder)
    assert tracks(folder) == list(range(2000))
    small_disk.grow()
    EventLog(folder).close()
    assert tracks(folder) == list(range(2000))


def test_an_open_log_goes_on_when_a_full_disk_has_room_again(small_disk, observed):
    folder = small_disk.path / "events"
    log = EventLog(folder)
    log.append([observed(0)])
    small_disk.fill(leaving=4096)
    many = [observed(number) for number in range(1, 200)]
    for _ in range(2):
        with pytest.raises(FullDiskError, match=f"{folder} is full"):
            log.append(many)
    assert tracks(folder) == [0]
    small_disk.free()
    log.append(many)
    log.append([observed(200)])
    assert tracks(folder) == list(range(201))
    log.close()
    assert tracks(folder) == list(range(201))
    assert not list(folder.rglob("*.wal"))


def test_a_segment_that_found_no_room_in_the_tables_is_brought_there_later(
    small_disk, observed, monkeypatch
):
    folder = small_disk.path / "events"
    log = EventLog(folder, segment_age_s=3600)
    log.append([observed(number) for number in range(2000)])
    small_disk.fill(leaving=8192)
    with pytest.raises(FullDiskError), log.tables():
        pass
    assert not list(folder.rglob("*.tmp"))
    log.append([observed(1999), observed(2000)])  # in another segment: who is there is known
    log.flush()
    assert tracks(folder) == list(range(2001))
    small_disk.free()
    eventually(lambda: len(list(folder.rglob("*.wal"))) == 0)  # by itself
    assert tracks(folder) == list(range(2001))
    log.close()
    assert tracks(folder) == list(range(2001))


def test_the_threads_of_a_log_outlive_a_full_disk(folder, observed, monkeypatch):
    synced = os.fsync
    full = iter([True, True])
    monkeypatch.setattr(event_log, "_LONGEST_PAUSE_S", 0.01)

    def fsync(descriptor: int) -> None:
        if os.readlink(f"/proc/self/fd/{descriptor}").endswith(".wal") and next(full, False):
            raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))
        synced(descriptor)

    with EventLog(folder, flush_interval_s=0.01) as log:
        monkeypatch.setattr(os, "fsync", fsync)
        log.append([observed(1)])
        eventually(lambda: log._segment._synced == log._segment.size)
        log.append([observed(2)])
    assert tracks(folder) == [1, 2]


@pytest.mark.timeout(300)  # a process a round, each of which imports Arrow first
def test_a_process_killed_at_any_moment_loses_and_doubles_nothing(tmp_path):
    folder = tmp_path / "events"
    seed = int(os.environ.get("GENESIS_TEST_SEED", time.time_ns() % 1_000_000))
    print(f"GENESIS_TEST_SEED={seed}")
    chance = random.Random(seed)
    number = 0
    for _ in range(KILL_ROUNDS):
        appended = _killed_at_random(folder, number, chance)
        assert appended > number
        found = tracks(folder)
        assert found[:appended] == list(range(appended))
        # One append may have come to its end before it could be told of.
        assert found == list(range(len(found)))
        number = len(found)
    EventLog(folder).close()
    assert tracks(folder) == list(range(number))


def _killed_at_random(folder: Path, number: int, chance: random.Random) -> int:
    """Let a writer go on from `number`, kill it, and return up to where it said it was."""
    script = Path(__file__).with_name("killed_writer.py")
    command = [sys.executable, script, folder, str(number), str(chance.randrange(1_000_000))]
    environment = {**os.environ, "PYTHONPATH": str(Path(genesis_ray.__file__).parent.parent)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as writer:
        assert writer.stdout
        said = [writer.stdout.readline()]
        time.sleep(chance.uniform(0, 0.6))
        writer.send_signal(signal.SIGKILL)
        said += writer.stdout.readlines()
    whole = [line.split() for line in said if line.endswith("\n")]
    return max((int(count) for _, count in whole), default=0)


def test_who_has_the_tables_has_all_that_was_appended_and_appends_go_on(folder, observed):
    with EventLog(folder) as log:
        log.append([observed(1)])
        with log.tables() as tables:
            assert not tables.segments()
            log.append([observed(2)])
            assert len(tables.partitions()) == 1
        assert tracks(folder) == [1, 2]


def test_what_fails_with_the_tables_does_not_stop_the_log(folder, observed):
    with EventLog(folder) as log:
        with pytest.raises(StoreError, match="ours"), log.tables():
            raise StoreError("ours")
        log.append([observed(1)])
    assert tracks(folder) == [1]


def test_commits_wait_for_who_has_the_tables(folder, observed, monkeypatch):
    monkeypatch.setattr(event_log, "_COMMIT_CHECK_S", 0.01)
    with EventLog(folder, segment_age_s=0.01) as log:
        with log.tables():
            log.append([observed(1)])
            time.sleep(0.1)
            assert not list(folder.rglob("*.parquet"))
        eventually(lambda: list(folder.rglob("*.parquet")))


def test_days_that_are_over_are_compacted_while_the_log_is_open(folder, observed):
    with EventLog(folder) as log:
        for number in range(3):
            log.append([observed(number), observed(number, days=1)])
            with log.tables():
                pass
        assert log.compact(before=datetime(2026, 1, 6, tzinfo=UTC).date()) == 2
        assert len(list(folder.rglob("*.parquet"))) == 1 + 3
    assert tracks(folder) == [0, 1, 2, 0, 1, 2]
