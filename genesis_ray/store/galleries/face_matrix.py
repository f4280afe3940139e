"""The templates of a gallery in memory: all are searched, or those whose sketches are near."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from genesis_ray.domain.recognition.identity import Candidate, Embedding
from genesis_ray.store.galleries.sketches import Sketches
from genesis_ray.store.keys.templates import Embeddings

_Number = TypeVar("_Number", np.float32, np.int64)

_PRODUCTS_AT_ONCE = 1 << 23
"""Bounds the memory that a search of many embeddings takes, here 32 MiB."""

_SMALL = 600_000
_MANY = 32
"""OpenBLAS multiplies matrices of up to so many multiplications as they are; larger ones it copies
first, which for a few embeddings and 100,000 faces takes three times as long as the product."""

_SLACK = 8 * 2.0**-24
"""A dot product of unit vectors that float32 computes in whatever order is at most about
n * 2^-24 from the true one (Higham, Accuracy and Stability of Numerical Algorithms, 3.1). The
product and the similarity of two faces are so twice that apart, and a lead can turn round where
it is less than four times that. Twice as much covers lengths that are not exactly 1."""


_SHORTLIST = 512
"""Rows that are compared where sketches chose them: among a million faces whoever is most similar
is one of them, and of the ten next, strangers mostly, six or more."""


class FaceMatrix:
    """Faces as the rows of a matrix, each an identity's.

    A similarity depends on the two embeddings alone, to the last bit, and not on the number of
    faces, their order or the number of threads, as a matrix product's would. So that product,
    several times as fast and more so for many faces at once, only chooses the faces whose
    similarities are computed; where there are very many, sketches do.

    Attributes:
        count: The number of faces. They are the first rows; the others are room to grow.
    """

    def __init__(self, dimension: int, *, exact_up_to: int | None = None) -> None:
        """Begin with no faces; beyond so many somebody may be missed, None: never."""
        self.count = 0
        self._exact_up_to = exact_up_to
        self._sketches: Sketches | None = None  # from when they are wanted
        self._slack = np.float32(_SLACK * dimension)
        self._rows: dict[str, int] = {}  # of faces, by id
        self._face_ids: list[str] = []  # by row
        self._vectors = np.empty((0, dimension), np.float32)
        self._owners = np.empty(0, np.int64)  # by row: a place in the next two
        self._identity_ids: list[str] = []
        self._faces_at: list[int] = []  # how many faces each has
        self._places: dict[str, int] = {}  # of owners, in the order of their first face
        self._vacant: list[int] = []  # places of owners whose last face was removed

    @property
    def is_sketched(self) -> bool:
        """Whether there are so many that sketches choose who is compared."""
        return self._exact_up_to is not None and self.count > self._exact_up_to

    def reserve(self, count: int) -> None:
        """Make room for so many faces."""
        if count > len(self._vectors):
            self._vectors = _with_room(self._vectors, self.count, count)
            self._owners = _with_room(self._owners, self.count, count)

    def add(
        self, face_ids: Sequence[str], identity_ids: Sequence[str], vectors: Embeddings
    ) -> None:
        """Add faces [n, dimension] and whose they are, doubling the room when it is used up."""
        end = self.count + len(face_ids)
        if end > len(self._vectors):
            self.reserve(max(end, 2 * len(self._vectors)))
        owners = [self._place_of(identity_id) for identity_id in identity_ids]
        self._vectors[self.count : end] = vectors
        self._owners[self.count : end] = owners
        for owner in owners:
            self._faces_at[owner] += 1
        self._rows.update(zip(face_ids, range(self.count, end), strict=True))
        self._face_ids += face_ids
        self.count = end

    def here(self, face_ids: Iterable[str]) -> list[str]:
        """Return those of the ids that are a face's here."""
        return [face_id for face_id in dict.fromkeys(face_ids) if face_id in self._rows]

    def remove(self, face_ids: Iterable[str]) -> None:
        """Take faces out that are here; the last ones get their room."""
        if self._sketches:
            self._sketches.cover(self._vectors[: self.count])
        for face_id in face_ids:
            row = self._rows.pop(face_id)
            owner = int(self._owners[row])
            self._faces_at[owner] -= 1
            if not self._faces_at[owner]:
                del self._places[self._identity_ids[owner]]
                self._vacant.append(owner)
            self.count -= 1
            last = self._face_ids.pop()
            if row < self.count:
                self._rows[last] = row
                self._face_ids[row] = last
                self._vectors[row] = self._vectors[self.count]
                self._owners[row] = self._owners[self.count]
            if self._sketches:
                self._sketches.replace(row)

    def only(self, face_ids: Iterable[str]) -> "FaceMatrix":
        """Return a matrix of those of these faces that are here."""
        here = self.here(face_ids)
        rows = [self._rows[face_id] for face_id in here]
        some = FaceMatrix(self._vectors.shape[1])
        owners = [self._identity_ids[owner] for owner in self._owners[rows]]
        some.add(here, owners, self._vectors[rows])
        return some

    def identity_ids(self) -> list[str]:
        """Return everyone who has a face, in the order of their first one."""
        return list(self._places)

    def faces_of(self, identity_id: str) -> int:
        """Return how many faces of an identity there are."""
        place = self._places.get(identity_id)
        return 0 if place is None else self._faces_at[place]

    def retire(self, face_ids: Iterable[str]) -> None:
        """Find faces no more; who retires them knows that they were here."""
        self.remove(self.here(face_ids))

    def ids_of(self, identity_ids: Iterable[str]) -> list[str]:
        """Return the faces of identities, in no order."""
        return [self._face_ids[row] for row in self._rows_of(identity_ids).tolist()]

    def vectors_of(self, identity_ids: Iterable[str]) -> Embeddings:
        """Return the vectors of identities as [n, dimension], in no order."""
        return self._vectors[self._rows_of(identity_ids)]

    def by_identity(self) -> dict[str, Embeddings]:
        """Return the vectors [n, dimension] of everyone who has a face, in one pass over all."""
        order = np.argsort(self._owners[: self.count], kind="stable")
        owners, firsts = np.unique(self._owners[order], return_index=True)
        own = np.split(self._vectors[order], firsts)[1:]
        return {
            self._identity_ids[owner]: vectors
            for owner, vectors in zip(owners.tolist(), own, strict=True)
        }

    def nearest(self, embeddings: Embeddings, *, limit: int) -> list[list[Candidate]]:
        """Return, for each of the embeddings [n, dimension], the most similar identities.

        Each identity by its most similar face, best first.
        """
        if self.is_sketched:
            self._sketches = self._sketches or Sketches(self._vectors.shape[1])
            self._sketches.cover(self._vectors[: self.count])
            rows = max(_SHORTLIST, 4 * limit)
            chosen = self._sketches.nearest(embeddings, rows=rows)
            return [
                self._among(own, embedding, limit)
                for own, embedding in zip(chosen, embeddings, strict=True)
            ]
        return self.exactly_nearest(embeddings, limit=limit)

    def exactly_nearest(self, embeddings: Embeddings, *, limit: int) -> list[list[Candidate]]:
        """Return the same, and miss nobody."""
        if not self.count:
            return [[] for _ in embeddings]
        at_once = max(1, _PRODUCTS_AT_ONCE // self.count)
        found = []
        for start in range(0, len(embeddings), at_once):
            some = embeddings[start : start + at_once]
            for embedding, own in zip(some, self._products(some), strict=True):
                found.append(self._ranked(self._shortlist(own, limit), embedding)[:limit])
        return found

    def _among(
        self, rows: npt.NDArray[np.intp], embedding: Embedding, limit: int
    ) -> list[Candidate]:
        """Return who of those rows is most similar; of all where they are too few people's."""
        found = self._ranked(rows, embedding)
        if len(found) < min(limit, len(self._places)):  # some have many faces
            return self.exactly_nearest(embedding[None], limit=limit)[0]
        return found[:limit]

    def _rows_of(self, identity_ids: Iterable[str]) -> npt.NDArray[np.intp]:
        places = [self._places[each] for each in identity_ids if each in self._places]
        return np.flatnonzero(np.isin(self._owners[: self.count], places))

    def _products(self, embeddings: Embeddings) -> npt.NDArray[np.float32]:
        """Return the dot products of each of the embeddings with each face, but for rounding."""
        vectors = self._vectors[: self.count]
        products = np.empty((len(embeddings), self.count), np.float32)
        if len(embeddings) == 1:
            np.vecdot(vectors, embeddings, out=products[0])
            return products
        rows = self.count if len(embeddings) >= _MANY else max(1, _SMALL // embeddings.size)
        for start in range(0, self.count, rows):
            part = slice(start, start + rows)
            np.matmul(embeddings, vectors[part].T, out=products[:, part])
        return products

    def _shortlist(self, products: npt.NDArray[np.float32], limit: int) -> npt.NDArray[np.intp]:
        """Return rows among which are all faces that could rank an identity among the first.

        A product and the similarity that counts are roundings of one number. So who is among the
        first has a face whose product is at most the slack below the product of the last of them.
        """
        wanted = 4 * limit
        while wanted < self.count:
            least = np.partition(products, -wanted)[-wanted]
            rows = np.flatnonzero(products >= least)
            rows = rows[np.argsort(-products[rows])]
            _, firsts = np.unique(self._owners[rows], return_index=True)
            if len(firsts) >= limit:
                last = products[rows[np.sort(firsts)[limit - 1]]]
                return np.flatnonzero(products >= last - self._slack)
            wanted *= 4  # some have many faces
        return np.arange(self.count)

    def _ranked(self, rows: npt.NDArray[np.intp], embedding: Embedding) -> list[Candidate]:
        similarities = np.vecdot(self._vectors[rows], embedding).tolist()
        best: dict[int, float] = {}
        for owner, similarity in zip(self._owners[rows].tolist(), similarities, strict=True):
            best[owner] = max(similarity, best.get(owner, similarity))
        return ranked(Candidate(self._identity_ids[owner], best[owner]) for owner in best)

    def _place_of(self, identity_id: str) -> int:
        place = self._places.get(identity_id)
        if place is not None:
            return place
        if self._vacant:
            place = self._vacant.pop()
            self._identity_ids[place] = identity_id
        else:
            place = len(self._identity_ids)
            self._identity_ids.append(identity_id)
            self._faces_at.append(0)
        self._places[identity_id] = place
        return place


def ranked(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Return candidates best first, equally similar ones in the order of their ids."""
    return sorted(candidates, key=lambda each: (-each.similarity, each.identity_id))


def _with_room(values: npt.NDArray[_Number], count: int, room: int) -> npt.NDArray[_Number]:
    roomy = np.empty((room, *values.shape[1:]), values.dtype)
    roomy[:count] = values[:count]
    return roomy
