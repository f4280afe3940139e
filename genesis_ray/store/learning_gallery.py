"""A face gallery whose faces take each other's place, as people's templates are updated."""

from collections.abc import Collection, Iterable
from typing import Any

import pyarrow as pa

from genesis_ray.domain.template_update import Template
from genesis_ray.store.gallery import FaceGallery
from genesis_ray.store.templates import Embeddings, embeddings_in


class LearningGallery(FaceGallery):
    """A gallery with faces that are retired: stored, so that they can come back, but not found.

    Which they are is nothing that it keeps: whoever opens it retires them.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Open it as any gallery, with no face retired."""
        self._retired: set[str] = set()
        super().__init__(*arguments, **options)

    def __contains__(self, face_id: object) -> bool:
        """Tell whether there is such a face, retired or not."""
        return face_id in self._retired or (isinstance(face_id, str) and face_id in self._faces)

    def retire(self, face_ids: Iterable[str]) -> None:
        """Find faces no more, as long as this is open; those that are not there are passed over."""
        retired = [face_id for face_id in dict.fromkeys(face_ids) if face_id in self._faces]
        self._faces.remove(retired)
        self._retired.update(retired)
        self._ahead.outdate()

    def remove(self, face_ids: Collection[str]) -> list[str]:
        """Remove faces, retired ones too, as any gallery does."""
        retired = [face_id for face_id in dict.fromkeys(face_ids) if face_id in self._retired]
        self._table.remove(retired)
        self._retired.difference_update(retired)
        return [*retired, *super().remove(face_ids)]

    def rewrite(self) -> None:
        """Store everything anew, so that no byte of a face that was removed is left.

        Raises:
            StoreError: This was not opened for writing, or the disk is full or refuses.
        """
        self.flush()
        self._table.replace(self._table.rows())

    def vectors_of(self, identity_ids: Iterable[str]) -> Embeddings:
        """Return the templates that identities are found by as [n, dimension], in no order."""
        return self._faces.vectors_of(identity_ids)

    def templates(self, identity_ids: Iterable[str]) -> list[Template]:
        """Return the faces that identities are found by, with what is stored of each.

        They are in the order of their enrolment.
        """
        rows = self._table.rows_of(self._faces.ids_of(identity_ids))
        rows = rows.sort_by([("enrolled_at", "ascending"), ("face_id", "ascending")])
        return [
            Template(row["face_id"], embedding, row["quality"], row["camera_id"])
            for row, embedding in zip(rows.to_pylist(), embeddings_in(rows), strict=True)
        ]

    def _remember(self, rows: pa.Table) -> None:
        super()._remember(rows)
        again = self._retired.intersection(rows["face_id"].to_pylist())
        self._faces.remove(again)
