import shutil
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from genesis_ray.analytics.query import run, stream
from genesis_ray.errors import ConfigurationError, StoreError
from genesis_ray.store.events import event_log, parquet_file
from genesis_ray.store.events.compaction import compact
from genesis_ray.store.events.event_folder import EventFolder
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.events.reader import RunTables, read_table
from genesis_ray.store.schemas import EVENT_SCHEMAS

TABLE = "track_observations"
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
QUERY = f"SELECT track_id FROM {TABLE} ORDER BY track_id"


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "events"


def tracks(tables) -> list[int]:
    return run(QUERY, tables)["track_id"].to_pylist()


def committed(folder, observed, *numbers, **where):
    """Write a file a number."""
    for number in numbers:
        with EventLog(folder) as log:
            log.append([observed(number, **where)])


def split(folder, observed, *numbers):
    """Write a file a number to one partition, not merged."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(event_log, "compact", lambda *_, **__: None)
        committed(folder, observed, *numbers)
    return sorted(folder.rglob("*.parquet"))


def test_rows_in_files_and_rows_not_committed_answer_together(folder, observed):
    committed(folder, observed, 1, 2)
    with EventLog(folder) as log:
        log.append([observed(3)])
        table = RunTables(folder)[TABLE]
        assert len(table.files) == 1
        assert table.fresh["track_id"].to_pylist() == [3]
        assert tracks(RunTables(folder)) == [1, 2, 3]


def test_a_row_that_is_committed_and_still_in_the_log_counts_once(folder, observed):
    with EventLog(folder) as log:
        log.append([observed(1), observed(2)])
        segment = EventFolder(folder).segment(1)
        left = segment.read_bytes()
    segment.write_bytes(left)
    assert RunTables(folder)[TABLE].fresh.num_rows == 0
    assert tracks(RunTables(folder)) == [1, 2]


def test_looking_a_table_up_opens_no_file_of_another_tenant(folder, observed, monkeypatch):
    with EventLog(folder) as log:
        log.append([observed(1, "acme"), observed(2, "other")])
    for path in (folder / TABLE / "tenant_id=other").rglob("*.parquet"):
        path.write_bytes(b"not for acme to read")
    tables = RunTables(folder, "acme")
    assert all("tenant_id=acme" in str(path) for path in tables[TABLE].files)
    assert tracks(tables) == [1]


def test_files_of_other_days_are_not_opened(folder, observed, caplog):
    for days in (0, 1, 2):
        committed(folder, observed, days, days=days)
    first, _, last = sorted(folder.rglob("*.parquet"))
    first.write_bytes(b"before")
    last.write_bytes(b"after")
    day = timedelta(days=1)
    midnight = NOON.replace(hour=0)
    assert tracks(RunTables(folder, since=midnight + day, until=midnight + 2 * day)) == [1]
    assert caplog.text == ""


def test_a_time_is_exact_in_files_and_in_what_is_fresh(folder, observed):
    committed(folder, observed, 1, 2, 3)
    with EventLog(folder) as log:
        log.append([observed(4), observed(5), observed(6)])
        since, until = NOON + timedelta(seconds=2), NOON + timedelta(seconds=6)
        tables = RunTables(folder, since=since, until=until)
        assert tracks(tables) == [2, 3, 4, 5]
        assert tables[TABLE]["track_id"].to_pylist() == [2, 3, 4, 5]


def test_a_part_of_a_table_has_its_rows_of_a_time_and_none_that_came_later(folder, observed):
    committed(folder, observed, 1, days=0)
    committed(folder, observed, 2, 3, days=1)
    with EventLog(folder) as log:
        log.append([observed(4, days=1), observed(5, days=2)])
        table = RunTables(folder)[TABLE]
        log.append([observed(6, days=1)])
        day = timedelta(days=1)
        part = table.between(NOON + day, NOON + day + timedelta(seconds=4))
        assert {path.parent.name for path in part.files} == {"day=2026-01-06"}
        assert tracks({TABLE: part}) == part["track_id"].to_pylist() == [2, 3]
        assert tracks({TABLE: part.between(NOON + day, None)}) == [2, 3]
        assert tracks({TABLE: part.between(NOON, NOON + day)}) == [2, 3]  # no time
        assert tracks({TABLE: table.between(NOON + day, None)}) == [2, 3, 4, 5]


def test_a_time_that_ends_before_it_begins_is_refused(folder):
    with pytest.raises(ConfigurationError, match="end after it begins"):
        RunTables(folder, since=NOON, until=NOON)


@pytest.mark.parametrize("content", [b"", b"torn", b"PAR1" + bytes(100) + b"PAR1"])
def test_a_damaged_file_is_left_out_and_reported_once(folder, observed, caplog, content):
    damaged = split(folder, observed, 1, 2, 3)[1]
    damaged.write_bytes(content)
    tables = RunTables(folder)
    assert tracks(tables) == [1, 3]
    assert tracks(tables) == [1, 3]
    assert tables[TABLE].read()["track_id"].to_pylist() == [1, 3]
    (warning,) = caplog.messages
    assert str(damaged) in warning
    assert "put it back from a backup" in warning
    assert damaged.read_bytes() == content
    with pytest.raises(StoreError, match="damaged"):
        read_table(folder, TABLE)


def test_a_file_that_is_damaged_inside_is_left_out(folder, observed, caplog):
    damaged = split(folder, observed, 1, 2, 3)[1]
    content = damaged.read_bytes()
    footer = int.from_bytes(content[-8:-4], "little")
    damaged.write_bytes(content[: -8 - footer] + bytes(footer) + content[-8:])
    assert tracks(RunTables(folder)) == [1, 3]
    assert str(damaged) in caplog.text


def test_the_ends_of_a_file_are_looked_at_once(folder, observed, monkeypatch):
    committed(folder, observed, 1)
    looked: list[Path] = []
    is_whole = parquet_file.is_whole
    monkeypatch.setattr(
        parquet_file, "is_whole", lambda path: bool(looked.append(path)) or is_whole(path)
    )
    for _ in range(2):
        assert tracks(RunTables(folder)) == [1]
    (path,) = looked
    path.write_bytes(path.read_bytes()[:-1])
    assert tracks(RunTables(folder)) == []
    assert looked == [path, path]


def test_a_damaged_file_that_is_put_back_counts_again(folder, observed, caplog):
    damaged = split(folder, observed, 1, 2)[0]
    content = damaged.read_bytes()
    damaged.write_bytes(b"torn")
    tables = RunTables(folder)
    assert tracks(tables) == [2]
    damaged.write_bytes(content)
    assert tracks(tables) == [1, 2]


class Compacting(dict):
    """Tables whose files are merged between the moment they are found and the query."""

    def __init__(self, folder):
        found = RunTables(folder)[TABLE]
        super().__init__({TABLE: found})
        compact(found.files[0].parent, EVENT_SCHEMAS[TABLE])


def test_files_that_were_merged_after_they_were_found_are_found_again(folder, observed):
    split(folder, observed, 1, 2, 3)
    tables = Compacting(folder)
    assert not tables[TABLE].files[0].exists()
    assert tracks(tables) == [1, 2, 3]
    assert tables[TABLE].read()["track_id"].to_pylist() == [1, 2, 3]
    assert sum(len(batch) for batch in stream(QUERY, tables)) == 3


def test_a_query_beside_a_writer_sees_each_event_once(folder, observed, monkeypatch):
    monkeypatch.setattr(event_log, "_COMMIT_CHECK_S", 0.001)
    monkeypatch.setattr(event_log, "_SMALL_FILES", 2)
    written, stop = [0], threading.Event()

    def write():
        with EventLog(folder, segment_bytes=1) as log:
            while not stop.is_set():
                log.append([observed(written[0])])
                written[0] += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(4):
            before = written[0]
            found = tracks(RunTables(folder))
            assert found == list(range(len(found)))
            assert len(found) >= before
    finally:
        stop.set()
        writer.join()
    assert tracks(RunTables(folder)) == list(range(written[0]))


def test_a_table_of_an_older_version_has_nothing_in_later_columns(folder):
    from tests.store.events.test_event_log import first_version, score

    first_version(folder, [score(1)], [score(2)])
    rows = run("SELECT track_id, verdict, weight FROM face_scores ORDER BY 1", RunTables(folder))
    assert [tuple(row.values()) for row in rows.to_pylist()] == [(1, None, None), (2, None, None)]


def test_a_folder_whose_name_is_a_pattern_is_no_pattern(tmp_path, observed):
    folder = tmp_path / "run[1]" / "events"
    committed(folder, observed, 1)
    committed(tmp_path / "run1" / "events", observed, 2)
    assert tracks(RunTables(folder)) == [1]


@pytest.mark.parametrize("ask", [tracks, lambda tables: tables[TABLE].read()])
def test_a_folder_that_has_gone_after_it_was_looked_up_is_named(folder, observed, ask):
    committed(folder, observed, 1)
    tables = dict(RunTables(folder))
    shutil.rmtree(folder)
    with pytest.raises(StoreError, match=f"{folder} is not there any more"):
        ask(tables)


def test_a_table_of_which_all_files_have_gone_is_empty_and_is_read_in_one_go(folder, observed):
    committed(folder, observed, 1)
    table = RunTables(folder)[TABLE]
    for file in table.files:
        file.unlink()
    assert len(table.read()) == 0


def test_of_a_part_of_a_day_files_of_before_and_after_are_left_out(folder, observed):
    assert len(split(folder, observed, 10, 20, 30)) == 3
    tables, since = RunTables(folder, "default"), observed(20).occurred_at
    part = tables.between(since, since + timedelta(seconds=1))[TABLE]
    assert len(part.files) == 1
    assert part["track_id"].to_pylist() == [20]
    assert tables.between(None, since)[TABLE]["track_id"].to_pylist() == [10]
    whole_day = tables.between(NOON - timedelta(hours=12), NOON + timedelta(hours=12))
    assert len(whole_day[TABLE].files) == 3


def test_a_damaged_file_of_a_part_of_a_day_is_left_out(folder, observed, caplog):
    first, *_ = split(folder, observed, 10, 20)
    content = bytearray(first.read_bytes())
    content[-400:-8] = bytes(392)  # its footer
    first.write_bytes(content)
    tables = RunTables(folder, "default")
    part = tables.between(observed(5).occurred_at, observed(25).occurred_at)
    assert part[TABLE]["track_id"].to_pylist() == [20]
    assert tables.damaged() == [first]
    assert "is damaged" in caplog.text
