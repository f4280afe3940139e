"""A table as it lies on the disk: the files with its rows, and the rows in none of them yet."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
import pyarrow.compute as pc

from genesis_ray.errors import StoreError
from genesis_ray.store.events import parquet_file
from genesis_ray.store.events.damaged import DamagedFiles
from genesis_ray.store.events.file_times import times_of
from genesis_ray.store.events.rows import in_order, without
from genesis_ray.store.events.selection import Selection
from genesis_ray.store.schemas import has_grown


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StoredTable:
    """The rows of a selection: each is in one of `files` or in `fresh`.

    They were found at one moment. Once a writer has merged files, some are gone: `renewed`.
    Damaged files are left out, and reported.

    Attributes:
        files: They have no rows of other tenants, but may have some from before or after the
            selection. Rows of a file are in order of time.
        fresh: Those that are not committed yet.
    """

    files: Sequence[Path]
    fresh: pa.Table = field(repr=False)
    _selection: Selection
    _damaged: DamagedFiles = field(repr=False)

    @classmethod
    def look_up(cls, selection: Selection, damaged: DamagedFiles) -> Self:
        """Find the rows of a selection; only ids are read, of files with rows as late as fresh.

        Of a day that is meant in part it tells by footers which files do not have any.

        Raises:
            StoreError: The folder has a later schema version.
        """
        selection.folder.check_version()
        waiting = selection.waiting()
        while True:
            try:
                whole = [path for path in selection.files() if not damaged.has(path)]
                files = [path for path in whole if _may_have(path, selection, damaged)]
                known = _ids_among(files, waiting, damaged)
            except FileNotFoundError:  # compacted meanwhile
                continue
            if known is not None:
                return cls(
                    files=files,
                    fresh=without(waiting, known),
                    _selection=selection,
                    _damaged=damaged,
                )

    @property
    def schema(self) -> pa.Schema:
        """The columns, those that older files lack included."""
        return self._selection.schema

    @property
    def has_grown(self) -> bool:
        """Whether there are columns that older files lack."""
        return has_grown(self.schema)

    @property
    def since(self) -> datetime | None:
        """The first moment that counts."""
        return self._selection.since

    @property
    def until(self) -> datetime | None:
        """The first moment that does not count any more."""
        return self._selection.until

    def between(self, since: datetime | None, until: datetime | None) -> Self:
        """Return those of the same rows that occurred in [since, until): no file is looked for.

        Where that is no time all of them stay.
        """
        selection = self._selection.between(since, until)
        return replace(
            self,
            files=[path for path in self.files if selection.may_have(path)],
            fresh=selection.of(self.fresh),
            _selection=selection,
        )

    def outermost(self) -> Self:
        """Return the first and the last of the same rows, and others of few days: no look-up."""
        days = sorted({path.parent.name for path in self.files})
        ends = {*days[:2], *days[-2:]}  # of an outer day there may be no row within the selection
        return replace(self, files=[path for path in self.files if path.parent.name in ends])

    def renewed(self, failure: str | None) -> Self | None:
        """Return the table as its files are now, if a file was why something failed.

        Args:
            failure: What the failure says; a damaged file is named there. None: it may be any
                of them, and all are read to find out.

        Raises:
            StoreError: The whole folder has gone.
        """
        stale = False
        for path in self.files:
            try:
                suspected = failure is None or str(path) in failure
                stale |= suspected and self._is_damaged(path)
                path.stat()
            except FileNotFoundError:
                stale = True
        events = self._selection.folder.path
        if stale and not events.is_dir():
            raise StoreError(f"{events} is not there any more; name the folder of another run")
        return self.look_up(self._selection, self._damaged) if stale else None

    def read(self) -> pa.Table:
        """Return all rows in memory, by (occurred_at, event_id)."""
        table: StoredTable = self
        while True:
            try:
                rows = [parquet_file.read(path, self.schema) for path in table.files]
            except (FileNotFoundError, StoreError) as error:
                renewed = table.renewed(str(error))
                if renewed is None:
                    raise
                table = renewed
            else:
                written = pa.concat_tables([self.schema.empty_table(), *rows])
                return in_order(pa.concat_tables([self._selection.of(written), table.fresh]))

    def __getitem__(self, column: str) -> "pa.ChunkedArray[Any]":
        return self.read()[column]

    def __len__(self) -> int:
        return len(self.read())

    def to_pylist(self) -> list[dict[str, Any]]:
        """Return all rows as Python values, as an Arrow table does."""
        return self.read().to_pylist()

    def _is_damaged(self, path: Path) -> bool:
        try:
            parquet_file.read(path, self.schema)
        except StoreError as error:
            self._damaged.add(path, error.__cause__ or error)
            return True
        return False


def _may_have(path: Path, selection: Selection, damaged: DamagedFiles) -> bool:
    """Tell whether rows of a file can be meant."""
    if not selection.cuts(path):
        return True
    try:
        times = times_of(path)
    except StoreError as error:
        damaged.add(path, error.__cause__ or error)
        return False
    return times is None or selection.meets(times)


def _ids_among(files: Sequence[Path], waiting: pa.Table, damaged: DamagedFiles) -> pa.Table | None:
    """Return the ids in files at the times of some rows; None where one of the files is damaged.

    The time is a part of what an id is made of, so a row that was written twice has one time.
    """
    found = [waiting.select(["event_id"]).slice(0, 0)]
    if len(waiting):
        times = pc.min_max(waiting["occurred_at"])
        since, until = times["min"].as_py(), times["max"].as_py()
        days = f"day={since:%Y-%m-%d}", f"day={until:%Y-%m-%d}"
        for path in files:
            if days[0] <= path.parent.name <= days[1]:
                try:
                    span = times_of(path)
                    if span is None or (span[0] <= until and span[1] >= since):
                        found.append(parquet_file.read_ids(path, since, until))
                except StoreError as error:
                    damaged.add(path, error.__cause__ or error)
                    return None
    return pa.concat_tables(found)
