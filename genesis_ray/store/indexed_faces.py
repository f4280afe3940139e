"""The templates of a large gallery, searched through an index."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from genesis_ray.domain.identity import Candidate, Embedding
from genesis_ray.store.face_matrix import FaceMatrix, ranked
from genesis_ray.store.lance_table import LanceTable
from genesis_ray.store.recall import RecallSampler
from genesis_ray.store.templates import Embeddings, embeddings_in
from genesis_ray.store.vector_index import VectorIndex

_FACES_AN_IDENTITY = 2
"""Rows looked for, for each identity that is wanted: several may be one person's, and each that
is read takes a thirtieth of a millisecond. Where that finds too few, more are looked for."""


class IndexedFaces:
    """Faces that stay on the disk but for those the index does not cover yet.

    Whom the index does not find is missed; the similarities of whom it finds are computed from
    the stored embeddings, and are the same to the last bit as a `FaceMatrix` gives.

    Attributes:
        recent: The faces that were added since the index was brought up to date.
    """

    def __init__(
        self,
        table: LanceTable,
        index: VectorIndex,
        recent: FaceMatrix,
        *,
        moved: Mapping[str, str],
        retired: Collection[str],
        sampler: RecallSampler,
    ) -> None:
        self.recent = recent
        self._table = table
        self._index = index
        self._moved = moved
        self._retired = retired
        self._sampler = sampler

    @property
    def count(self) -> int:
        """The number of faces."""
        return self._table.count

    def add(
        self, face_ids: Sequence[str], identity_ids: Sequence[str], vectors: Embeddings
    ) -> None:
        """Add faces [n, dimension] and whose they are."""
        self.recent.add(face_ids, identity_ids, vectors)

    def here(self, face_ids: Iterable[str]) -> list[str]:
        """Return those of the ids that are a face's here."""
        return self._table.here(face_ids)

    def remove(self, face_ids: Iterable[str]) -> None:
        """Take faces out; the table has been told already."""
        self.recent.remove(self.recent.here(face_ids))

    def retire(self, face_ids: Iterable[str]) -> None:
        """Find faces no more, which are among those `retired` already."""
        self.recent.retire(face_ids)

    def only(self, face_ids: Iterable[str]) -> FaceMatrix:
        """Return those of these faces that the index does not cover."""
        return self.recent.only(face_ids)

    def identity_ids(self) -> list[str]:
        """Return everyone who has a face, in the order of their first one."""
        return list(dict.fromkeys(self._owners().values()))

    def faces_of(self, identity_id: str) -> int:
        """Return how many faces of an identity there are."""
        return list(self._owners().values()).count(identity_id)

    def ids_of(self, identity_ids: Iterable[str]) -> list[str]:
        """Return the faces of identities, in no order."""
        wanted = set(identity_ids)
        return [face_id for face_id, owner in self._owners().items() if owner in wanted]

    def nearest(self, embeddings: Embeddings, *, limit: int) -> list[list[Candidate]]:
        """Return, for each of the embeddings [n, dimension], about the most similar identities."""
        recent = self.recent.nearest(embeddings, limit=limit)
        tables = self._index.nearest(embeddings, rows=_FACES_AN_IDENTITY * limit)
        found = []
        for embedding, fresh, table in zip(embeddings, recent, tables, strict=True):
            stored = self._stored(embedding, table, limit, self._again)
            found.append(_merged(stored, fresh)[:limit])
        if found:
            exact = partial(self._exactly, embeddings[0].copy(), recent[0], limit)
            self._sampler.offer(found[0], exact)
        return found

    def _again(self, embedding: Embedding, rows: int) -> pa.Table:
        return self._index.nearest(embedding[None], rows=rows)[0]

    def _exactly(
        self, embedding: Embedding, recent: list[Candidate], limit: int
    ) -> list[Candidate]:
        table = self._exactly_again(embedding, _FACES_AN_IDENTITY * limit)
        stored = self._stored(embedding, table, limit, self._exactly_again)
        return _merged(stored, recent)[:limit]

    def _exactly_again(self, embedding: Embedding, rows: int) -> pa.Table:
        return self._index.exactly_nearest(embedding[None], rows=rows)

    def _stored(
        self,
        embedding: Embedding,
        rows: pa.Table,
        limit: int,
        search: Callable[[Embedding, int], pa.Table],
    ) -> list[Candidate]:
        """Return whose the rows found are, and search for more where they are too few people's."""
        wanted = _FACES_AN_IDENTITY * limit
        found = self._candidates(embedding, rows)
        while len(found) < limit and len(rows) >= wanted:  # some have many faces
            wanted *= 4
            rows = search(embedding, wanted)
            found = self._candidates(embedding, rows)
        return found

    def _candidates(self, embedding: Embedding, rows: pa.Table) -> list[Candidate]:
        removed = set(self._table.removed())
        similarities = np.vecdot(embeddings_in(rows), embedding).tolist()
        face_ids: list[Any] = rows["face_id"].to_pylist()
        owners: list[Any] = rows["identity_id"].to_pylist()
        return _merged(
            Candidate(self._moved.get(face_id, owner), similarity)
            for face_id, owner, similarity in zip(face_ids, owners, similarities, strict=True)
            if face_id not in removed and face_id not in self._retired
        )

    def _owners(self) -> dict[str, str]:
        """Return whose each face is, with what waits to be stored."""
        columns = ["face_id", "identity_id"]
        rows = pa.concat_tables(
            [self._table.rows(*columns).select(columns), self._table.pending().select(columns)]
        )
        removed = set(self._table.removed())
        pairs: Iterable[Any] = zip(*(rows[name].to_pylist() for name in columns), strict=True)
        return {
            face_id: self._moved.get(face_id, owner)
            for face_id, owner in pairs
            if face_id not in removed
        }


def _merged(*candidates: Iterable[Candidate]) -> list[Candidate]:
    """Return each identity once, by its highest similarity, best first."""
    best: dict[str, Candidate] = {}
    for each in (one for some in candidates for one in some):
        known = best.get(each.identity_id)
        if known is None or known.similarity < each.similarity:
            best[each.identity_id] = each
    return ranked(best.values())
