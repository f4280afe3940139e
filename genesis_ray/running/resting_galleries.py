"""The galleries of a tenant that name nobody at the moment: those of other embedders.

Somebody switched from one, or is about to switch to it, so what holds of people holds there too.
"""

from collections.abc import Collection
from contextlib import ExitStack, closing
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from genesis_ray.store.gallery import galleries_in
from genesis_ray.store.lance_table import LanceTable, stored_schema
from genesis_ray.store.template_changes import TemplateChanges


class RestingGallery:
    """One of them, of which nobody is recognised and no template is read: so it takes no key."""

    def __init__(self, folder: Path, embedder: str, opened: ExitStack, *, writer: bool) -> None:
        """Open it in a tenant's folder until `opened` is left.

        Raises:
            StoreError: Another process writes to it.
        """
        name = f"faces_{embedder}"
        table = LanceTable(folder, name, stored_schema(folder, name), writer=writer)
        self._table = opened.enter_context(closing(table)) if writer else table
        self._folder = folder
        self._embedder = embedder

    def faces(self) -> pa.Table:
        """Return of each face its id, whose it is and by which camera."""
        return self._table.rows("face_id", "identity_id", "camera_id")

    def forget(self, identity_ids: Collection[str], face_ids: Collection[str]) -> None:
        """Remove what identities learned, then faces with every byte; those not here are passed.

        Killed at any point, it can be done again.

        Raises:
            StoreError: This is open for reading, or the disk is full or refuses.
        """
        if TemplateChanges(self._folder, embedder=self._embedder).of(identity_ids):
            with TemplateChanges(self._folder, embedder=self._embedder, writer=True) as changes:
                changes.forget(identity_ids)
        rows = self._table.rows()
        goes = pc.is_in(rows["face_id"], pa.array(face_ids, pa.string()))
        if pc.any(goes).as_py():
            self._table.replace(rows.filter(pc.invert(goes)))


def resting_galleries(
    folder: Path, opened: ExitStack, *, besides: str, writer: bool
) -> list[RestingGallery]:
    """Open all in a tenant's folder but that of the embedder `besides`, until `opened` is left.

    Raises:
        StoreError: Another process writes to one.
    """
    return [
        RestingGallery(folder, embedder, opened, writer=writer)
        for embedder, _ in galleries_in(folder)
        if embedder != besides
    ]
