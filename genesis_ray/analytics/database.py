"""A DuckDB over some tables, for one query, that can reach nothing but these."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import duckdb
import pyarrow as pa

from genesis_ray.analytics.limits import Limits
from genesis_ray.analytics.spare import spares
from genesis_ray.analytics.stored import Replaced, Stored, Table

VISITS = "visits"
VISIT_EVENTS = "visit_events"

_LOCKED_DOWN: dict[str, str | bool | int] = {
    "python_enable_replacements": False,  # no variables of this process
    "temp_directory": "",  # nothing is spilled to the disk, see Limits
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}

_GLOB = frozenset("*?[")
"""Characters in a path that DuckDB would take for a pattern of paths."""

_LATEST_VISITS = """
CREATE VIEW visits AS
SELECT * FROM visit_events
QUALIFY row_number() OVER (
    PARTITION BY tenant_id, visit_id ORDER BY ended_at DESC NULLS LAST, occurred_at DESC, event_id
) = 1
"""


@contextmanager
def database(tables: Mapping[str, Table], limits: Limits) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a connection to a database with the tables, and close it.

    The files of stored tables are all that it can open. It cannot write: a transaction that only
    reads is under way.
    """
    config = {
        **_LOCKED_DOWN,
        "threads": limits.workers,
        "memory_limit": f"{limits.memory_mb}MB",
    }
    files = [str(path) for table in tables.values() for path in _files(table)]
    own = spares()
    connection = own.take(config)
    try:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET allowed_paths = ?", [files])
        connection.execute("SET enable_external_access = false")
        connection.execute("SET enable_progress_bar = true")
        connection.execute("SET enable_progress_bar_print = false")
        for name, table in tables.items():
            _show(connection, VISIT_EVENTS if name == VISITS else name, table)
            if name == VISITS:
                connection.execute(_LATEST_VISITS)
        connection.execute("SET lock_configuration = true")
        connection.execute("BEGIN TRANSACTION READ ONLY")
        yield connection
        own.make_ahead(config)
    finally:
        own.close(connection)


def _files(table: Table) -> list[str]:
    if isinstance(table, Replaced):
        return _files(table.written)
    if isinstance(table, pa.Table) or _has_pattern(table):
        return []
    return [str(path) for path in table.files]


def _has_pattern(table: Stored) -> bool:
    return any(_GLOB & set(str(path)) for path in table.files)


def _show(connection: duckdb.DuckDBPyConnection, name: str, table: Table) -> None:
    """Make a table known; 16 bytes are shown as UUIDs, which can be compared with text."""
    if isinstance(table, pa.Table):
        connection.register(name, _with_uuids(table))
    elif isinstance(table, Replaced):
        _show_replaced(connection, name, table)
    elif _has_pattern(table):
        connection.register(name, _with_uuids(table.read()))
    else:
        connection.execute(_view(connection, name, table))


def _show_replaced(connection: duckdb.DuckDBPyConnection, name: str, table: Replaced) -> None:
    written, instead = f"{name} as written", f"{name} instead"
    _show(connection, written, table.written)
    connection.register(instead, _with_uuids(table.instead))
    sql = f"CREATE VIEW {_name(name)} AS FROM {_name(written)}"
    for number, keys in enumerate(table.hidden):
        hidden = f"{name} hidden {number}"
        connection.register(hidden, keys)
        columns = ", ".join(map(_name, keys.column_names))
        sql += f" ANTI JOIN {_name(hidden)} USING ({columns})"
    connection.execute(f"{sql} UNION ALL BY NAME FROM {_name(instead)}")


def _view(connection: duckdb.DuckDBPyConnection, name: str, table: Stored) -> str:
    """Return the statement that makes a stored table a view.

    DuckDB takes no parameters here; paths and names are quoted.
    """
    sources = []
    if table.files:
        paths = ", ".join(_text(str(path)) for path in table.files)
        options = f"hive_partitioning = false, union_by_name = {str(table.has_grown).lower()}"
        sources.append(f"FROM read_parquet([{paths}], {options})")
    if len(table.fresh) or table.has_grown or not sources:
        fresh = f"{name} not in files"
        connection.register(fresh, table.fresh)
        sources.append(f"FROM {_name(fresh)}")
    columns = ", ".join(
        f"{_name(field.name)}::UUID AS {_name(field.name)}"
        if field.type == pa.binary(16)
        else _name(field.name)
        for field in table.schema
    )
    bounds = [
        f"occurred_at {sign} {_text(moment.isoformat())}::TIMESTAMPTZ"
        for sign, moment in ((">=", table.since), ("<", table.until))
        if moment
    ]
    where = f" WHERE {' AND '.join(bounds)}" if bounds else ""
    rows = " UNION ALL BY NAME ".join(sources)
    return f"CREATE VIEW {_name(name)} AS FROM ({rows}) SELECT {columns}{where}"


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _with_uuids(table: pa.Table) -> pa.Table:
    fields = [
        pa.field(field.name, pa.uuid()) if field.type == pa.binary(16) else field
        for field in table.schema
    ]
    return table.cast(pa.schema(fields))
