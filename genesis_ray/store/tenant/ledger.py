"""One tenant's ledger: what was decided about who is who, changed by forgetting a person alone."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC
from pathlib import Path
from typing import Any

import pyarrow as pa

from genesis_ray.domain.recognition.ledger import (
    Confirm,
    Entry,
    Merge,
    Reject,
    Rename,
    Split,
    Undo,
    Unlearn,
)
from genesis_ray.domain.tracking.track_sights import TrackSight
from genesis_ray.errors import StoreError
from genesis_ray.store.lance.closeable import Closeable
from genesis_ray.store.lance.lance_table import LanceTable
from genesis_ray.store.tenant.identity_schemas import LEDGER_LATER, LEDGER_SCHEMA
from genesis_ray.store.tenant.tenants import LEDGER

_KINDS: dict[str, type[Entry]] = {
    "merge": Merge,
    "split": Split,
    "rename": Rename,
    "reject": Reject,
    "confirm": Confirm,
    "unlearn": Unlearn,
    "undo": Undo,
}
_KIND_OF = {kind: name for name, kind in _KINDS.items()}


class Ledger(Closeable):
    """The entries of one tenant, stored beside its people and galleries.

    Any number of processes may read and one may write. An entry is one commit: a process that
    is killed has made it or has not.
    """

    def __init__(self, folder: Path, *, writer: bool = False) -> None:
        """Open the ledger in a tenant's folder; a writer makes it where it is missing.

        Raises:
            StoreError: Another process writes to it, or it has another schema.
        """
        self._table = LanceTable(folder, LEDGER, LEDGER_SCHEMA, writer=writer, later=LEDGER_LATER)
        self._entries = [_entry(row) for row in self._table.rows().to_pylist()]

    def entries(self) -> list[Entry]:
        """Return all entries in the order in which they were made."""
        return list(self._entries)

    def append(self, entry: Entry) -> None:
        """Add an entry, durably.

        Raises:
            StoreError: This is open for reading, or the disk is full or refuses.
        """
        self._table.add(pa.Table.from_pylist([_row(entry)], schema=LEDGER_SCHEMA))
        self._table.flush()
        self._entries.append(entry)

    def replace(self, entries: Sequence[Entry]) -> None:
        """Store these entries in place of all, and leave no byte of the others.

        For forgetting a person alone; killed at any point, it is the old ones or these.

        Raises:
            StoreError: This is open for reading, or the disk is full or refuses.
        """
        rows = [_row(entry) for entry in entries]
        self._table.replace(pa.Table.from_pylist(rows, schema=LEDGER_SCHEMA))
        self._entries = list(entries)

    def versions(self) -> list[int]:
        """Return the versions that are on the disk, see `LanceTable.versions`."""
        return self._table.versions()

    def close(self) -> None:
        """Tidy up and let others write."""
        self._table.close()


def kind_of(entry: Entry) -> str:
    """Return the kind of an entry as it is stored and shown."""
    return _KIND_OF[type(entry)]


def _row(entry: Entry) -> dict[str, Any]:
    row = asdict(entry)
    if isinstance(entry, Reject | Confirm):
        row["tracks"] = [row.pop("track")]
    if tracks := row.get("tracks"):
        row["recordings"] = [track.pop("recording") for track in tracks]
    return {**row, "kind": kind_of(entry)}


def _entry(row: dict[str, Any]) -> Entry:
    kind = _KINDS.get(row["kind"])
    if kind is None:
        raise StoreError(
            f"the ledger has an entry of kind {row['kind']!r}, expected one of "
            f"{', '.join(_KINDS)}; use the genesis_ray that wrote it"
        )
    row["at"] = row["at"].astimezone(UTC)
    sights = row["tracks"] or ()
    recordings = row["recordings"] or [""] * len(sights)  # null in entries of earlier versions
    tracks = tuple(map(_sight, sights, recordings))
    row |= {name: tuple(row[name] or ()) for name in ("face_ids", "owner_ids")}
    row["tracks"] = tracks
    if tracks:
        row["track"] = tracks[0]
    return kind(**{name: row[name] for name in kind.__dataclass_fields__})


def _sight(row: dict[str, Any], recording: str) -> TrackSight:
    since, until = row["since"].astimezone(UTC), row["until"].astimezone(UTC)
    return TrackSight(**{**row, "since": since, "until": until, "recording": recording})
