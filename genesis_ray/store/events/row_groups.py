"""The row groups of a Parquet file of events, and what its footer says of each."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from genesis_ray.store.events.parquet_file import reading
from genesis_ray.store.schemas import in_this_version

_BATCH_ROWS = 4096
"""That are decoded together; a page has up to a thousand."""


@dataclass(frozen=True, slots=True)
class RowGroup:
    """A stretch of a file's rows.

    Attributes:
        times: Of the first row and of the last; None: the file does not say.
        cameras: Between which their ids are, by code points; None: the file does not say.
    """

    number: int
    times: tuple[datetime, datetime] | None
    cameras: tuple[str, str] | None

    def may_have(
        self, camera_id: str | None, since: datetime | None, until: datetime | None
    ) -> bool:
        """Tell whether rows of a camera that occurred in [since, until) can be among them."""
        if self.times and since and self.times[1] < since:
            return False
        if self.times and until and self.times[0] >= until:
            return False
        return not (
            self.cameras and camera_id and not self.cameras[0] <= camera_id <= self.cameras[1]
        )

    def begins_after(self, moment: datetime) -> bool:
        """Tell whether all rows are certainly later than a moment."""
        return self.times is not None and self.times[0] > moment


class RowGroups:
    """An open file; what it holds stays as it was opened, whatever takes its place."""

    def __init__(self, path: Path, file: pq.ParquetFile) -> None:
        self._path = path
        self._file = file
        self._names = file.schema_arrow.names

    def all(self) -> list[RowGroup]:
        """Return them by time; those of which the file says nothing come first."""
        groups = [
            RowGroup(number, self._range(number, "occurred_at"), self._range(number, "camera_id"))
            for number in range(self._file.num_row_groups)
        ]
        return sorted(groups, key=lambda each: (each.times is not None, each.times))

    def read(self, group: RowGroup, schema: pa.Schema) -> pa.Table:
        """Return the columns of `schema` of a group's rows; those that came later are null.

        Raises:
            StoreError: The file is damaged.
        """
        with reading(self._path):
            written = [name for name in schema.names if name in self._names]
            return in_this_version(self._file.read_row_group(group.number, written), schema)

    def take(self, group: RowGroup, schema: pa.Schema, places: Sequence[int]) -> pa.Table:
        """Return some of a group's rows by their places in it, ascending; what follows is not read.

        Raises:
            StoreError: The file is damaged.
        """
        written = [name for name in schema.names if name in self._names]
        found, first = [schema.empty_table()], 0
        with reading(self._path):
            for batch in self._file.iter_batches(_BATCH_ROWS, [group.number], written):
                own = [place - first for place in places if first <= place < first + len(batch)]
                rows = pa.Table.from_batches([batch]).take(pa.array(own, pa.int64()))
                found.append(in_this_version(rows, schema))
                first += len(batch)
                if not places or first > places[-1]:
                    break
        return pa.concat_tables(found)

    def _range(self, number: int, column: str) -> tuple[Any, Any] | None:
        place = self._names.index(column)
        found = self._file.metadata.row_group(number).column(place).statistics
        return (found.min, found.max) if found and found.has_min_max else None


@contextmanager
def row_groups(path: Path) -> Iterator[RowGroups]:
    """Open a file; only its footer is read.

    Raises:
        FileNotFoundError: A compaction has replaced it meanwhile.
        StoreError: It is damaged.
    """
    with reading(path):
        file = pq.ParquetFile(path)
    with file:
        yield RowGroups(path, file)
