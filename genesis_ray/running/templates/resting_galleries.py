"""The galleries of a tenant that name nobody at the moment: those of other embedders.

Somebody switched from one, or is about to switch to it, so what holds of people holds there too.
"""

from collections.abc import Collection
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from genesis_ray.store.galleries.gallery import galleries_in
from genesis_ray.store.galleries.template_changes import TemplateChanges
from genesis_ray.store.lance.lance_table import LanceTable, stored_schema


class RestingGallery:
    """One of them, of which nobody is recognised and no template is read: so it takes no key."""

    def __init__(self, folder: Path, embedder: str) -> None:
        """Find it in a tenant's folder; nobody is kept from writing to it."""
        self._folder = folder
        self._embedder = embedder

    def faces(self) -> pa.Table:
        """Return of each face its id, whose it is and by which camera."""
        return self._table(writer=False).rows("face_id", "identity_id", "camera_id")

    def forget(self, identity_ids: Collection[str], face_ids: Collection[str]) -> None:
        """Remove what identities learned, then faces with every byte; those not here are passed.

        Killed at any point, it can be done again.

        Raises:
            StoreError: Another process writes to it, or the disk is full or refuses.
        """
        if TemplateChanges(self._folder, embedder=self._embedder).of(identity_ids):
            with TemplateChanges(self._folder, embedder=self._embedder, writer=True) as changes:
                changes.forget(identity_ids)
        wanted, table = pa.array(face_ids, pa.string()), self._table(writer=False)
        is_here = pc.any(pc.is_in(table.rows("face_id")["face_id"], wanted)).as_py()
        if not (is_here or table.is_half_replaced):
            return
        with closing(self._table(writer=True)) as table:
            rows = table.rows()
            table.replace(rows.filter(pc.invert(pc.is_in(rows["face_id"], wanted))))

    def _table(self, *, writer: bool) -> LanceTable:
        name = f"faces_{self._embedder}"
        return LanceTable(self._folder, name, stored_schema(self._folder, name), writer=writer)


def resting_galleries(folder: Path, *, besides: str) -> list[RestingGallery]:
    """Return all in a tenant's folder but that of the embedder `besides`."""
    return [
        RestingGallery(folder, embedder)
        for embedder, _ in galleries_in(folder)
        if embedder != besides
    ]
