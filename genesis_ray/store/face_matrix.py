"""The templates of a gallery in memory, searched exactly."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from genesis_ray.domain.identity import Candidate, Embedding
from genesis_ray.store.templates import Embeddings

_Number = TypeVar("_Number", np.float32, np.int64)


class FaceMatrix:
    """Faces as the rows of a matrix, each an identity's.

    A similarity depends on the two embeddings alone, to the last bit, and not on the number of
    faces, their order or the number of threads, as a matrix product's would.

    Attributes:
        count: The number of faces.
        identity_ids: Whose they are, in the order of their first face.
    """

    def __init__(self, dimension: int) -> None:
        self.count = 0
        self.identity_ids: list[str] = []
        self._places: dict[str, int] = {}  # of identities in that list
        self._vectors = np.empty((0, dimension), np.float32)  # with room to grow
        self._owners = np.empty(0, np.int64)  # of vectors: a place in that list

    def add(self, identity_ids: Sequence[str], vectors: Embeddings) -> None:
        """Add faces [n, dimension] and whose they are, doubling the room when it is used up."""
        end = self.count + len(identity_ids)
        if end > len(self._vectors):
            room = max(end, 2 * len(self._vectors))
            self._vectors = _with_room(self._vectors, self.count, room)
            self._owners = _with_room(self._owners, self.count, room)
        for identity_id in identity_ids:
            if identity_id not in self._places:
                self._places[identity_id] = len(self.identity_ids)
                self.identity_ids.append(identity_id)
        self._vectors[self.count : end] = vectors
        self._owners[self.count : end] = [self._places[each] for each in identity_ids]
        self.count = end

    def faces_of(self, identity_id: str) -> int:
        """Return how many faces of an identity there are."""
        place = self._places.get(identity_id, -1)
        return int(np.count_nonzero(self._owners[: self.count] == place))

    def nearest(self, embedding: Embedding, *, limit: int) -> list[Candidate]:
        """Return the most similar identities, each by its most similar face, best first."""
        similarities = np.vecdot(self._vectors[: self.count], embedding)
        best = np.full(len(self.identity_ids), -np.inf, np.float32)
        np.maximum.at(best, self._owners[: self.count], similarities)
        least = np.partition(best, -limit)[-limit] if limit < len(best) else -np.inf
        found = [
            Candidate(self.identity_ids[place], float(best[place]))
            for place in np.flatnonzero(best >= least)
        ]
        return sorted(found, key=lambda each: (-each.similarity, each.identity_id))[:limit]


def _with_room(values: npt.NDArray[_Number], count: int, room: int) -> npt.NDArray[_Number]:
    roomy = np.empty((room, *values.shape[1:]), values.dtype)
    roomy[:count] = values[:count]
    return roomy
