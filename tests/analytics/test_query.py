from datetime import UTC, datetime, timedelta
from uuid import UUID

import pyarrow as pa
import pytest

from genesis_ray.analytics.query import describe, run
from genesis_ray.errors import GenesisError

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
TIME = pa.timestamp("us", tz="UTC")
SCHEMA = pa.schema(
    [
        ("event_id", pa.binary(16)),
        ("tenant_id", pa.string()),
        ("occurred_at", TIME),
        ("visit_id", pa.string()),
        ("started_at", TIME),
        ("ended_at", TIME),
        ("zone_ids", pa.list_(pa.string())),
    ]
)


def visit(number, visit_id, minutes, tenant_id="default"):
    """Return a row from the start of a visit, or where it lasted for some minutes from its end."""
    ended_at = None if minutes is None else NOON + timedelta(minutes=minutes)
    return {
        "event_id": UUID(int=number).bytes,
        "tenant_id": tenant_id,
        "occurred_at": ended_at or NOON,
        "visit_id": visit_id,
        "started_at": NOON,
        "ended_at": ended_at,
        "zone_ids": [] if minutes is None else ["door", "desk"],
    }


@pytest.fixture
def tables():
    rows = [
        visit(1, "a", None),
        visit(2, "b", None),
        visit(3, "a", 90),
        visit(4, "a", None, "acme"),
    ]
    return {
        "visits": pa.Table.from_pylist(rows, schema=SCHEMA),
        "zone_crossings": pa.table({"zone_id": ["door", "desk"]}),
    }


class OnlyVisits(dict):
    def __getitem__(self, name):
        assert name == "visits", f"{name} was not asked for"
        return super().__getitem__(name)


def test_a_visit_is_one_row_with_its_latest_state(tables):
    rows = run("SELECT visit_id, ended_at FROM visits ORDER BY tenant_id DESC, visit_id", tables)
    assert rows.to_pylist() == [
        {"visit_id": "a", "ended_at": NOON + timedelta(minutes=90)},
        {"visit_id": "b", "ended_at": None},
        {"visit_id": "a", "ended_at": None},
    ]


def test_the_rows_visits_were_made_from_are_visit_events(tables):
    assert run("SELECT count(*) AS n FROM visit_events", tables).to_pylist() == [{"n": 4}]


def test_an_event_id_is_a_uuid(tables):
    query = "SELECT event_id FROM visit_events WHERE event_id = $id"
    found = run(query, tables, {"id": "00000000-0000-0000-0000-000000000003"})
    assert found.to_pylist() == [{"event_id": "00000000-0000-0000-0000-000000000003"}]


def test_a_difference_of_times_is_a_duration(tables):
    stays = run("SELECT ended_at - started_at AS stay FROM visits WHERE ended_at > $at", tables,
                {"at": NOON})  # fmt: skip
    assert stays.to_pylist() == [{"stay": timedelta(minutes=90)}]
    assert run("SELECT INTERVAL 1 month AS a, NULL::INTERVAL AS b", {}).to_pylist() == [
        {"a": timedelta(days=30), "b": None}
    ]


def test_hours_are_those_of_utc(tables):
    hours = run("SELECT DISTINCT hour(started_at) AS hour FROM visits", tables)
    assert hours.to_pylist() == [{"hour": 12}]


def test_columns_of_one_name_are_numbered(tables):
    rows = run("SELECT a.zone_id, b.zone_id FROM zone_crossings a, zone_crossings b", tables)
    assert rows.column_names == ["zone_id", "zone_id_1"]


@pytest.mark.parametrize(
    "query", ["FROM visits", 'SELECT * FROM "VISIT_EVENTS"', "SUMMARIZE visits"]
)
def test_only_the_tables_a_query_names_are_read(tables, query):
    assert len(run(query, OnlyVisits(tables)))


@pytest.mark.parametrize("query", ["FROM visits WHERE visit_id = $id", "FROM query('FROM visits')"])
def test_only_they_are_looked_up_whatever_else_the_query_has(tables, query):
    params = {"id": "a"} if "$" in query else None
    assert len(run(query, OnlyVisits(tables), params))


def test_a_query_that_hides_its_tables_finds_them(tables):
    rows = run("FROM visits, query('SELECT count(*) AS n FROM zone_crossings')", tables)
    assert set(rows["n"].to_pylist()) == {2}
    assert "visits" in run("SHOW TABLES", tables)["name"].to_pylist()


@pytest.mark.parametrize(
    "query",
    [
        "COPY visits TO '{folder}/out.csv'",
        "SELECT * FROM read_text('{folder}/secret')",
        "SELECT * FROM read_csv('{folder}/secret')",
        "SELECT * FROM '{folder}/secret'",
        "SELECT * FROM glob('{folder}/*')",
        "ATTACH '{folder}/new.db'",
        "EXPORT DATABASE '{folder}/export'",
        "INSTALL httpfs",
        "SET enable_external_access = true",
        "SET temp_directory = '{folder}'",
        "RESET temp_directory",
        "SELECT * FROM somebody_elses_variable",
    ],
)
def test_a_query_reaches_nothing_but_its_tables(tables, tmp_path, query):
    somebody_elses_variable = pa.table({"secret": [1]})  # noqa: F841  DuckDB might find it
    (tmp_path / "secret").write_text("secret")
    with pytest.raises(GenesisError, match="the query failed: "):
        run(query.format(folder=tmp_path), tables)
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


def test_a_wrong_query_is_answered_with_duckdbs_message_and_the_tables(tables):
    with pytest.raises(GenesisError, match=r'syntax error at or near "SELEC"') as refusal:
        run("SELEC * FROM visits", tables)
    assert str(refusal.value).endswith("tables: visit_events, visits, zone_crossings")


@pytest.mark.parametrize("query", ["", "-- nothing"])
def test_a_query_that_asks_nothing_is_refused(tables, query):
    with pytest.raises(GenesisError, match="expected a query that returns rows"):
        run(query, tables)


def test_a_missing_parameter_is_named(tables):
    with pytest.raises(GenesisError, match="parameters: start"):
        run("FROM visits WHERE started_at > $start", tables)


def test_the_tables_are_described_as_a_query_sees_them(tables):
    assert describe(tables).to_pylist()[1:] == [
        {"table": "visits", "rows": 3, "columns": SCHEMA.names},
        {"table": "zone_crossings", "rows": 2, "columns": ["zone_id"]},
    ]
    assert describe({}).num_rows == 0
