"""What one tenant's people learned: which template took the place of which, and why."""

from collections.abc import Collection, Container, Iterable
from dataclasses import asdict
from datetime import UTC
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from genesis_ray.domain.recognition.template_update import TemplateChange
from genesis_ray.store.lance.lance_table import LanceTable
from genesis_ray.store.lance.one_table import OneTable
from genesis_ray.store.tenant.identity_schemas import TEMPLATE_CHANGES_SCHEMA

_PREFIX = "template_changes_"


class TemplateChanges(OneTable):
    """The changes of one embedder's templates, in their order, stored beside its gallery.

    There are no templates in it: those are faces of the gallery, the new ones and, until their
    change can no longer be undone, those that they replaced. Flush changes before the gallery: a
    change without its face replaces nothing.
    """

    def __init__(self, folder: Path, *, embedder: str, writer: bool = False) -> None:
        """Open the changes in a tenant's folder; a writer makes them where they are missing.

        Raises:
            StoreError: Another process writes to them, or they have another schema.
        """
        super().__init__(
            LanceTable(folder, _PREFIX + embedder, TEMPLATE_CHANGES_SCHEMA, writer=writer)
        )
        self._changes: dict[str, TemplateChange] = {}
        self._by_identity: dict[str, list[str]] = {}
        self._remember(self._table.rows())

    def all(self) -> list[TemplateChange]:
        """Return the changes in their order."""
        return list(self._changes.values())

    def about(self) -> list[str]:
        """Return the faces that changes are about: the new ones, and those they replaced."""
        return [face_id for each in self.all() for face_id in (each.change_id, each.replaced_id)]

    def of(self, identity_ids: Iterable[str]) -> list[TemplateChange]:
        """Return what identities learned, in the order of capture time."""
        own = (change_id for each in identity_ids for change_id in self._by_identity.get(each, ()))
        return sorted(
            (self._changes[change_id] for change_id in own if change_id in self._changes),
            key=lambda change: (change.at, change.change_id),
        )

    def add(self, change: TemplateChange) -> None:
        """Note a change: durable after `flush`.

        Raises:
            StoreError: This is open for reading.
        """
        rows = pa.Table.from_pylist([asdict(change)], schema=TEMPLATE_CHANGES_SCHEMA)
        self._table.add(rows)
        self._remember(rows)

    def forget(self, identity_ids: Iterable[str]) -> None:
        """Remove all that identities learned: their faces are, or go, too.

        Raises:
            StoreError: This is open for reading.
        """
        self._drop([change.change_id for change in self.of(identity_ids)])

    def tidy(self, stored: Container[str]) -> None:
        """Remove the changes that say nothing any more, by the faces that are `stored`.

        Those are changes whose new face is not there, or whose old one was given up.

        Raises:
            StoreError: This is open for reading.
        """
        gone = [
            each.change_id
            for each in self._changes.values()
            if each.change_id not in stored or (each.replaced_id and each.replaced_id not in stored)
        ]
        self._drop(gone)

    def recover(self, pending: pa.Table) -> None:
        """Note again what was pending in a process that was killed, each change once."""
        rows = self._table.missing(pending)
        self._table.add(rows)
        self._remember(rows)

    def _drop(self, change_ids: Collection[str]) -> None:
        self._table.remove(change_ids)
        for change_id in change_ids:
            del self._changes[change_id]

    def _remember(self, rows: pa.Table) -> None:
        changes = [_change(row) for row in rows.to_pylist()]
        self._changes |= {change.change_id: change for change in changes}
        for change in changes:
            self._by_identity.setdefault(change.identity_id, []).append(change.change_id)


def _change(row: dict[str, Any]) -> TemplateChange:
    return TemplateChange(**{**row, "at": row["at"].astimezone(UTC)})


def changes_in(folder: Path) -> list[TemplateChange]:
    """Return the changes of all embedders' templates in a tenant's folder, each in their order."""
    names = [path.stem.removeprefix(_PREFIX) for path in sorted(folder.glob(f"{_PREFIX}*.lance"))]
    return [each for name in names for each in TemplateChanges(folder, embedder=name).all()]


def without_faces(rows: pa.Table, face_ids: Collection[str]) -> pa.Table:
    """Return rows without the changes in which one of these faces came or went.

    Rows of any other table are returned as they are.
    """
    faces = pa.array(face_ids, pa.string())
    for name in ("change_id", "replaced_id"):
        if name in rows.schema.names:
            rows = rows.filter(pc.invert(pc.is_in(rows[name], faces)))
    return rows
