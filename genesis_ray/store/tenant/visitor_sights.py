"""When one tenant's visitors were seen again: what expiry goes by."""

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa

from genesis_ray.domain.stable_ids import stable_id
from genesis_ray.store.lance.lance_table import LanceTable
from genesis_ray.store.lance.one_table import OneTable
from genesis_ray.store.tenant.identity_schemas import VISITOR_SIGHTS_SCHEMA

_NAME = "visitor_sights"


class VisitorSights(OneTable):
    """The last times that visitors were noted to be seen, stored beside the tenant's people.

    As with people any number of processes may read and one may write. Of a visitor nothing is
    here before they come again; a data folder from before visitors expired has no such table.
    """

    def __init__(self, folder: Path, *, writer: bool = False) -> None:
        """Open the sights in a tenant's folder; a writer makes them where they are missing.

        Raises:
            StoreError: Another process writes to them, or they have another schema.
        """
        super().__init__(LanceTable(folder, _NAME, VISITOR_SIGHTS_SCHEMA, writer=writer))
        self._last: dict[str, datetime] = {}
        self._ids: dict[str, list[str]] = {}  # of rows, by identity
        self._remember(self._table.rows())

    def last(self) -> dict[str, datetime]:
        """Return the last sight noted of each identity that came again."""
        return dict(self._last)

    def note(self, identity_id: str, *, at: datetime) -> None:
        """Note that somebody was seen at a capture time: durable after `flush`.

        Raises:
            StoreError: This is open for reading.
        """
        sight_id = str(stable_id("visitor sight", identity_id, at))
        if sight_id not in self._ids.get(identity_id, ()):
            self._add(
                pa.table(
                    {"sight_id": [sight_id], "identity_id": [identity_id], "seen_at": [at]},
                    schema=VISITOR_SIGHTS_SCHEMA,
                )
            )

    def tidy(self, gone: frozenset[str]) -> None:
        """Remove all of the identities that are `gone`, and all but the last sight of others.

        Raises:
            StoreError: This is open for reading.
        """
        for identity_id, ids in list(self._ids.items()):
            left = [] if identity_id in gone else ids[-1:]
            self._table.remove([each for each in ids if each not in left])
            if left:
                self._ids[identity_id] = left
            else:
                del self._ids[identity_id], self._last[identity_id]

    def recover(self, pending: pa.Table) -> None:
        """Note again what was pending in a process that was killed, each sight once."""
        self._add(self._table.missing(pending))

    def _add(self, rows: pa.Table) -> None:
        self._table.add(rows)
        self._remember(rows)

    def _remember(self, rows: pa.Table) -> None:
        """Take rows into memory; of an identity's the latest comes last."""
        for row in sorted(rows.to_pylist(), key=lambda each: each["seen_at"]):
            identity_id, at = row["identity_id"], row["seen_at"].astimezone(UTC)
            self._ids.setdefault(identity_id, []).append(row["sight_id"])
            self._last[identity_id] = max(at, self._last.get(identity_id, at))
