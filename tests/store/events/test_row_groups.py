from datetime import timedelta

import pyarrow.parquet as pq
import pytest

from genesis_ray.errors import StoreError
from genesis_ray.store.events import parquet_file
from genesis_ray.store.events import row_groups as module
from genesis_ray.store.events.row_groups import RowGroup, row_groups
from genesis_ray.store.schemas import EVENT_SCHEMAS, to_tables
from tests.store.conftest import NOON

TABLE = "track_observations"
GROUP = RowGroup(0, (NOON, NOON + timedelta(hours=1)), ("door", "till"))
UNTOLD = RowGroup(0, None, None)


@pytest.fixture
def path(tmp_path, observed, monkeypatch):
    """A file of six rows, one a second, in groups of two."""
    monkeypatch.setattr(parquet_file, "ROW_GROUP_ROWS", 2)
    path = tmp_path / "rows.parquet"
    parquet_file.write(path, to_tables([observed(number) for number in range(6)])[TABLE])
    return path


def test_a_group_tells_its_times_and_cameras_before_it_is_read(path):
    with row_groups(path) as groups:
        found = groups.all()
    assert [group.number for group in found] == [0, 1, 2]
    second = NOON + timedelta(seconds=2), NOON + timedelta(seconds=3)
    assert (found[1].times, found[1].cameras) == (second, ("door", "door"))


def test_a_group_is_read_in_the_columns_that_are_asked_for(path):
    with row_groups(path) as groups:
        rows = groups.read(groups.all()[2], EVENT_SCHEMAS[TABLE])
    assert rows.schema == EVENT_SCHEMAS[TABLE]
    assert rows["track_id"].to_pylist() == [4, 5]


def test_groups_that_do_not_tell_their_times_come_first_and_may_have_anything(path):
    pq.write_table(pq.read_table(path), path, row_group_size=3, write_statistics=False)
    with row_groups(path) as groups:
        assert groups.all() == [RowGroup(0, None, None), RowGroup(1, None, None)]
    assert UNTOLD.may_have("yard", NOON, NOON)
    assert not UNTOLD.begins_after(NOON)


@pytest.mark.parametrize(
    ("camera_id", "since", "until", "may_have"),
    [
        (None, None, None, True),
        ("door", None, None, True),
        ("gate", None, None, True),
        ("alley", None, None, False),
        ("yard", None, None, False),
        (None, NOON + timedelta(hours=1), None, True),
        (None, NOON + timedelta(hours=1, seconds=1), None, False),
        (None, None, NOON, False),
        (None, None, NOON + timedelta(microseconds=1), True),
    ],
)
def test_a_group_may_have_what_is_within_its_bounds(camera_id, since, until, may_have):
    assert GROUP.may_have(camera_id, since, until) is may_have


def test_a_group_begins_after_what_is_before_its_first_row():
    assert GROUP.begins_after(NOON - timedelta(microseconds=1))
    assert not GROUP.begins_after(NOON)


def test_a_damaged_group_is_told_with_its_file(path):
    content = path.read_bytes()
    with pytest.raises(FileNotFoundError), row_groups(path.with_name("gone.parquet")):
        pass
    path.write_bytes(content[:-9])
    with pytest.raises(StoreError, match=r"rows\.parquet is damaged"), row_groups(path):
        pass
    path.write_bytes(content[:4] + bytes(200) + content[204:])
    with row_groups(path) as groups, pytest.raises(StoreError, match=r"rows\.parquet is damaged"):
        groups.read(groups.all()[0], EVENT_SCHEMAS[TABLE])


def test_rows_are_taken_by_their_places_and_what_follows_is_not_decoded(
    tmp_path, observed, monkeypatch
):
    path = tmp_path / "rows.parquet"
    parquet_file.write(path, to_tables([observed(number) for number in range(10)])[TABLE])
    decoded = []
    monkeypatch.setattr(module, "_BATCH_ROWS", 2)
    monkeypatch.setattr(
        module, "in_this_version", lambda rows, schema: decoded.append(0) or rows.cast(schema)
    )
    with row_groups(path) as groups:
        (group,) = groups.all()
        rows = groups.take(group, EVENT_SCHEMAS[TABLE], [1, 2, 5])
        none = groups.take(group, EVENT_SCHEMAS[TABLE], [])
    assert rows["track_id"].to_pylist() == [1, 2, 5]
    assert len(none) == 0
    assert len(decoded) == 3 + 1
