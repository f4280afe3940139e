from datetime import UTC, datetime, timedelta
from itertools import pairwise

import duckdb
import pytest

from genesis_ray.store.events import parquet_file
from genesis_ray.store.schemas import to_tables

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.fixture
def path(tmp_path, observed, monkeypatch):
    """Return a file of ten rows a second apart, two a row group."""
    monkeypatch.setattr(parquet_file, "ROW_GROUP_ROWS", 2)
    rows = to_tables([observed(number) for number in range(10)])["track_observations"]
    parquet_file.write(tmp_path / "rows.parquet", rows)
    return tmp_path / "rows.parquet"


def test_ids_are_read_of_the_row_groups_at_a_time_alone(path):
    since, until = NOON + timedelta(seconds=3), NOON + timedelta(seconds=4)
    assert len(parquet_file.read_ids(path, since, until)) == 4
    assert len(parquet_file.read_ids(path, since - timedelta(days=1), until)) == 6
    assert (
        len(parquet_file.read_ids(path, until + timedelta(days=1), until + timedelta(days=2))) == 0
    )


def test_a_query_of_a_time_leaves_row_groups_out(path):
    times = duckdb.sql(
        f"SELECT stats_min_value, stats_max_value FROM parquet_metadata('{path}') "
        "WHERE path_in_schema = 'occurred_at' ORDER BY row_group_id"
    ).fetchall()
    assert len(times) == 5
    assert all(before[1] < after[0] for before, after in pairwise(times))


@pytest.mark.parametrize("kept", [0, 7, 11, 200])
def test_a_torn_file_is_not_whole(path, kept):
    assert parquet_file.is_whole(path)
    path.write_bytes(path.read_bytes()[:kept])
    assert not parquet_file.is_whole(path)
