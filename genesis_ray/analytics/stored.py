"""What a table may be that a question is put to: in memory, or in files that are left there."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol, Self, runtime_checkable

import pyarrow as pa


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

    def renewed(self, failure: str | None) -> Self | None:
        """Return the table as its files are now, after a query of it failed.

        None: it was not because a file has gone or is damaged, and would fail again.

        Args:
            failure: The message, which names the file; None: it may be any.
        """


Table = pa.Table | Stored

Tables = Mapping[str, Table]
"""Tables by their names; an access to one that is stored reads no file of rows."""


@runtime_checkable
class Ranged(Protocol):
    """Tables of which those of a time can be had, so that no files of other days are looked for."""

    def between(self, since: datetime | None, until: datetime | None) -> Tables:
        """Return the tables with the rows that occurred in [since, until), and maybe others."""


def narrowed(tables: Tables, since: datetime | None, until: datetime | None) -> Tables:
    """Return the tables with all rows that occurred in [since, until), and as few others as can be.

    For a question that reads no others: its answer is the same, and sooner there.
    """
    return tables.between(since, until) if isinstance(tables, Ranged) else tables


def whole(table: Table) -> pa.Table:
    """Return a table in memory."""
    return table if isinstance(table, pa.Table) else table.read()
