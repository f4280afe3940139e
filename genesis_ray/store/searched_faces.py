"""A gallery's faces as they are searched: in memory while they are few, by an index when many."""

from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from genesis_ray.domain.identity import Candidate, Embedding
from genesis_ray.store.face_matrix import FaceMatrix
from genesis_ray.store.indexed_faces import IndexedFaces
from genesis_ray.store.lance_table import LanceTable
from genesis_ray.store.lookahead import Lookahead
from genesis_ray.store.recall import RecallSampler
from genesis_ray.store.templates import Embeddings, embeddings_in
from genesis_ray.store.vector_index import VectorIndex

_MOST_UNINDEXED = 1 / 8
"""Of the faces; where more were added since, bringing it up to date takes as long as a new one."""

_MOST_PARTS = 16
"""Each has to be searched; then all are built anew as one."""


class SearchedFaces:
    """The faces of one gallery.

    While they are in memory the search is exact. When there are more than `index_above` of them an
    index is built beside; once it is complete they leave memory, and a few may be missed.

    Attributes:
        sampler: Of how many are.
    """

    def __init__(
        self,
        table: LanceTable,
        dimension: int,
        *,
        moved: Mapping[str, str],
        index_above: int | None,
    ) -> None:
        """Begin with no faces.

        Args:
            table: That they are stored in.
            dimension: Of a template.
            moved: By face, identities that faces are now, whomever they were enrolled as.
            index_above: None: all are in memory; so it is with whoever does not write the table.
        """
        self.sampler = RecallSampler()
        self._table = table
        self._dimension = dimension
        self._moved = moved
        self._index_above = index_above
        self._index = VectorIndex(table)
        self._can_build = True
        self._faces: FaceMatrix | IndexedFaces = FaceMatrix(dimension)
        self._retired: set[str] = set()
        self._added: set[str] | None = None  # since the index that is being built was begun
        self._ahead = Lookahead(lambda probes, limit: self._faces.nearest(probes, limit=limit))

    def load(self, rows: pa.Table | None) -> None:
        """Take what is stored for what there is; `rows` have other templates for it."""
        self._give_up_index()
        self._faces = FaceMatrix(self._dimension)
        if rows is None and self._wants_index() and self._bring_index_up_to_date():
            self._faces = self._indexed(self._faces)
        else:
            self.remember(self._table.rows() if rows is None else rows)
        self._ahead.outdate()

    @property
    def count(self) -> int:
        """The number of faces."""
        return self._faces.count

    @property
    def is_indexed(self) -> bool:
        """Whether they are searched through the index."""
        return isinstance(self._faces, IndexedFaces)

    def identity_ids(self) -> list[str]:
        """Return everyone who has a face, in the order of their first one."""
        return self._faces.identity_ids()

    def faces_of(self, identity_id: str) -> int:
        """Return how many faces of an identity there are."""
        return self._faces.faces_of(identity_id)

    def remember(self, rows: pa.Table) -> None:
        """Add rows of the table, or that wait to be stored in it."""
        face_ids: list[Any] = rows["face_id"].to_pylist()
        owners: list[Any] = rows["identity_id"].to_pylist()
        identity_ids = [
            self._moved.get(face_id, owner) for face_id, owner in zip(face_ids, owners, strict=True)
        ]
        self._faces.add(face_ids, identity_ids, embeddings_in(rows))
        self._faces.retire(self._retired.intersection(face_ids))
        if self._added is not None:
            self._added.update(face_ids)
        self._ahead.outdate()

    def remove(self, face_ids: Iterable[str]) -> list[str]:
        """Remove faces, from what is searched at once; return the ids of those there were."""
        removed = self.here(face_ids)
        self._table.remove(removed)
        self._faces.remove([face_id for face_id in removed if face_id not in self._retired])
        self._retired.difference_update(removed)
        self._ahead.outdate()
        return removed

    def here(self, face_ids: Iterable[str]) -> list[str]:
        """Return those of the ids that a face has, retired or not."""
        ids = list(dict.fromkeys(face_ids))
        searched = set(self._faces.here(ids))
        return [each for each in ids if each in searched or each in self._retired]

    def retire(self, face_ids: Iterable[str]) -> None:
        """Find faces no more that stay in the table; those that are not there are passed over."""
        retired = [each for each in self._faces.here(face_ids) if each not in self._retired]
        self._retired.update(retired)
        self._faces.retire(retired)
        self._ahead.outdate()

    def ids_of(self, identity_ids: Iterable[str]) -> list[str]:
        """Return the faces that identities are found by, in no order."""
        return [each for each in self._faces.ids_of(identity_ids) if each not in self._retired]

    def expect(self, embeddings: Embeddings, *, limit: int) -> None:
        """Take notice of faces [n, dimension] that `nearest` will be asked for."""
        self._ahead.expect(embeddings, limit=limit)

    def nearest(self, embedding: Embedding, *, limit: int) -> list[Candidate]:
        """Return the most similar identities, each by its most similar face, best first."""
        return self._ahead.take(embedding, limit=limit)

    def flushed(self, *, is_tidy: bool) -> None:
        """Take notice that the table has stored all; a tidy one's index covers all of it."""
        is_due = not self.is_indexed and self._wants_index()
        if isinstance(self._faces, IndexedFaces) and is_tidy:
            self._faces.recent = FaceMatrix(self._dimension)
            state = self._index.state()
            is_due = state is None or state.parts > _MOST_PARTS
        built = self._index.built()
        if built is not None:
            if built:
                self._faces = self._indexed(self._faces.only(self._added or ()))
            self._can_build = built  # else not again by this process
            self._give_up_index()
        elif is_due and self._can_build and not self._index.is_building:
            self._table.clean_up()  # what is found is read sooner from one file than from many
            self._table.is_left_alone = True
            self._added = set()
            self._index.build()

    def close(self) -> None:
        """Give up an index that is being built, and wait for a search that samples recall."""
        self._give_up_index()
        self.sampler.settle()

    def _give_up_index(self) -> None:
        self._index.close()
        self._added = None
        self._table.is_left_alone = False

    def _wants_index(self) -> bool:
        return self._index_above is not None and self._table.count > self._index_above

    def _bring_index_up_to_date(self) -> bool:
        """Tell whether there is an index that covers all, or now does."""
        state = self._index.state()
        if state is None or state.unindexed > _MOST_UNINDEXED * state.indexed:
            return False
        if state.unindexed:
            self._table.clean_up()
        return True

    def _indexed(self, recent: FaceMatrix) -> IndexedFaces:
        return IndexedFaces(
            self._table,
            self._index,
            recent,
            moved=self._moved,
            retired=self._retired,
            sampler=self.sampler,
        )
