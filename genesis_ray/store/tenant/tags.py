"""One tenant's tags of people: what was put on whom, never changed."""

from dataclasses import asdict
from datetime import UTC
from pathlib import Path
from typing import Any

import pyarrow as pa

from genesis_ray.domain.recognition.tags import TagEntry
from genesis_ray.store.lance.closeable import Closeable
from genesis_ray.store.lance.lance_table import LanceTable
from genesis_ray.store.tenant.identity_schemas import TAGS_SCHEMA
from genesis_ray.store.tenant.tenants import TAGS


class Tags(Closeable):
    """The entries of one tenant, stored beside its people.

    Any number of processes may read and one may write, also while people are recognised. An entry
    is one commit: a process that is killed has made it or has not.
    """

    def __init__(self, folder: Path, *, writer: bool = False) -> None:
        """Open the tags in a tenant's folder; a writer makes them where they are missing.

        Raises:
            StoreError: Another process writes to them, or they have another schema.
        """
        self._table = LanceTable(folder, TAGS, TAGS_SCHEMA, writer=writer)
        self._entries = [_entry(row) for row in self._table.rows().to_pylist()]

    def entries(self) -> list[TagEntry]:
        """Return all entries in the order in which they were made."""
        return list(self._entries)

    def append(self, entry: TagEntry) -> None:
        """Add an entry, durably.

        Raises:
            StoreError: This is open for reading, or the disk is full or refuses.
        """
        self._table.add(pa.Table.from_pylist([asdict(entry)], schema=TAGS_SCHEMA))
        self._table.flush()
        self._entries.append(entry)

    def close(self) -> None:
        """Tidy up and let others write."""
        self._table.close()


def _entry(row: dict[str, Any]) -> TagEntry:
    return TagEntry(**{**row, "at": row["at"].astimezone(UTC)})
