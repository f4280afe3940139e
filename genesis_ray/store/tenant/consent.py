"""One tenant's register of consent: what people said, never changed."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC
from pathlib import Path
from typing import Any

import pyarrow as pa

from genesis_ray.domain.recognition.consent import ConsentEntry
from genesis_ray.store.lance.closeable import Closeable
from genesis_ray.store.lance.lance_table import LanceTable
from genesis_ray.store.tenant.identity_schemas import CONSENT_SCHEMA

CONSENT = "consent"
"""The table in a tenant's folder."""


class ConsentRegister(Closeable):
    """The entries of one tenant, stored beside its people and galleries.

    Any number of processes may read and one may write. An entry is one commit: a process that
    is killed has made it or has not.
    """

    def __init__(self, folder: Path, *, writer: bool = False) -> None:
        """Open the register in a tenant's folder; a writer makes it where it is missing.

        Raises:
            StoreError: Another process writes to it, or it has another schema.
        """
        self._table = LanceTable(folder, CONSENT, CONSENT_SCHEMA, writer=writer)
        self._entries = [_entry(row) for row in self._table.rows().to_pylist()]

    def entries(self) -> list[ConsentEntry]:
        """Return all entries in the order in which they were noted."""
        return list(self._entries)

    def append(self, entry: ConsentEntry) -> None:
        """Add an entry, durably.

        Raises:
            StoreError: This is open for reading, or the disk is full or refuses.
        """
        self._table.add(pa.Table.from_pylist([asdict(entry)], schema=CONSENT_SCHEMA))
        self._table.flush()
        self._entries.append(entry)

    def replace(self, entries: Sequence[ConsentEntry]) -> None:
        """Store these in place of all, in one step, and leave no byte of what was.

        Raises:
            StoreError: This is open for reading, or the disk is full or refuses.
        """
        rows = [asdict(entry) for entry in entries]
        self._table.replace(pa.Table.from_pylist(rows, schema=CONSENT_SCHEMA))
        self._entries = list(entries)

    def versions(self) -> list[int]:
        """Return the versions that are on the disk, see `LanceTable.versions`."""
        return self._table.versions()

    def close(self) -> None:
        """Tidy up and let others write."""
        self._table.close()


def _entry(row: dict[str, Any]) -> ConsentEntry:
    times = {name: row[name].astimezone(UTC) for name in ("at", "noted_at")}
    return ConsentEntry(**{**row, **times, "member_ids": tuple(row["member_ids"])})
