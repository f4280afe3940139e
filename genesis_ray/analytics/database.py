"""A DuckDB over some tables, for one query, that can reach nothing but these."""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from genesis_ray.analytics.limits import Limits
from genesis_ray.analytics.spare import Config, spares
from genesis_ray.analytics.stored import Replaced, Stored, Table

VISITS = "visits"
VISIT_EVENTS = "visit_events"

MOST_SOUGHT = 1_000
"""Values of one side of a join, such as the tracks of a person, that row groups of the other are
left out by; DuckDB's 50 are fewer than the tracks of who comes every day for three months."""

_LOCKED_DOWN: dict[str, str | bool | int] = {
    "python_enable_replacements": False,  # no variables of this process
    "temp_directory": "",  # nothing is spilled to the disk, see Limits
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "enable_external_file_cache": False,  # no rows are kept after the answer
    "dynamic_or_filter_threshold": MOST_SOUGHT,
}

_GLOB = frozenset("*?[")
"""Characters in a path that DuckDB would take for a pattern of paths."""

_LATEST_VISITS = """
SELECT * FROM visit_events
QUALIFY row_number() OVER (
    PARTITION BY tenant_id, visit_id ORDER BY ended_at DESC NULLS LAST, occurred_at DESC, event_id
) = 1
"""


@contextmanager
def database(tables: Mapping[str, Table], limits: Limits) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a connection to a database with the tables, and take it back.

    The files of stored tables are all that it can open. It cannot write: a transaction that only
    reads is under way.
    """
    config = {
        **_LOCKED_DOWN,
        "threads": limits.workers,
        "memory_limit": f"{limits.memory_mb}MB",
    }
    files = [path for table in tables.values() for path in _files(table)]
    reach = _reach(config, files)
    own = spares()
    connection = own.wake(reach) or _locked_down(own.take(config), files)
    shown = _Shown(connection)
    try:
        for name, table in tables.items():
            _show(shown, VISIT_EVENTS if name == VISITS else name, table)
            if name == VISITS:
                shown.view(VISITS, _LATEST_VISITS)
        connection.execute("BEGIN TRANSACTION READ ONLY")
        yield connection
        connection.execute("ROLLBACK")
        shown.clear()
    except BaseException:
        own.close(connection)
        raise
    if reach is None:
        own.close(connection)
    else:
        own.rest(reach, connection)
    own.make_ahead(config)


def _reach(config: Config, files: Iterable[Path]) -> Hashable | None:
    """Return what a database can do and open, each file as it is; None where one has gone."""
    try:
        states = [(str(path), path.stat()) for path in files]
    except FileNotFoundError:
        return None
    return (
        frozenset(config.items()),
        frozenset((path, own.st_mtime_ns, own.st_size, own.st_ino) for path, own in states),
    )


def _locked_down(
    connection: duckdb.DuckDBPyConnection, files: Sequence[Path]
) -> duckdb.DuckDBPyConnection:
    """Return a new database, as far as it can be opened at all."""
    connection.execute("SET TimeZone = 'UTC'")
    # Footers of files, which it looks at again where one was changed.
    connection.execute("SET parquet_metadata_cache = true")
    connection.execute("SET allowed_paths = ?", [[str(path) for path in files]])
    connection.execute("SET enable_external_access = false")
    connection.execute("SET enable_progress_bar = true")
    connection.execute("SET enable_progress_bar_print = false")
    connection.execute("SET lock_configuration = true")
    return connection


class _Shown:
    """What is to be seen in a database, and can be taken from it again."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._views: list[str] = []
        self._registered: list[str] = []

    def view(self, name: str, rows: str) -> None:
        """Show what a query gives. DuckDB looks at the query once the view is read."""
        self._connection.execute(f"CREATE VIEW {_name(name)} WITH (DEFER_BINDING) AS {rows}")
        self._views.append(name)

    def table(self, name: str, rows: pa.Table) -> None:
        """Show rows in memory."""
        self._connection.register(name, rows)
        self._registered.append(name)

    def clear(self) -> None:
        """Leave nothing to be seen."""
        for name in reversed(self._views):
            self._connection.execute(f"DROP VIEW {_name(name)}")
        for name in self._registered:
            self._connection.unregister(name)


def _files(table: Table) -> Sequence[Path]:
    if isinstance(table, Replaced):
        return _files(table.written)
    return [] if isinstance(table, pa.Table) or _has_pattern(table) else table.files


def _has_pattern(table: Stored) -> bool:
    return any(_GLOB & set(str(path)) for path in table.files)


def _show(shown: _Shown, name: str, table: Table) -> None:
    """Make a table known; 16 bytes are shown as UUIDs, which can be compared with text."""
    if isinstance(table, pa.Table):
        shown.table(name, _with_uuids(table))
    elif isinstance(table, Replaced):
        _show_replaced(shown, name, table)
    elif _has_pattern(table):
        shown.table(name, _with_uuids(table.read()))
    else:
        _show_stored(shown, name, table)


def _show_replaced(shown: _Shown, name: str, table: Replaced) -> None:
    written, instead = f"{name} as written", f"{name} instead"
    _show(shown, written, table.written)
    shown.table(instead, _with_uuids(table.instead))
    rows = f"FROM {_name(written)}"
    for number, keys in enumerate(table.hidden):
        hidden = f"{name} hidden {number}"
        shown.table(hidden, keys)
        columns = ", ".join(map(_name, keys.column_names))
        rows += f" ANTI JOIN {_name(hidden)} USING ({columns})"
    shown.view(name, f"{rows} UNION ALL BY NAME FROM {_name(instead)}")


def _show_stored(shown: _Shown, name: str, table: Stored) -> None:
    """Make a stored table a view.

    DuckDB takes no parameters here; paths and names are quoted.
    """
    sources = []
    if table.files:
        paths = ", ".join(_text(str(path)) for path in table.files)
        options = f"hive_partitioning = false, union_by_name = {str(table.has_grown).lower()}"
        sources.append(f"FROM read_parquet([{paths}], {options})")
    if len(table.fresh) or table.has_grown or not sources:
        fresh = f"{name} not in files"
        shown.table(fresh, table.fresh)
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
    shown.view(name, f"FROM ({rows}) SELECT {columns}{where}")


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
