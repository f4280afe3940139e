import pytest

from genesis_ray.errors import StoreError
from genesis_ray.store.events import file_times, parquet_file
from genesis_ray.store.events.file_times import times_of
from genesis_ray.store.schemas import to_tables

TABLE = "track_observations"


def write(path, events):
    parquet_file.write(path, to_tables(events)[TABLE])


def test_a_file_says_when_its_rows_occurred(tmp_path, observed):
    write(tmp_path / "1.parquet", [observed(3), observed(5), observed(9)])
    assert times_of(tmp_path / "1.parquet") == (observed(3).occurred_at, observed(9).occurred_at)


def test_a_footer_is_read_once_as_long_as_the_file_is_the_same(tmp_path, observed, monkeypatch):
    opened, open_file = [], file_times.row_groups
    monkeypatch.setattr(
        file_times, "row_groups", lambda path: opened.append(path) or open_file(path)
    )
    path = tmp_path / "1.parquet"
    write(path, [observed(3)])
    assert times_of(path) == times_of(path)
    assert len(opened) == 1
    write(path, [observed(4)])
    assert times_of(path) == (observed(4).occurred_at, observed(4).occurred_at)


def test_a_file_without_rows_says_nothing(tmp_path, observed):
    parquet_file.write(tmp_path / "1.parquet", to_tables([observed(1)])[TABLE].slice(0, 0))
    assert times_of(tmp_path / "1.parquet") is None


def test_a_damaged_file_is_an_error_each_time(tmp_path):
    path = tmp_path / "1.parquet"
    path.write_bytes(b"PAR1 nonsense PAR1")
    for _ in range(2):
        with pytest.raises(StoreError):
            times_of(path)
