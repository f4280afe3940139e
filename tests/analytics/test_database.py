import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import duckdb
import pyarrow as pa
import pytest

from genesis_ray.analytics import database as module
from genesis_ray.analytics.database import database
from genesis_ray.analytics.limits import Limits
from genesis_ray.analytics.query import run, stream
from genesis_ray.analytics.spare import Spares
from genesis_ray.errors import GenesisError
from genesis_ray.store.events import parquet_file
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.events.reader import RunTables
from tests.analytics.test_read_only import TABLE, observed

LIMITS = Limits(threads=1)
BEGUN = datetime(2026, 1, 5, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def own(monkeypatch):
    """Give the test databases of its own."""
    spares = Spares()
    monkeypatch.setattr(module, "spares", lambda: spares)
    yield spares
    spares._maker.shutdown()


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "events"
    with EventLog(path) as log:
        log.append([observed(1, "acme"), observed(2, "other")])
    return path


def of(folder, tenant_id="acme"):
    return {TABLE: RunTables(folder, tenant_id)[TABLE]}


def tracks(tables):
    return run(f"SELECT track_id FROM {TABLE} ORDER BY 1", tables, limits=LIMITS)[0].to_pylist()


def test_the_next_question_to_the_same_files_is_answered_by_the_same_database(folder):
    with database(of(folder), LIMITS) as first:
        pass
    with database(of(folder), LIMITS) as second:
        assert second is first


def test_nothing_of_a_question_is_left_for_the_next(folder, own):
    visits = RunTables(folder, "acme")["visits"].read()
    with database({**of(folder), "visits": visits}, LIMITS) as connection:
        assert len(connection.sql("SHOW TABLES").fetchall()) == 3
    assert connection in own._resting.values()
    assert connection.sql("SHOW TABLES").fetchall() == []


def test_a_database_that_may_open_other_files_answers_for_nobody_else(folder):
    with database(of(folder), LIMITS) as acmes:
        pass
    with database(of(folder, "other"), LIMITS) as others:
        assert others is not acmes
        (path,) = of(folder)[TABLE].files
        with pytest.raises(duckdb.PermissionException):
            others.sql(f"FROM '{path}'").fetchall()


def test_one_that_answered_cannot_be_set_up_otherwise(folder):
    for _ in range(2):
        with (
            database(of(folder), LIMITS) as connection,
            pytest.raises(duckdb.InvalidInputException, match="locked"),
        ):
            connection.execute("SET threads = 8")


def test_questions_asked_at_once_have_a_database_each(folder):
    with database(of(folder), LIMITS) as first, database(of(folder), LIMITS) as second:
        assert first is not second


def test_one_with_more_memory_does_not_answer_for_one_with_less():
    with database({}, LIMITS) as first:
        pass
    with database({}, Limits(threads=1, memory_mb=64)) as second:
        assert second is not first


def test_a_file_that_is_replaced_is_read_anew_though_it_looks_as_old(folder):
    assert tracks(of(folder)) == [1]
    (path,) = of(folder)[TABLE].files
    before = path.stat()
    parquet_file.write(path, pa.concat_tables([RunTables(folder, "other")[TABLE].read()] * 2))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert tracks(of(folder)) == [2, 2]


def test_who_asks_again_without_new_files_is_answered_by_what_is_fresh_too(folder):
    assert tracks(of(folder)) == [1]
    with EventLog(folder) as log:
        log.append([observed(3, "acme")])
        assert tracks(of(folder)) == [1, 3]
        log.append([observed(4, "acme")])
        assert tracks(of(folder)) == [1, 3, 4]


def test_a_database_in_which_a_query_failed_answers_no_more(folder, own):
    with pytest.raises(GenesisError, match="Conversion"):
        run(f"SELECT camera_id::INTEGER FROM {TABLE}", of(folder), limits=LIMITS)
    assert not own._resting


def test_a_database_rests_once_all_of_a_stream_is_read(folder, own):
    whole = stream(f"FROM {TABLE}", of(folder), limits=LIMITS)
    assert not own._resting
    assert len(whole.read_all()) == 1
    assert len(own._resting) == 1
    broken_off = stream(f"FROM {TABLE}, range(200000)", of(folder), limits=LIMITS)
    broken_off.read_next_batch()
    broken_off.close()
    assert not own._resting


def test_files_that_have_gone_leave_no_database_behind(folder, own):
    table = of(folder)
    (path,) = table[TABLE].files
    path.unlink()
    with database(table, LIMITS):
        pass
    assert not own._resting


def test_row_groups_without_any_of_hundreds_of_tracks_are_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet_file, "ROW_GROUP_ROWS", 3)
    with EventLog(tmp_path / "events") as log:
        log.append(
            [
                replace(observed(0, "acme"), track_id=number, occurred_at=BEGUN + number * SECOND)
                for number in range(1200)
            ]
        )
    rows = RunTables(tmp_path / "events", "acme")[TABLE]
    sought = rows.read().select(["track_id"]).take(list(range(0, 1200, 12)))
    assert len(sought) > 50  # of which DuckDB makes nothing by itself
    with database({TABLE: rows, "sought": sought}, LIMITS) as connection:
        told = connection.execute(
            f"EXPLAIN ANALYZE FROM {TABLE} SEMI JOIN sought USING (track_id)"
        ).fetchall()
    assert "Row Groups Scanned: 100 / 400" in told[0][1]
