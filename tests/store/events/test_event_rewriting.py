import shutil

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from genesis_ray.errors import StoreError
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.events.event_rewriting import EventRewriting
from genesis_ray.store.events.reader import read_table

TABLE = "track_observations"


def log(folder, *groups):
    """Append each group in a log of its own, so that each is a file."""
    for events in groups:
        with EventLog(folder) as opened:
            opened.append(events)


def tracks(folder, tenant_id=None):
    return sorted(read_table(folder, TABLE, tenant_id)["track_id"].to_pylist())


def without(rows: pa.Table, track_id: int) -> pa.Table:
    return rows.filter(pc.field("track_id") != track_id)


def drop(folder, track_id, tenant_id="default"):
    """Rewrite a tenant's rows without a track."""
    with EventRewriting(folder) as rewriting:
        for day, rows in rewriting.partitions(TABLE, tenant_id):
            rewriting.stage(TABLE, tenant_id, day, without(rows, track_id))
        rewriting.apply()


@pytest.fixture
def folder(tmp_path, observed):
    """Two days of one tenant, one of another."""
    path = tmp_path / "events"
    log(path, [observed(1), observed(2)], [observed(3, days=1)], [observed(2, tenant_id="other")])
    return path


def test_rows_are_replaced_and_those_of_other_tenants_are_not(folder):
    drop(folder, 2)
    assert tracks(folder, "default") == [1, 3]
    assert tracks(folder, "other") == [2]
    assert not (folder / "rewriting").exists()


def test_what_is_in_the_write_ahead_log_is_rewritten_too(folder, observed, monkeypatch):
    log(folder)
    segment = EventLog(folder)
    segment.append([observed(4)])
    segment.flush()
    copy = folder.parent / "killed"
    shutil.copytree(folder, copy)
    segment.close()
    assert list((copy / "wal").iterdir())
    drop(copy, 4)
    assert tracks(copy, "default") == [1, 2, 3]
    assert not list((copy / "wal").iterdir())


def test_of_several_files_of_a_day_one_is_left(folder, observed, monkeypatch):
    monkeypatch.setattr("genesis_ray.store.events.event_log.compact", lambda *_, **__: None)
    log(folder, [observed(4)], [observed(5)])
    partition = next(folder.glob(f"{TABLE}/tenant_id=default/day=2026-01-05"))
    assert len(list(partition.iterdir())) == 3
    drop(folder, 5)
    assert len(list(partition.iterdir())) == 1
    log(folder, [observed(6)])
    assert tracks(folder, "default") == [1, 2, 3, 4, 6]


def test_a_day_without_rows_can_get_some(folder):
    with EventRewriting(folder) as rewriting:
        (_, rows), *_ = rewriting.partitions(TABLE, "default")
        assert rewriting.stage(TABLE, "default", "2027-01-01", rows) == []
        rewriting.apply()
    assert tracks(folder, "default") == [1, 1, 2, 2, 3]


def test_nothing_changes_where_it_is_not_applied(folder):
    with EventRewriting(folder) as rewriting:
        for day, rows in rewriting.partitions(TABLE, "default"):
            rewriting.stage(TABLE, "default", day, rows.slice(0, 0))
    assert tracks(folder, "default") == [1, 2, 3]
    assert not (folder / "rewriting").exists()


def test_while_somebody_writes_nothing_is_rewritten(folder):
    with EventLog(folder), pytest.raises(StoreError, match="being written to by process"):
        EventRewriting(folder)


def test_killed_at_any_point_all_is_as_it_was_or_done_once_somebody_writes(
    folder, mortality, observed, monkeypatch
):
    monkeypatch.setattr("genesis_ray.store.events.event_log.compact", lambda *_, **__: None)
    log(folder, [observed(4)])
    outcomes = set()
    for step in range(200):
        copy = folder.parent / f"killed-{step}"
        shutil.copytree(folder, copy)
        died = mortality.dies_at(step, lambda copy=copy: drop(copy, 2))
        assert set(tracks(copy, "default")) in ({1, 2, 3, 4}, {1, 3, 4})
        with EventLog(copy) as opened:  # goes on with it
            opened.append([observed(9)])
        found = tuple(tracks(copy, "default"))
        outcomes.add(found)
        assert not (copy / "rewriting").exists()
        if not died:
            break
    else:
        pytest.fail("it dies at any step")
    assert outcomes == {(1, 2, 3, 4, 9), (1, 3, 4, 9)}
