"""Any question in SQL over the tables of a run, in a DuckDB that can reach nothing else."""

import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import chain, count
from typing import Any, TypeVar

import duckdb
import pyarrow as pa

from genesis_ray.analytics.database import VISIT_EVENTS, VISITS, database
from genesis_ray.analytics.limits import Limits, limits_of
from genesis_ray.analytics.read_only import check_read_only, named_tables
from genesis_ray.analytics.stored import Table, Tables
from genesis_ray.errors import GenesisError, StoreError

Params = Mapping[str, object] | Sequence[object]
"""Values of a query's `$name` or `?` placeholders."""

Watch = Callable[[float], None]
"""Told now and then how far a query is, in percent, as far as DuckDB knows; -1: not at all."""

_Answer = TypeVar("_Answer")

warnings.filterwarnings("ignore", "Arrow output on a DB-API result makes an extra copy")

_BATCH_ROWS = 65_536
_LOOK_INTERVAL_S = 0.2

_COLUMNS: list[tuple[str, pa.DataType]] = [
    ("table", pa.string()),
    ("rows", pa.int64()),
    ("columns", pa.list_(pa.string())),
]
_DESCRIBED = pa.schema(_COLUMNS)


class MemoryNeededError(GenesisError):
    """A query needs more memory than it may have."""


def run(
    sql: str,
    tables: Tables,
    params: Params | None = None,
    *,
    limits: Limits | None = None,
    watch: Watch | None = None,
) -> pa.Table:
    """Return what a query over `tables` gives.

    `visits` has one row a visit, its latest state; the rows it was made from, one at the start
    of a visit and one at its end, are in `visit_events`. Ids of 16 bytes are UUIDs. The query
    cannot write, nor read other files than those of the tables, and only the tables that it
    names are taken from `tables`. Of stored tables it reads the columns and the row groups that
    it needs; files that are merged meanwhile are found again, those that are damaged left out.
    Ctrl-C stops it.

    Args:
        sql: One query, in DuckDB's SQL.
        tables: What it may name.
        params: Values of its placeholders.
        limits: By default those that `tables` bring along.
        watch: Told how far it is.

    Raises:
        GenesisError: The query is wrong, or needs more time than it may have; the message is
            DuckDB's, with the tables there are.
        MemoryNeededError: It needs more memory than it may have.
    """
    with ExitStack() as stack:
        asking = _Asking(sql, tables, params, limits or limits_of(tables), watch)
        answer = _ask(asking, _whole, stack)
    return _as_answered(answer, _distinct(answer.column_names))


def stream(
    sql: str, tables: Tables, params: Params | None = None, *, limits: Limits | None = None
) -> pa.RecordBatchReader:
    """Return what a query over `tables` gives, a batch at a time: see `run`.

    It takes as much memory as the query itself, however many rows there are. The tables' files
    stay open until it is read to its end or closed.

    Raises:
        GenesisError: The query is wrong.
        StoreError: While it is read: a file was replaced or is damaged, or memory ran out.
    """
    with ExitStack() as stack:
        asking = _Asking(sql, tables, params, limits or limits_of(tables))
        reader = _ask(asking, _reader, stack)
        names = _distinct(reader.schema.names)
        schema = _as_answered(reader.schema.empty_table(), names).schema
        return pa.RecordBatchReader.from_batches(schema, _batches(reader, names, stack.pop_all()))


def describe(tables: Tables) -> pa.Table:
    """Return the tables a query can name, with the columns `table`, `rows` and `columns`."""
    taken, names = dict(tables), _names(tables)
    if not names:
        return _DESCRIBED.empty_table()
    counts = " UNION ALL ".join(
        f'FROM "{name}" SELECT {place} AS place, count(*) AS rows'
        for place, name in enumerate(names)
    )
    rows = run(f"{counts} ORDER BY place", taken, limits=limits_of(tables))["rows"].to_pylist()
    columns = [taken[VISITS if name == VISIT_EVENTS else name].schema.names for name in names]
    arrays: dict[str, list[Any]] = {"table": names, "rows": rows, "columns": columns}
    return pa.Table.from_pydict(arrays, schema=_DESCRIBED)


@dataclass(frozen=True, slots=True)
class _Asking:
    """A query and what it may take."""

    sql: str
    tables: Tables
    params: Params | None
    limits: Limits
    watch: Watch | None = None


def _whole(connection: duckdb.DuckDBPyConnection, asking: _Asking) -> pa.Table:
    """Return all rows; those of a question with parameters are few and planned once, but copied.

    A relation is planned twice, first for its columns, which looks at all files each time.
    """
    answer: pa.Table
    if asking.params is None:
        answer = connection.sql(asking.sql).to_arrow_table()
    else:
        answer = connection.execute(asking.sql, asking.params).to_arrow_table()
    return answer


