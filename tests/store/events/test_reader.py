import tempfile
import threading
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow.dataset as ds
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genesis_ray.errors import NotFoundError, StoreError
from genesis_ray.store.events import event_log
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.events.reader import RunTables, read_table
from genesis_ray.store.schemas import EVENT_SCHEMAS

TABLE = "track_observations"


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "events"


def tracks(folder, tenant_id=None):
    return read_table(folder, TABLE, tenant_id)["track_id"].to_pylist()


def test_a_table_nobody_wrote_has_no_rows(folder):
    assert read_table(folder, "visits") == EVENT_SCHEMAS["visits"].empty_table()
    assert not folder.exists()


def test_an_unknown_table_is_named_beside_those_there_are(folder):
    with pytest.raises(NotFoundError, match=r"'vists'.*visits"):
        read_table(folder, "vists")


def test_rows_come_by_time_then_id_whether_committed_or_not(folder, observed):
    with EventLog(folder) as log:
        log.append([observed(4), observed(1), observed(30, days=1)])
    with EventLog(folder) as log:
        log.append([observed(3), observed(2)])
        rows = read_table(folder, TABLE)
    assert rows["track_id"].to_pylist() == [1, 2, 3, 4, 30]
    assert rows.schema == EVENT_SCHEMAS[TABLE]


def test_files_of_other_tenants_are_not_opened(folder, observed):
    with EventLog(folder) as log:
        log.append([observed(1, "acme"), observed(2, "other")])
    for path in (folder / TABLE / "tenant_id=other").rglob("*.parquet"):
        path.write_bytes(b"not for acme to read")
    assert tracks(folder, "acme") == [1]
    with pytest.raises(StoreError, match="damaged"):
        tracks(folder)


def test_files_of_earlier_days_are_not_opened_where_later_ones_are_asked_for(folder, observed):
    with EventLog(folder) as log:
        log.append([observed(1), observed(2, days=1), observed(3, days=2)])
    first, second, _ = sorted((folder / TABLE).rglob("*.parquet"))
    first.write_bytes(b"of a day before")
    since = date.fromisoformat(second.parent.name.removeprefix("day="))
    assert read_table(folder, TABLE, since=since)["track_id"].to_pylist() == [2, 3]


def test_a_tenant_id_cannot_lead_out_of_the_folder(folder, observed):
    with EventLog(folder) as log:
        log.append([observed(1, "acme")])
    with pytest.raises(StoreError, match="cannot name a folder"):
        tracks(folder, "*")


_APPEND = st.lists(st.tuples(st.integers(0, 50), st.sampled_from(["a", "b", "c-1"])), max_size=8)


@settings(max_examples=15)
@given(closed=st.lists(_APPEND, max_size=3), still_open=st.lists(_APPEND, max_size=3))
def test_no_tenant_sees_anothers_row_and_all_see_their_own(closed, still_open, observed):
    expected = {
        tenant: sorted(
            {n for append in closed + still_open for n, whose in append if whose == tenant}
        )
        for tenant in ("a", "b", "c-1")
    }
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent) / "events"
        for append in closed:
            with EventLog(folder) as log:
                log.append([observed(*event) for event in append])
        with EventLog(folder) as log:
            for append in still_open:
                log.append([observed(*event) for event in append])
            for tenant, numbers in expected.items():
                assert tracks(folder, tenant) == numbers


def test_a_reader_beside_a_writer_sees_each_event_once(folder, observed, monkeypatch):
    monkeypatch.setattr(event_log, "_COMMIT_CHECK_S", 0.001)
    monkeypatch.setattr(event_log, "_SMALL_FILES", 2)
    total = 300
    written = [0]

    def write():
        with EventLog(folder, segment_bytes=1) as log:
            for number in range(total):
                log.append([observed(number)])
                written[0] = number + 1

    writer = threading.Thread(target=write)
    writer.start()
    looks = 0
    while writer.is_alive():
        before = written[0]
        found = tracks(folder)
        assert found == list(range(len(found)))
        assert len(found) >= before
        looks += 1
    writer.join()
    assert looks > 3
    assert tracks(folder) == list(range(total))


def test_other_tools_read_the_folder_as_it_is(folder, observed):
    with EventLog(folder) as log:
        log.append([observed(1, "acme"), observed(2, "other", days=1)])
    pattern = f"{folder}/{TABLE}/**/*.parquet"
    query = f"SELECT track_id, tenant_id, CAST(day AS VARCHAR) FROM '{pattern}' ORDER BY ALL"
    rows = [(1, "acme", "2026-01-05"), (2, "other", "2026-01-06")]
    assert duckdb.sql(query).fetchall() == rows
    dataset = ds.dataset(folder / TABLE, partitioning="hive")
    assert dataset.to_table().sort_by("track_id")["tenant_id"].to_pylist() == ["acme", "other"]


def test_the_tables_of_a_run_are_read_when_asked_for(folder, observed):
    tables = RunTables(folder, "acme")
    with EventLog(folder) as log:
        log.append([observed(1, "acme"), observed(2, "other")])
    assert set(tables) == set(EVENT_SCHEMAS)
    assert len(tables) == len(EVENT_SCHEMAS)
    assert tables[TABLE]["track_id"].to_pylist() == [1]
    assert tables["visits"].files == []
    assert "nonsense" not in tables


def test_of_tables_of_a_time_no_files_of_other_days_are_looked_for(folder, observed):
    with EventLog(folder) as log:
        log.append([observed(number, days=number) for number in range(3)])
    start = min(read_table(folder, TABLE)["occurred_at"].to_pylist())
    tables = RunTables(folder, until=start + timedelta(days=1, hours=3))
    second = tables.between(start + timedelta(days=1), start + timedelta(days=5))[TABLE]
    assert [path.parent.name for path in second.files] == [f"day={start + timedelta(days=1):%F}"]
    assert second["track_id"].to_pylist() == [1]
    assert len(tables.between(start + timedelta(days=9), None)[TABLE]) == 2
