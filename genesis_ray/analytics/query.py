"""Any question in SQL over the tables of a run, in a DuckDB that can reach nothing else."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain, count

import duckdb
import pyarrow as pa

from genesis_ray.errors import GenesisError

Params = Mapping[str, object] | Sequence[object]
"""Values of a query's `$name` or `?` placeholders."""

_LOCKED_DOWN: dict[str, str | bool] = {
    "enable_external_access": False,  # no files, no network, no extensions to load
    "python_enable_replacements": False,  # no variables of this process
    "temp_directory": "",  # nothing is spilled to the disk either
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}

_VISITS = "visits"
_VISIT_EVENTS = "visit_events"

_LATEST_VISITS = """
CREATE VIEW visits AS
SELECT * FROM visit_events
QUALIFY row_number() OVER (
    PARTITION BY tenant_id, visit_id ORDER BY ended_at DESC NULLS LAST, occurred_at DESC, event_id
) = 1
"""


def run(sql: str, tables: Mapping[str, pa.Table], params: Params | None = None) -> pa.Table:
    """Return what a query over `tables` gives.

    `visits` has one row a visit, its latest state; the rows it was made from, one at the start
    of a visit and one at its end, are in `visit_events`. Ids of 16 bytes are UUIDs. The query
    cannot read or write files, and only the tables that it names are taken from `tables`.

    Raises:
        GenesisError: The query is wrong; the message is DuckDB's, with the tables there are.
    """
    try:
        try:
            with _connect(tables, _named_in(sql, tables)) as connection:
                return _answer(connection, sql, params)
        except duckdb.CatalogException:  # it names a table in a way that only running it shows
            with _connect(tables, tables) as connection:
                return _answer(connection, sql, params)
    except duckdb.Error as error:
        raise GenesisError(
            f"the query failed: {error}\ntables: {', '.join(_names(tables))}"
        ) from error


def describe(tables: Mapping[str, pa.Table]) -> pa.Table:
    """Return the tables a query can name, with the columns `table`, `rows` and `columns`."""
    names = _names(tables)
    with _connect(tables, tables) as connection:
        relations = [connection.table(name) for name in names]
        return pa.table(
            {
                "table": pa.array(names, pa.string()),
                "rows": pa.array([len(relation) for relation in relations], pa.int64()),
                "columns": pa.array([each.columns for each in relations], pa.list_(pa.string())),
            }
        )


def _names(tables: Iterable[str]) -> list[str]:
    names = set(tables)
    return sorted(names | {_VISIT_EVENTS} if _VISITS in names else names)


def _named_in(sql: str, tables: Mapping[str, pa.Table]) -> set[str]:
    """Return the tables that the query names; all where it does not tell."""
    with duckdb.connect(config=_LOCKED_DOWN) as empty:
        try:
            named = {name.lower() for name in empty.get_table_names(sql)}
        except duckdb.Error:
            return set(tables)
    if _VISIT_EVENTS in named:
        named.add(_VISITS)
    return {name for name in tables if name.lower() in named} or set(tables)


@contextmanager
def _connect(
    tables: Mapping[str, pa.Table], names: Iterable[str]
) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config=_LOCKED_DOWN) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for name in names:
            shown = _VISIT_EVENTS if name == _VISITS else name
            connection.register(shown, _with_uuids(tables[name]))
            if name == _VISITS:
                connection.execute(_LATEST_VISITS)
        connection.execute("SET lock_configuration = true")
        yield connection


def _answer(connection: duckdb.DuckDBPyConnection, sql: str, params: Params | None) -> pa.Table:
    relation = connection.sql(sql, params=params)
    if relation is None:
        raise GenesisError("expected a query that returns rows, such as SELECT * FROM visits")
    answer = relation.to_arrow_table()
    return _with_durations(answer.rename_columns(_distinct(answer.column_names)))


def _with_uuids(table: pa.Table) -> pa.Table:
    """Let ids of 16 bytes be UUIDs, which can be read and compared with text."""
    fields = [
        pa.field(field.name, pa.uuid()) if field.type == pa.binary(16) else field
        for field in table.schema
    ]
    return table.cast(pa.schema(fields))


def _distinct(names: Sequence[str]) -> list[str]:
    """Number the names that come again, as those of a join may."""
    distinct: dict[str, None] = {}
    for name in names:
        candidates = chain([name], (f"{name}_{number}" for number in count(1)))
        distinct[next(each for each in candidates if each not in distinct)] = None
    return list(distinct)


def _with_durations(table: pa.Table) -> pa.Table:
    """Turn intervals of months, days and nanoseconds into durations; a month is 30 days."""
    for place, field in enumerate(table.schema):
        if field.type == pa.month_day_nano_interval():
            durations = pa.array(
                [_microseconds(value) for value in table[field.name].to_pylist()],
                pa.duration("us"),
            )
            table = table.set_column(place, field.name, durations)
    return table


def _microseconds(interval: pa.MonthDayNano | None) -> int | None:
    if interval is None:
        return None
    return (interval.months * 30 + interval.days) * 86_400_000_000 + interval.nanoseconds // 1000
