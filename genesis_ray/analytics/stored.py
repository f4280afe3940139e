"""What a table may be that a question is put to: in memory, or in files that are left there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol, Self, runtime_checkable

import numpy as np
import pyarrow as pa

import genesis_ray.lean_arrow  # noqa: F401  pandas stays out

_ORDER: list[tuple[str, Literal["ascending", "descending"]]] = [
    ("occurred_at", "ascending"),
    ("event_id", "ascending"),
]


class Stored(Protocol):
    """A table of events in Parquet files, of which a query reads only what it needs."""

    @property
    def schema(self) -> pa.Schema:
        """The columns, whether the files have them or not."""

    @property
    def files(self) -> Sequence[Path]:
        """The Parquet files."""

    @property
    def fresh(self) -> pa.Table:
        """The rows that are in none of the files yet, in `schema`."""

    @property
    def has_grown(self) -> bool:
        """Whether columns came later, which older files lack: null in their rows."""

    @property
    def since(self) -> datetime | None:
        """Rows of before do not count."""

    @property
    def until(self) -> datetime | None:
        """Rows of then and later do not count."""

    def read(self) -> pa.Table:
        """Return all rows, by (occurred_at, event_id)."""

    def between(self, since: datetime | None, until: datetime | None) -> Self:
        """Return those of the same rows that occurred in [since, until): nothing is looked up anew.

        Where that is no time all of them stay.
        """

    def outermost(self) -> Self:
        """Return the first and the last of the same rows, and others of few days: no look-up."""

    def renewed(self, failure: str | None) -> Self | None:
        """Return the table as its files are now, after a query of it failed.

        None: it was not because a file has gone or is damaged, and would fail again.

        Args:
            failure: The message, which names the file; None: it may be any.
        """


@dataclass(frozen=True, slots=True, eq=False)
class Replaced:
    """A stored table of which some rows are shown differently; all others stay in its files.

    Attributes:
        written: All rows as they were written.
        hidden: Which of these do not count: those that equal a row of one of these tables in all of
            its columns.
        instead: The rows that count instead of them, in the schema of `written`.
    """

    written: "Table"
    hidden: Sequence[pa.Table]
    instead: pa.Table

    @property
    def schema(self) -> pa.Schema:
        """The columns."""
        return self.written.schema

    def read(self) -> pa.Table:
        """Return all rows, by (occurred_at, event_id)."""
        return _in_memory(whole(self.written), self.hidden, self.instead)

    def __getitem__(self, column: str) -> "pa.ChunkedArray[Any]":
        return self.read()[column]

    def __len__(self) -> int:
        return len(self.read())

    def to_pylist(self) -> list[dict[str, Any]]:
        """Return all rows as Python values, as an Arrow table does."""
        return self.read().to_pylist()

    def between(self, since: datetime | None, until: datetime | None) -> Self:
        """Return those of the same rows that occurred in [since, until), and maybe others."""
        return replace(self, written=part_of(self.written, since, until))

    def renewed(self, failure: str | None) -> Self | None:
        """Return the table as its files are now, see `Stored.renewed`."""
        if isinstance(self.written, pa.Table):
            return None
        written = self.written.renewed(failure)
        return None if written is None else replace(self, written=written)


Table = pa.Table | Stored | Replaced

Tables = Mapping[str, Table]
"""Tables by their names; an access to one that is stored reads no file of rows."""


@runtime_checkable
class Ranged(Protocol):
    """Tables of which those of a time can be had, so that no files of other days are looked for."""

    def between(self, since: datetime | None, until: datetime | None) -> Tables:
        """Return the tables with the rows that occurred in [since, until), and maybe others."""


@runtime_checkable
class Shown(Protocol):
    """Tables of which some are shown differently than they were written."""

    @property
    def as_written(self) -> Tables:
        """The tables as they were written, of the same time."""


def as_written(tables: Tables) -> Tables:
    """Return the tables as they were written."""
    return tables.as_written if isinstance(tables, Shown) else tables


def narrowed(tables: Tables, since: datetime | None, until: datetime | None) -> Tables:
    """Return the tables with all rows that occurred in [since, until), and as few others as can be.

    For a question that reads no others: its answer is the same, and sooner there.
    """
    return tables.between(since, until) if isinstance(tables, Ranged) else tables


def part_of(table: Table, since: datetime | None, until: datetime | None) -> Table:
    """Return those of the same rows that occurred in [since, until), and maybe others."""
    return table if isinstance(table, pa.Table) else table.between(since, until)


def whole(table: Table) -> pa.Table:
    """Return a table in memory."""
    return table if isinstance(table, pa.Table) else table.read()


def replaced(written: Table, hidden: Sequence[pa.Table], instead: pa.Table) -> Table:
    """Return a table with some rows shown differently, see `Replaced`.

    One in memory stays there, by (occurred_at, event_id).
    """
    if isinstance(written, pa.Table):
        return _in_memory(written, hidden, instead)
    return Replaced(written, hidden, instead)


def _in_memory(rows: pa.Table, hidden: Sequence[pa.Table], instead: pa.Table) -> pa.Table:
    for keys in hidden:
        columns = keys.column_names
        # Without the other columns: Arrow joins no tables that have lists.
        places = rows.select(columns).append_column("place", pa.array(np.arange(len(rows))))
        left = places.join(keys, keys=columns, join_type="left anti")
        rows = rows.take(left["place"].sort())
    return pa.concat_tables([rows, instead]).sort_by(_ORDER)
