"""A gallery's faces as they are searched: all of them while they are few, by sketches when many."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

import pyarrow as pa

from genesis_ray.domain.recognition.identity import Candidate, Embedding
from genesis_ray.store.galleries.face_matrix import FaceMatrix
from genesis_ray.store.galleries.lookahead import Lookahead
from genesis_ray.store.galleries.recall import RecallSampler
from genesis_ray.store.keys.templates import Embeddings, embeddings_in
from genesis_ray.store.lance.lance_table import LanceTable
from genesis_ray.store.tenant.identity_schemas import GALLERY_SEARCHED


class SearchedFaces:
    """The faces of one gallery.

    A search of up to `exact_up_to` is exact; of more, it may miss somebody.

    Attributes:
        sampler: Of how many are.
    """

    def __init__(
        self,
        table: LanceTable,
        dimension: int,
        *,
        moved: Mapping[str, str],
        exact_up_to: int | None,
    ) -> None:
        """Begin with no faces.

        Args:
            table: That they are stored in.
            dimension: Of a template.
            moved: By face, identities that faces are now, whomever they were enrolled as.
            exact_up_to: None: all searches are exact.
        """
        self.sampler = RecallSampler()
        self._table = table
        self._moved = moved
        self._none_yet = partial(FaceMatrix, dimension, exact_up_to=exact_up_to)
        self._faces = self._none_yet()
        self._retired: set[str] = set()
        self._ahead = Lookahead(self._search)

    def load(self, rows: pa.Table | None) -> None:
        """Take what is stored for what there is; `rows` have other templates for it."""
        self._faces = self._none_yet()
        self._faces.reserve(self._table.count)
        for some in self._table.in_batches(*GALLERY_SEARCHED) if rows is None else [rows]:
            self.remember(some)
        self._ahead.outdate()

    @property
    def count(self) -> int:
        """The number of faces."""
        return self._faces.count

    @property
    def is_sketched(self) -> bool:
        """Whether somebody may be missed."""
        return self._faces.is_sketched

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

    def vectors_of(self, identity_ids: Iterable[str]) -> Embeddings:
        """Return the templates that identities are found by as [n, dimension], in no order."""
        return self._faces.vectors_of(identity_ids)

    def by_identity(self) -> dict[str, Embeddings]:
        """Return the templates [n, dimension] of everybody who is found by some."""
        return self._faces.by_identity()

    def expect(self, embeddings: Embeddings, *, limit: int) -> None:
        """Take notice of faces [n, dimension] that `nearest` will be asked for."""
        self._ahead.expect(embeddings, limit=limit)

    def nearest(self, embedding: Embedding, *, limit: int) -> list[Candidate]:
        """Return the most similar identities, each by its most similar face, best first."""
        return self._ahead.take(embedding, limit=limit)

    def _search(self, embeddings: Embeddings, limit: int) -> list[list[Candidate]]:
        found = self._faces.nearest(embeddings, limit=limit)
        if self._faces.is_sketched and found:
            again = partial(self._faces.exactly_nearest, embeddings[:1], limit=limit)
            self.sampler.offer(found[0], lambda: again()[0])
        return found
