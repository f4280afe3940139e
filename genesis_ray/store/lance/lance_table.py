"""A LanceDB table with one writer, whose rows are added in batches."""

import warnings
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from genesis_ray.errors import StoreError
from genesis_ray.store.disk import make_folder, sync_folder, write_file, writing_to
from genesis_ray.store.lance.cleanup_schedule import CleanupSchedule
from genesis_ray.store.lance.lance_errors import explained
from genesis_ray.store.lance.lance_files import LanceFiles
from genesis_ray.store.lance.pending_rows import PendingRows
from genesis_ray.store.lance.table_columns import completed, missing_columns
from genesis_ray.store.lock import WriteLock

if TYPE_CHECKING:
    import lancedb
    from lancedb.expr import Expr

_KEEP_VERSIONS = timedelta(seconds=30)
"""Longer than another process takes to read a table it has opened. With how rarely it is cleaned
up it bounds the disk: to three copies of a table, and what a minute adds and removes."""

_ROWS_AT_ONCE = 8192

_REPLACING = ".replacing"
"""The file that says that what `replace` has replaced may still be there."""


class LanceTable:
    """Rows of one schema: read as a whole, added to and removed by one process at a time.

    A row's id, by which it is removed, is in the schema's first column.

    Attributes:
        path: Of the table.
    """

    def __init__(
        self,
        folder: Path,
        name: str,
        schema: pa.Schema,
        *,
        writer: bool,
        later: Collection[str] = (),
    ) -> None:
        """Open the table; a writer makes it where it is missing and keeps other writers out.

        Columns of `later` may be missing in a table that an earlier version made: they are read
        as null, and a writer adds them.

        Raises:
            StoreError: Another process writes to it, or it has another schema.
        """
        self.path = folder / f"{name}.lance"
        self._replacing = folder / f"{name}{_REPLACING}"
        self._schema = schema
        self._later = later
        self._pending = PendingRows(schema)
        self._cleanups = CleanupSchedule(0)
        self._files = LanceFiles(self.path)
        self._lock: WriteLock | None = None
        self._table: lancedb.table.Table | None = None
        if writer:
            with writing_to(folder):
                make_folder(folder)
            self._lock = WriteLock(folder / f"{name}.lock")
        try:
            if writer or self.path.is_dir():
                self._table = self._opened(writer=writer)
                left = len(list(self.path.glob("_versions/*.manifest"))) - 1
                self._cleanups = CleanupSchedule(left)
            if writer and self._replacing.exists():
                self._purge()
        except BaseException:
            self._release()
            raise

    @property
    def count(self) -> int:
        """The number of rows, with what waits for the next `flush`."""
        stored = 0 if self._table is None else self._table.count_rows()
        return stored + len(self.pending()) - len(self.removed())

    @property
    def is_half_replaced(self) -> bool:
        """Whether what `replace` replaced may still be there; opening it for writing removes it."""
        return self._replacing.exists()

    def rows(self, *columns: str) -> pa.Table:
        """Return the rows that are stored in the order in which they were added.

        Of the columns those named, or all.
        """
        wanted = self._chosen(columns)
        if self._table is None:
            return wanted.empty_table()
        with explained(self.path):
            query = self._table.search().select(self._there(wanted)) if columns else self._table
            rows: pa.Table = query.to_arrow()
        return completed(rows, wanted)

    def in_batches(self, *columns: str) -> Iterator[pa.Table]:
        """Yield the rows that are stored in their order, without having all of them in memory.

        Of the columns those named, or all.
        """
        if self._table is None:
            return
        wanted = self._chosen(columns)
        with explained(self.path):
            query = self._table.search().select(self._there(wanted))
            for batch in query.to_batches(_ROWS_AT_ONCE):
                yield completed(pa.Table.from_batches([batch]), wanted)

    def here(self, ids: Iterable[str]) -> list[str]:
        """Return those of the ids that a row has, stored or waiting to be."""
        wanted = list(dict.fromkeys(ids))
        stored: list[str] = []
        if self._table is not None and wanted:
            chosen = self._table.search().where(self._is_one_of(wanted)).select([self._id])
            with explained(self.path):
                stored = self._pending.ids_of(chosen.to_arrow())
        return self._pending.here(wanted, stored)

    def rows_of(self, ids: Collection[str], *columns: str) -> pa.Table:
        """Return the rows with these ids, stored or waiting, in no order.

        Of the columns those named, or all.
        """
        wanted = self._chosen(columns)
        waiting = self._pending.with_ids(ids).select(wanted.names)
        if self._table is None or not ids:
            return waiting
        with explained(self.path):
            query = self._table.search().select(self._there(wanted))
            stored: pa.Table = query.where(self._is_one_of(ids)).limit(len(ids)).to_arrow()
        return pa.concat_tables([completed(stored, wanted), waiting])

    def add(self, rows: pa.Table) -> None:
        """Take rows, to be stored by the next `flush`.

        Raises:
            StoreError: The table was not opened for writing.
        """
        self._check_writer()
        self._pending.add(rows)

    def remove(self, ids: Collection[str]) -> None:
        """Take rows out, by their ids: those that wait at once, those stored by the next `flush`.

        Raises:
            StoreError: The table was not opened for writing.
        """
        self._check_writer()
        self._pending.remove(ids)

    def pending(self) -> pa.Table:
        """Return the rows that wait for the next `flush`."""
        return self._pending.added()

    def removed(self) -> list[str]:
        """Return the ids of stored rows that wait to be removed by the next `flush`."""
        return self._pending.removed()

    def missing(self, rows: pa.Table) -> pa.Table:
        """Return those of `rows` whose id is not stored yet."""
        return self._pending.without(rows, set(self._pending.ids_of(self.rows())))

    def flush(self) -> None:
        """Store what was added since the last time, then what was removed, durably.

        Each is one commit: cut off between the two, what was to be removed is still there.

        Raises:
            StoreError: The disk is full or refuses; what is not stored waits for the next `flush`.
        """
        changed = len(self._pending)
        if not changed:
            return
        if len(added := self.pending()):
            with self._files.leaving_nothing(), self._writing() as table:
                table.add(added)
                self._pending.are_stored()
        if removed := self.removed():
            with self._files.leaving_nothing(), self._writing() as table:
                table.delete(self._is_one_of(removed))
                self._pending.are_gone()
        with self._writing():
            self._files.sync()
        self._cleanups.note(changed)
        if not self._cleanups.is_recent:
            self._clean_up_if_due()

    def replace(self, rows: pa.Table) -> None:
        """Store `rows` in place of all, in one step, and leave no byte of what was.

        Killed at any point it is the old rows or the new ones, and whoever opens the table for
        writing next removes what is left of the old. Who reads it meanwhile has to read again.

        Raises:
            StoreError: The table was not opened for writing, or the disk is full or refuses.
        """
        with self._writing() as table:
            write_file(self._replacing, b"")
            table.add(rows, mode="overwrite")
            self._files.sync()
        self._purge()

    def versions(self) -> list[int]:
        """Return the versions that are on the disk: a row that was removed is in earlier ones."""
        if self._table is None:
            return []
        with explained(self.path):
            return [int(version["version"]) for version in self._table.list_versions()]

    def close(self) -> None:
        """Flush, tidy up and let others write; again does nothing."""
        try:
            self.flush()
            if self._lock:
                self._clean_up_if_due()
        finally:
            self._release()

    def _chosen(self, columns: Sequence[str]) -> pa.Schema:
        """Return the schema of some columns, or of all."""
        return pa.schema([self._schema.field(name) for name in columns or self._schema.names])

    def _there(self, wanted: pa.Schema) -> list[str]:
        """Return which columns the table has, that an earlier version may have made."""
        stored = set(self._table.schema.names) if self._table is not None else ()
        return [name for name in wanted.names if name in stored]

    @property
    def _id(self) -> str:
        return self._schema.names[0]

    def _is_one_of(self, ids: Iterable[str]) -> "Expr":
        from lancedb.expr import col, lit

        return col(self._id).isin([lit(each) for each in sorted(ids)])

    def _check_writer(self) -> None:
        if self._lock is None:
            raise StoreError(f"{self.path} is open for reading; open it with writer=True")

    def _opened(self, *, writer: bool) -> "lancedb.table.Table | None":
        from genesis_ray.store.lance.quick_lancedb import lancedb

        connection = lancedb.connect(self.path.parent)
        name = self.path.stem
        with explained(self.path):
            try:
                table = connection.open_table(name)
            except ValueError:  # there is none
                return connection.create_table(name, schema=self._schema) if writer else None
        missing = missing_columns(self.path, table.schema, self._schema, self._later)
        if missing and writer:
            with explained(self.path):
                table.add_columns(missing)
        return table

    def tidy(self) -> bool:
        """Merge files and remove old versions, if there was a commit since that was done last."""
        self._check_writer()
        is_of_use = self._cleanups.is_of_use
        if is_of_use:
            self._clean_up()
        return is_of_use

    def _clean_up(self) -> None:
        with self._writing() as table:
            # Files of no version are those of a killed process: nobody else writes.
            table.optimize(cleanup_older_than=_KEEP_VERSIONS, delete_unverified=True)
            self._files.sync()
        self._cleanups.done()

    def _clean_up_if_due(self) -> None:
        with self._writing() as table:
            is_due = self._cleanups.is_due(table.count_rows())
        if is_due:
            self._clean_up()

    def _purge(self) -> None:
        """Remove every version but the last one, and files that belong to none."""
        with self._writing() as table, warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of readers, see `replace`
            table.optimize(cleanup_older_than=timedelta(0), delete_unverified=True)
            self._files.sync()
            self._replacing.unlink(missing_ok=True)
            sync_folder(self._replacing.parent)

    @contextmanager
    def _writing(self) -> "Iterator[lancedb.table.Table]":
        if self._table is None or self._lock is None:
            raise StoreError(f"{self.path} is closed; open it again")
        with explained(self.path):
            yield self._table

    def _release(self) -> None:
        if self._lock:
            self._lock.release()
        self._lock = None


def stored_schema(folder: Path, name: str) -> pa.Schema:
    """Return the schema of a table that is there."""
    from genesis_ray.store.lance.quick_lancedb import lancedb

    schema: pa.Schema = lancedb.connect(folder).open_table(name).schema
    return schema
