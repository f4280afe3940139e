import pytest

from genesis_ray.store.events import compaction
from genesis_ray.store.events.compaction import compact
from genesis_ray.store.events.event_folder import EventFolder, data_file, live_files
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.events.parquet_file import write
from genesis_ray.store.events.reader import read_table
from genesis_ray.store.schemas import EVENT_SCHEMAS, to_tables

TABLE = "track_observations"
SCHEMA = EVENT_SCHEMAS[TABLE]


@pytest.fixture
def new_partition(observed):
    """Make a folder of events with one partition of `count` files of two rows each."""

    def make(path, count=3):
        folder = EventFolder(path)
        folder.prepare()
        partition = folder.partition(TABLE, "default", "2026-01-05")
        partition.mkdir(parents=True)
        for n in range(count):
            rows = to_tables([observed(2 * n), observed(2 * n + 1)])[TABLE]
            write(data_file(partition, n + 1, n + 1), rows)
        return folder, partition

    return make


def names(partition):
    return sorted(path.name for path in partition.iterdir())


def tracks(folder):
    return read_table(folder.path, TABLE)["track_id"].to_pylist()


def test_files_become_one_named_by_the_segments_it_has(tmp_path, new_partition):
    folder, partition = new_partition(tmp_path)
    compact(partition, SCHEMA)
    assert names(partition) == ["00000001-00000003.parquet"]
    assert tracks(folder) == list(range(6))


def test_too_few_files_are_left_alone(tmp_path, new_partition):
    _, partition = new_partition(tmp_path)
    compact(partition, SCHEMA, at_least=4)
    assert len(names(partition)) == 3


def test_large_files_are_not_rewritten(tmp_path, new_partition, monkeypatch):
    _, partition = new_partition(tmp_path, count=4)
    second = live_files(partition)[1].path
    second.write_bytes(second.read_bytes() + bytes(100))
    monkeypatch.setattr(compaction, "_LARGE_BYTES", second.stat().st_size)
    compact(partition, SCHEMA)
    assert names(partition) == [
        "00000001.parquet",
        "00000002.parquet",
        "00000003-00000004.parquet",
    ]


def test_a_death_at_any_step_loses_and_doubles_nothing(tmp_path, new_partition, mortality):
    step, alive = 0, False
    while not alive:
        folder, partition = new_partition(tmp_path / str(step))
        alive = not mortality.dies_at(step, lambda partition=partition: compact(partition, SCHEMA))
        assert tracks(folder) == list(range(6))
        EventLog(folder.path).close()
        assert tracks(folder) == list(range(6))
        assert names(partition) == ["00000001-00000003.parquet"]
        step += 1
    assert step > 5  # it died in many places


def test_a_file_inside_anothers_range_does_not_count(tmp_path, new_partition):
    folder, partition = new_partition(tmp_path)
    left = live_files(partition)[1].path
    content = left.read_bytes()
    compact(partition, SCHEMA)
    left.write_bytes(content)
    assert tracks(folder) == list(range(6))


def test_a_damaged_file_is_neither_merged_nor_deleted(tmp_path, new_partition, caplog):
    folder, partition = new_partition(tmp_path, count=5)
    damaged = live_files(partition)[1].path
    damaged.write_bytes(b"torn")
    compact(partition, SCHEMA)
    assert names(partition) == [
        "00000001.parquet",
        "00000002.parquet",
        "00000003-00000005.parquet",
    ]
    assert "00000002.parquet is damaged" in caplog.text
    EventLog(folder.path).close()
    assert damaged.read_bytes() == b"torn"
