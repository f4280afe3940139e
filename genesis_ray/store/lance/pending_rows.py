"""Changes to a table that are not stored yet: rows to be added, and ids of rows to go."""

from collections.abc import Collection, Iterable
from typing import Any

import pyarrow as pa


class PendingRows:
    """What waits for the next commit of a table whose ids are in its schema's first column."""

    def __init__(self, schema: pa.Schema) -> None:
        self._schema = schema
        self._added: list[pa.Table] = []
        self._removed: set[str] = set()

    def __len__(self) -> int:
        """The number of rows that the next commit adds or removes."""
        return len(self.added()) + len(self._removed)

    def add(self, rows: pa.Table) -> None:
        """Take rows."""
        self._added.append(rows)

    def remove(self, ids: Collection[str]) -> None:
        """Take rows out, by their ids: those that wait at once, of others the id waits."""
        waiting = set(ids).intersection(self.ids_of(self.added()))
        if waiting:
            self._added = [self.without(self.added(), waiting)]
        self._removed.update(set(ids) - waiting)

    def added(self) -> pa.Table:
        """Return the rows that wait."""
        return pa.concat_tables([self._schema.empty_table(), *self._added])

    def removed(self) -> list[str]:
        """Return the ids of stored rows that are to go."""
        return sorted(self._removed)

    def are_stored(self) -> None:
        """Forget the rows that waited."""
        self._added.clear()

    def are_gone(self) -> None:
        """Forget the ids that waited."""
        self._removed.clear()

    def here(self, ids: Iterable[str], stored: Collection[str]) -> list[str]:
        """Return those of `ids` that a row has after the next commit; `stored` have one now."""
        found = {*stored, *self.ids_of(self.added())} - self._removed
        return [each for each in ids if each in found]

    def with_ids(self, ids: Collection[str]) -> pa.Table:
        """Return the waiting rows that have these ids."""
        rows = self.added()
        is_chosen = [each in ids for each in self.ids_of(rows)]
        return rows.filter(pa.array(is_chosen, pa.bool_()))

    def without(self, rows: pa.Table, ids: Collection[str]) -> pa.Table:
        """Return those of any rows of this schema that have none of the ids."""
        is_kept = [each not in ids for each in self.ids_of(rows)]
        return rows.filter(pa.array(is_kept, pa.bool_()))

    def ids_of(self, rows: pa.Table) -> list[str]:
        """Return the id of each row."""
        ids: list[Any] = rows[self._schema.names[0]].to_pylist()
        return ids
