import os
from datetime import UTC, datetime

import duckdb
import pyarrow as pa
import pytest

from genesis_ray.analytics.query import run, stream
from genesis_ray.analytics.read_only import check_read_only
from genesis_ray.domain.events import TrackObserved
from genesis_ray.errors import GenesisError
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.events.reader import RunTables

TABLE = "track_observations"


def observed(number: int, tenant_id: str) -> TrackObserved:
    return TrackObserved(
        tenant_id=tenant_id, site_id="site", camera_id="door", track_id=number, frame_index=0,
        occurred_at=datetime(2026, 1, 5, 12, 0, number, tzinfo=UTC), x1=0.1, y1=0.2, x2=0.3, y2=0.4,
        confidence=0.5,
    )  # fmt: skip


@pytest.fixture
def files(tmp_path):
    """Return the tables of a run, and its files by the name of the tenant."""
    folder = tmp_path / "run" / "events"
    with EventLog(folder) as log:
        log.append([observed(1, "acme"), observed(2, "other")])
    with EventLog(tmp_path / "run2" / "events") as log:
        log.append([observed(3, "acme")])
    (tmp_path / "secret.csv").write_text("secret")
    return RunTables(folder, "acme"), {
        "own": next(folder.rglob("tenant_id=acme/**/*.parquet")),
        "other": next(folder.rglob("tenant_id=other/**/*.parquet")),
        "elsewhere": next((tmp_path / "run2").rglob("*.parquet")),
        "text": tmp_path / "secret.csv",
        "new": tmp_path / "new",
    }


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "query",
    [
        "COPY track_observations TO '{new}'",
        "COPY (SELECT 1) TO '{own}' (FORMAT parquet, USE_TMP_FILE false)",
        "WITH gone AS (COPY (SELECT 1) TO '{own}' (USE_TMP_FILE false)) FROM gone",
        "FROM query('WITH gone AS (COPY (SELECT 1) TO ''{own}'') FROM gone')",
        "EXPLAIN ANALYZE COPY (SELECT 1) TO '{own}' (USE_TMP_FILE false)",
        "EXPORT DATABASE '{new}'",
        "IMPORT DATABASE '{new}'",
        "ATTACH '{new}'",
        "ATTACH '{own}' AS own",
        "ATTACH ':memory:' AS more",
        "CREATE TABLE more AS FROM track_observations",
        "CREATE VIEW track_observations AS SELECT 1",
        "CREATE MACRO more() AS 1",
        "INSERT INTO track_observations FROM track_observations",
        "DELETE FROM track_observations",
        "UPDATE track_observations SET track_id = 0",
        "WITH gone AS (DELETE FROM track_observations RETURNING *) FROM gone",
        "DROP VIEW track_observations",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET memory_limit = '1TB'",
        "SET VARIABLE a = 1",
        "RESET threads",
        "PRAGMA threads = 8",
        "CALL enable_logging()",
        "BEGIN",
        "COMMIT",
        "VACUUM",
        "CHECKPOINT",
        "PREPARE a AS SELECT 1",
        "SELECT 1; DROP VIEW track_observations",
        "FROM read_parquet('{other}')",
        "FROM read_parquet('{elsewhere}')",
        "FROM read_parquet(['{own}', '{other}'])",
        "FROM parquet_scan('{other}')",
        "FROM '{other}'",
        "FROM '{elsewhere}'",
        'FROM "{text}"',
        "FROM query_table('{other}')",
        "FROM query('FROM read_text(''{text}'')')",
        "FROM query('FROM ' || 'visits')",
        "FROM parquet_metadata('{other}')",
        "FROM read_text('{text}')",
        "FROM read_blob('{own}')",
        "FROM read_csv('{text}')",
        "FROM read_json('{text}')",
        "FROM sniff_csv('{text}')",
        "FROM glob('{own}')",
        "FROM glob('/*')",
        "SELECT (SELECT max(file) FROM glob('/*'))",
        "SELECT getenv('HOME')",
        "SELECT current_setting('allowed_paths')",
        "FROM track_observations WHERE len(current_setting('allowed_paths')) > 0",
        "SELECT \"CURRENT_SETTING\"(lower('ALLOWED_PATHS'))",
        "FROM duckdb_settings()",
        "FROM duckdb_secrets()",
        "FROM json_execute_serialized_sql('')",
    ],
)
def test_what_is_no_question_to_the_tables_is_refused(files, tmp_path, query):
    tables, paths = files
    before = contents(tmp_path)
    with pytest.raises(GenesisError, match="the query failed"):
        run(query.format(**paths), tables)
    with pytest.raises(GenesisError, match="the query failed"):
        stream(query.format(**paths), tables)
    assert contents(tmp_path) == before


@pytest.mark.parametrize(
    "query",
    [
        "WITH a AS (FROM track_observations) SELECT count(*) FROM a",
        "FROM track_observations UNION ALL FROM track_observations",
        "EXPLAIN FROM track_observations",
        "EXPLAIN ANALYZE FROM track_observations",
        "EXPLAIN (FORMAT json) FROM track_observations",
        "DESCRIBE track_observations",
        "SUMMARIZE track_observations",
        "SHOW TABLES",
        "VALUES (1)",
        "FROM range(3)",
        "FROM query('FROM track_observations')",
        "FROM query_table('track_observations')",
        "PIVOT track_observations ON camera_id IN ('door') USING count(*)",
        "WITH RECURSIVE t(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM t WHERE n < 3) FROM t",
        "FROM track_observations -- all of them;",
    ],
)
def test_a_question_is_answered(files, query):
    assert len(run(query, files[0]))


def test_a_pivot_that_does_not_say_its_columns_is_told_how_to():
    with pytest.raises(GenesisError, match="say which columns PIVOT is to make"):
        check_read_only("PIVOT visits ON camera_id")


def test_the_refusal_names_the_function(files):
    with pytest.raises(GenesisError, match=r"may not call read_text\(\)"):
        run("FROM read_text('/etc/passwd')", files[0])


def test_what_is_no_sql_is_duckdbs_error():
    with pytest.raises(duckdb.ParserException):
        check_read_only("SELEC 1")


def test_only_files_of_the_table_are_open_while_it_is_read(files):
    tables, paths = files
    answer = stream("FROM track_observations, range(200000)", tables)
    answer.read_next_batch()
    own = [f"/proc/self/fd/{number}" for number in os.listdir("/proc/self/fd")]
    opened = {os.readlink(path) for path in own if os.path.exists(path)}
    answer.close()
    assert str(paths["other"]) not in opened
    assert isinstance(answer, pa.RecordBatchReader)
