"""Some tables as they are at one moment, for what puts many questions to them."""

from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from datetime import datetime

from genesis_ray.analytics.limits import limits_of
from genesis_ray.analytics.stored import Table, Tables, part_of


class Snapshot(Mapping[str, Table]):
    """Tables that were looked up once: all questions are answered by the same rows and decisions.

    They can be narrowed to a time, and are asked within the limits that they brought along.
    """

    def __init__(self, tables: Tables, names: Iterable[str]) -> None:
        """Look up those of `names`."""
        self.limits = limits_of(tables)
        self._tables = {name: tables[name] for name in names}

    def between(self, since: datetime | None, until: datetime | None) -> "Snapshot":
        """Return those of the same rows that occurred in [since, until), and maybe others."""
        own = copy(self)
        own._tables = {name: part_of(table, since, until) for name, table in self._tables.items()}
        return own

    def __getitem__(self, table: str) -> Table:
        return self._tables[table]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tables)

    def __len__(self) -> int:
        return len(self._tables)
