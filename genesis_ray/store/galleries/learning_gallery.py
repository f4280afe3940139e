"""A face gallery whose faces take each other's place, as people's templates are updated."""

from collections.abc import Iterable, Mapping

from genesis_ray.domain.recognition.template_update import Template
from genesis_ray.store.galleries.gallery import FaceGallery
from genesis_ray.store.keys.templates import Embeddings, embeddings_in


class LearningGallery(FaceGallery):
    """A gallery with faces that are retired: stored, so that they can come back, but not found.

    Which they are is nothing that it keeps: whoever opens it retires them.
    """

    def here(self, face_ids: Iterable[str]) -> list[str]:
        """Return those of the ids that a face has, retired or not."""
        return self._faces.here(face_ids)

    def retire(self, face_ids: Iterable[str]) -> None:
        """Find faces no more, as long as this is open; those that are not there are passed over."""
        self._faces.retire(face_ids)

    def rewrite(self) -> None:
        """Store everything anew, so that no byte of a face that was removed is left.

        Raises:
            StoreError: This was not opened for writing, or the disk is full or refuses.
        """
        self.flush()
        rows = self._table.rows()
        self._table.replace(rows)
        self._faces.load(rows)

    def rearrange(self, moved: Mapping[str, str], retired: Iterable[str]) -> None:
        """Find faces by other owners, and others no more, as if this were opened anew with these.

        Args:
            moved: By face, identities that faces are now, whomever they were enrolled as.
            retired: Faces that are not found.

        Raises:
            StoreError: The disk is full or refuses.
        """
        self.flush()
        self._moved = moved
        self._faces = self._none_yet()
        self._faces.load(None)
        self._faces.retire(retired)

    def vectors_of(self, identity_ids: Iterable[str]) -> Embeddings:
        """Return the templates that identities are found by as [n, dimension], in no order."""
        return self._faces.vectors_of(identity_ids)

    def by_identity(self) -> dict[str, Embeddings]:
        """Return the templates [n, dimension] that everybody is found by, of all who are."""
        return self._faces.by_identity()

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