def _reader(connection: duckdb.DuckDBPyConnection, asking: _Asking) -> pa.RecordBatchReader:
    asked = connection.sql(asking.sql, params=asking.params)
    reader: pa.RecordBatchReader = asked.to_arrow_reader(_BATCH_ROWS)
    return reader


def _ask(
    asking: _Asking,
    fetch: Callable[[duckdb.DuckDBPyConnection, _Asking], _Answer],
    stack: ExitStack,
) -> _Answer:
    """Return what `fetch` takes from the query, whose database stays open as long as `stack`."""

    def ask(connection: duckdb.DuckDBPyConnection) -> _Answer:
        return fetch(connection, asking)

    with _failing_clearly(asking):
        check_read_only(asking.sql)
        taken = _named_in(asking.sql, asking.tables)
        while True:
            with ExitStack() as attempt:
                try:
                    connection = attempt.enter_context(database(taken, asking.limits))
                    answer = _interruptible(connection, ask, asking)
                except duckdb.CatalogException:
                    if taken.keys() == asking.tables.keys():
                        raise
                    # It names a table in a way that only running it shows.
                    taken = dict(asking.tables)
                except duckdb.Error as error:
                    if not (renewed := _renewed(taken, _naming_files(error))):
                        raise
                    taken = renewed
                else:
                    stack.push(attempt.pop_all())
                    return answer


def _interruptible(
    connection: duckdb.DuckDBPyConnection,
    ask: Callable[[duckdb.DuckDBPyConnection], _Answer],
    asking: _Asking,
) -> _Answer:
    """Ask so that Ctrl-C, which DuckDB does not look at, stops the query, and so does its limit."""
    timeout_s = asking.limits.timeout_s
    ends_at = time.monotonic() + timeout_s
    with ThreadPoolExecutor(1, "query") as pool:
        asked = pool.submit(ask, connection)
        try:
            while True:
                left_s = ends_at - time.monotonic()
                if left_s <= 0 and not asked.done():
                    raise GenesisError(
                        f"it took longer than the {timeout_s:g} s it may take; ask for less time "
                        f"(--since, --until) or for less at once, or raise queries.timeout_s"
                    )
                try:
                    return asked.result(min(_LOOK_INTERVAL_S, max(left_s, 0)))
                except TimeoutError:
                    if asking.watch:
                        asking.watch(connection.query_progress())
        except BaseException:
            connection.interrupt()
            raise


def _naming_files(error: duckdb.Error) -> str | None:
    """Return what an error says; None for those of the Parquet reader that name no file.

    These have no class of their own, as what is wrong with a query has.
    """
    return None if type(error) is duckdb.Error else str(error)


def _renewed(taken: Mapping[str, Table], failure: str | None) -> dict[str, Table] | None:
    """Return the tables as their files are now; None where these are not why a query failed."""
    renewed = {
        name: found
        for name, table in taken.items()
        if not isinstance(table, pa.Table) and (found := table.renewed(failure)) is not None
    }
    return {**taken, **renewed} if renewed else None


@contextmanager
def _failing_clearly(asking: _Asking) -> Iterator[None]:
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise MemoryNeededError(
            f"the query needs more than the {asking.limits.memory_mb} MB it may have; ask for "
            f"less time (--since, --until) or fewer columns, or raise queries.memory_mb"
        ) from error
    except StoreError:
        raise
    except GenesisError as error:
        raise GenesisError(f"the query failed: {error}") from error
    except duckdb.Error as error:
        raise GenesisError(
            f"the query failed: {error}\ntables: {', '.join(_names(asking.tables))}"
        ) from error


def _batches(
    reader: pa.RecordBatchReader, names: Sequence[str], stack: ExitStack
) -> Iterator[pa.RecordBatch]:
    with stack:
        try:
            for batch in reader:
                yield from _as_answered(pa.Table.from_batches([batch]), names).to_batches()
        except (duckdb.Error, pa.ArrowException, OSError) as error:
            raise StoreError(
                f"the answer broke off: {error}; what was read so far is not all of it, ask again"
            ) from error


def _names(tables: Tables) -> list[str]:
    names = set(tables)
    return sorted(names | {VISIT_EVENTS} if VISITS in names else names)


def _named_in(sql: str, tables: Tables) -> dict[str, Table]:
    """Return the tables that the query names; all where it does not tell."""
    named = named_tables(sql)
    if VISIT_EVENTS in named:
        named |= {VISITS}
    found = {name: tables[name] for name in tables if name.lower() in named}
    return found or dict(tables)


def _as_answered(table: pa.Table, names: Sequence[str]) -> pa.Table:
    return _with_durations(table.rename_columns(list(names)))


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
