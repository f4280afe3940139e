"""A LanceDB table with one writer, whose rows are added in batches."""

import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import lancedb
import pyarrow as pa

from genesis_ray.errors import StoreError
from genesis_ray.store.disk import make_folder, sync_folder, write_file, writing_to
from genesis_ray.store.lock import WriteLock

_COMMITS_A_CLEANUP = 64
"""Every commit leaves a file and a version behind: a cleanup merges the files."""

_OS_ERROR = re.compile(r"\(os error (\d+)\)")

_KEEP_VERSIONS = timedelta(hours=1)
"""Far longer than another process takes to read a table it has opened."""

_REPLACING = ".replacing"
"""The file that says that what `replace` has replaced may still be there."""


class LanceTable:
    """Rows of one schema: read as a whole, added to by one process at a time."""

    def __init__(self, folder: Path, name: str, schema: pa.Schema, *, writer: bool) -> None:
        """Open the table; a writer makes it where it is missing and keeps other writers out.

        Raises:
            StoreError: Another process writes to it, or it has another schema.
        """
        self._path = folder / f"{name}.lance"
        self._replacing = folder / f"{name}{_REPLACING}"
        self._schema = schema
        self._pending: list[pa.Table] = []
        self._commits = 0
        self._synced: set[Path] = set()
        self._lock: WriteLock | None = None
        self._table: lancedb.table.Table | None = None
        if writer:
            with writing_to(folder):
                make_folder(folder)
            self._lock = WriteLock(folder / f"{name}.lock")
        try:
            if writer or self._path.is_dir():
                self._table = self._opened(writer=writer)
            if writer and self._replacing.exists():
                self._purge()
        except BaseException:
            self._release()
            raise

    def rows(self, columns: list[str] | None = None) -> pa.Table:
        """Return the rows that are stored, in the order in which they were added.

        Of them only `columns` are read, where those are given.
        """
        if self._table is None:
            return self._schema.empty_table().select(columns or self._schema.names)
        with self._explained():
            stored = self._table if columns is None else self._table.search().select(columns)
            rows: pa.Table = stored.to_arrow()
        return rows

    def add(self, rows: pa.Table) -> None:
        """Take rows, to be stored by the next `flush`.

        Raises:
            StoreError: The table was not opened for writing.
        """
        if self._lock is None:
            raise StoreError(f"{self._path} is open for reading; open it with writer=True")
        self._pending.append(rows)

    def pending(self) -> pa.Table:
        """Return the rows that wait for the next `flush`."""
        return pa.concat_tables([self._schema.empty_table(), *self._pending])

    def missing(self, rows: pa.Table) -> pa.Table:
        """Return those of `rows` whose id, in the schema's first column, is not stored yet."""
        name = self._schema.names[0]
        stored = set(self.rows()[name].to_pylist())
        is_missing = [each not in stored for each in rows[name].to_pylist()]
        return rows.filter(pa.array(is_missing, pa.bool_()))

    def flush(self) -> None:
        """Store the rows taken since the last time, durably and in one commit.

        Raises:
            StoreError: The disk is full or refuses; the rows wait for the next `flush`.
        """
        if not self._pending:
            return
        with self._writing() as table:
            table.add(pa.concat_tables(self._pending))
            self._pending.clear()
            self._sync()
        self._commits += 1
        if self._commits % _COMMITS_A_CLEANUP == 0:
            self._clean_up()

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
            self._sync()
        self._purge()

    def close(self) -> None:
        """Flush, tidy up and let others write; again does nothing."""
        try:
            self.flush()
            if self._commits:
                self._clean_up()
        finally:
            self._release()

    def _opened(self, *, writer: bool) -> lancedb.table.Table | None:
        connection = lancedb.connect(self._path.parent)
        name = self._path.stem
        with self._explained():
            try:
                table = connection.open_table(name)
            except ValueError:  # there is none
                return connection.create_table(name, schema=self._schema) if writer else None
        if table.schema != self._schema:
            raise StoreError(
                f"{self._path} has other columns than expected: "
                f"{_outline(table.schema)} instead of {_outline(self._schema)}; use the model "
                f"and the genesis_ray that wrote it, or another data folder"
            )
        return table

    def _clean_up(self) -> None:
        with self._writing() as table:
            table.optimize(cleanup_older_than=_KEEP_VERSIONS)
            self._sync()
        self._commits = 0

    def _purge(self) -> None:
        """Remove every version but the last one, and files that belong to none."""
        with self._writing() as table, warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of readers, see `replace`
            table.optimize(cleanup_older_than=timedelta(0), delete_unverified=True)
            self._sync()
            self._replacing.unlink(missing_ok=True)
            sync_folder(self._replacing.parent)

    def _sync(self) -> None:
        """Make new files durable, which Lance leaves to the operating system."""
        files = {path for path in self._path.rglob("*") if path.is_file()}
        for path in files - self._synced:
            sync_folder(path)
            sync_folder(path.parent)
        self._synced = files

    @contextmanager
    def _writing(self) -> Iterator[lancedb.table.Table]:
        if self._table is None or self._lock is None:
            raise StoreError(f"{self._path} is closed; open it again")
        with self._explained():
            yield self._table

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn what LanceDB raises, plain errors with the system's number in their text."""
        with writing_to(self._path.parent):
            try:
                yield
            except (RuntimeError, ValueError) as error:
                if code := _OS_ERROR.search(str(error)):
                    raise OSError(int(code[1]), os.strerror(int(code[1]))) from error
                reason = str(error).split(", /")[0]  # the rest is a place in LanceDB's source
                raise StoreError(
                    f"{self._path} cannot be used ({reason}); restore it from a copy"
                ) from error

    def _release(self) -> None:
        if self._lock:
            self._lock.release()
        self._lock = None


def _outline(schema: pa.Schema) -> str:
    return ", ".join(f"{field.name} {field.type}" for field in schema)


def stored_schema(folder: Path, name: str) -> pa.Schema:
    """Return the schema of a table that is there."""
    schema: pa.Schema = lancedb.connect(folder).open_table(name).schema
    return schema
