import pyarrow as pa
import pytest

from genesis_ray.errors import StoreError
from genesis_ray.store.events import parquet_file
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.events.row_parts import row_parts

TABLE, COLUMNS = "track_observations", ("track_id", "occurred_at")


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "events"


def parts(folder, tenant_id="acme") -> list[pa.Table]:
    return [part for part in row_parts(folder, TABLE, tenant_id, COLUMNS) if len(part)]


def tracks(folder, tenant_id="acme") -> list[int]:
    return [each for part in parts(folder, tenant_id) for each in part["track_id"].to_pylist()]


def test_all_rows_come_with_the_columns_asked_for_a_row_group_at_a_time(
    folder, observed, monkeypatch
):
    monkeypatch.setattr(parquet_file, "ROW_GROUP_ROWS", 2)
    with EventLog(folder) as log:
        log.append([observed(track, "acme") for track in range(5)])
    found = parts(folder)
    assert [len(part) for part in found] == [2, 2, 1]
    assert {tuple(part.column_names) for part in found} == {COLUMNS}
    assert sorted(tracks(folder)) == [0, 1, 2, 3, 4]


def test_rows_come_of_the_tenant_alone_whether_committed_or_not(folder, observed):
    with EventLog(folder) as log:
        log.append([observed(1, "acme"), observed(2, "other")])
    with EventLog(folder) as log:
        log.append([observed(3, "acme"), observed(4, "other")])
        assert sorted(tracks(folder)) == [1, 3]


def test_what_is_merged_while_others_are_read_comes_all_the_same(folder, observed):
    with EventLog(folder) as log:
        log.append([observed(track, "acme", days=track) for track in range(2)])
    reading = row_parts(folder, TABLE, "acme", COLUMNS)
    seen = [*next(reading)["track_id"].to_pylist(), *next(reading)["track_id"].to_pylist()]
    assert seen == [0]
    _, later = sorted((folder / TABLE).rglob("*.parquet"))
    later.rename(later.with_name("00000001-00000009.parquet"))
    for part in reading:
        seen += part["track_id"].to_pylist()
    assert set(seen) == {0, 1}


def test_a_damaged_file_is_named(folder, observed):
    with EventLog(folder) as log:
        log.append([observed(1, "acme")])
    (path,) = (folder / TABLE).rglob("*.parquet")
    path.write_bytes(b"something else")
    with pytest.raises(StoreError, match=r"\.parquet is damaged"):
        parts(folder)


def test_a_folder_that_is_missing_has_no_rows(folder):
    assert parts(folder) == []
    assert not folder.exists()
