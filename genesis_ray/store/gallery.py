"""One tenant's face gallery: every enrolled embedding, in LanceDB and in memory."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from uuid import uuid4

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from genesis_ray.domain.identity import Candidate, Embedding
from genesis_ray.errors import StoreError
from genesis_ray.store.lance_table import LanceTable
from genesis_ray.store.schemas import gallery_schema

Embeddings = npt.NDArray[np.float32]
"""Faces as float32 [n, dimension], each of unit length."""

_Number = TypeVar("_Number", np.float32, np.int64)

_UNIT_TOLERANCE = 1e-3  # far above float32's rounding, far below what changes a decision
_PLAIN = 0  # the key version of an embedding that no key has transformed


class FaceGallery:
    """The enrolled faces of one tenant, by one embedder.

    A tenant is a folder: there is no query that could reach another's faces. Any number of
    processes may open it; each sees the faces that were there when it did, and those that it
    enrolled itself. Only one may write: two writers that meet the same new face would enrol
    it twice.

    The search is exact. A similarity depends on the two embeddings alone, to the last bit, and
    not on the number of faces, their order or the number of threads, as a matrix product's
    would: so live and archive can agree exactly.
    """

    def __init__(
        self,
        folder: Path,
        *,
        embedder: str,
        dimension: int,
        writer: bool = False,
        moved: Mapping[str, str] | None = None,
    ) -> None:
        """Open the gallery in a tenant's folder; a writer makes it where it is missing.

        `moved` has, by face, identities that faces are now, whomever they were enrolled as.

        Raises:
            StoreError: Another process writes to it, or its embeddings have another dimension.
        """
        self._dimension = dimension
        self._embedder = embedder
        self._moved = moved or {}
        self._schema = gallery_schema(dimension)
        self._table = LanceTable(folder, f"faces_{embedder}", self._schema, writer=writer)
        self._identity_ids: list[str] = []  # in the order of their first enrolment
        self._places: dict[str, int] = {}  # of identities in that list
        self._vectors = np.empty((0, dimension), np.float32)  # with room to grow
        self._owners = np.empty(0, np.int64)  # of vectors: a place in that list
        self._count = 0
        self._remember(*self._faces_in(self._table.rows()))

    @property
    def count(self) -> int:
        """The number of faces."""
        return self._count

    def identity_ids(self) -> list[str]:
        """Return everyone who has a face here, in the order of their first enrolment."""
        return list(self._identity_ids)

    def faces_of(self, identity_id: str) -> int:
        """Return how many faces of an identity there are."""
        place = self._places.get(identity_id, -1)
        return int(np.count_nonzero(self._owners[: self._count] == place))

    def faces(self) -> pa.Table:
        """Return what is stored of each face but its embedding; who was enrolled, not moved to."""
        return self._table.rows().drop_columns(["embedding"])

    def nearest(self, embedding: Embedding, *, limit: int = 10) -> list[Candidate]:
        """Return the most similar identities, each by its most similar face, best first.

        Raises:
            StoreError: The embedding is not a unit vector of this gallery's dimension.
        """
        self._check(embedding[None])
        similarities = np.vecdot(self._vectors[: self._count], embedding)
        best = np.full(len(self._identity_ids), -np.inf, np.float32)
        np.maximum.at(best, self._owners[: self._count], similarities)
        least = np.partition(best, -limit)[-limit] if limit < len(best) else -np.inf
        found = [
            Candidate(self._identity_ids[place], float(best[place]))
            for place in np.flatnonzero(best >= least)
        ]
        return sorted(found, key=lambda each: (-each.similarity, each.identity_id))[:limit]

    def enroll(
        self,
        identity_id: str,
        embeddings: Embeddings,
        *,
        qualities: Sequence[float],
        at: datetime,
        camera_id: str = "",
    ) -> None:
        """Add faces of an identity: found at once, durable after `flush`.

        Args:
            identity_id: Known or new.
            embeddings: float32 [n, dimension], each of unit length.
            qualities: One a face, 0 to 1.
            at: When they were captured.
            camera_id: "" for photos.

        Raises:
            StoreError: This was not opened for writing, or an embedding is no unit vector of
                this gallery's dimension.
        """
        self._check(embeddings)
        n = len(embeddings)
        if len(qualities) != n:
            raise StoreError(
                f"expected one quality a face, got {n} faces, {len(qualities)} of them"
            )
        self._table.add(
            pa.table(
                {
                    "face_id": [uuid4().hex for _ in range(n)],
                    "identity_id": [identity_id] * n,
                    "embedding": pa.FixedSizeListArray.from_arrays(
                        pa.array(embeddings.ravel()), self._dimension
                    ),
                    "quality": list(qualities),
                    "enrolled_at": [at] * n,
                    "camera_id": [camera_id] * n,
                    "key_version": [_PLAIN] * n,
                },
                schema=self._schema,
            )
        )
        self._remember([identity_id] * n, embeddings)

    def pending(self) -> pa.Table:
        """Return who was enrolled since the last `flush`, for `recover` in another process."""
        return self._table.pending()

    def recover(self, pending: pa.Table) -> None:
        """Enrol those again who were pending in a process that was killed, each once.

        Raises:
            StoreError: This was not opened for writing.
        """
        rows = self._table.missing(pending)
        self._table.add(rows)
        self._remember(*self._faces_in(rows))

    def flush(self) -> None:
        """Store what was enrolled since the last time, in one commit.

        Raises:
            StoreError: The disk is full or refuses; a later flush tries again.
        """
        self._table.flush()

    def close(self) -> None:
        """Flush, tidy up and let others write."""
        self._table.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _faces_in(self, rows: pa.Table) -> tuple[list[str], Embeddings]:
        face_ids: list[Any] = rows["face_id"].to_pylist()
        owners: list[Any] = rows["identity_id"].to_pylist()
        identity_ids = [
            self._moved.get(face_id, owner) for face_id, owner in zip(face_ids, owners, strict=True)
        ]
        vectors = pc.list_flatten(rows["embedding"]).to_numpy()
        return identity_ids, vectors.reshape(-1, self._dimension)

    def _remember(self, identity_ids: Sequence[str], vectors: Embeddings) -> None:
        """Take faces into memory, doubling the room when it is used up."""
        end = self._count + len(identity_ids)
        if end > len(self._vectors):
            room = max(end, 2 * len(self._vectors))
            self._vectors = _with_room(self._vectors, self._count, room)
            self._owners = _with_room(self._owners, self._count, room)
        for identity_id in identity_ids:
            if identity_id not in self._places:
                self._places[identity_id] = len(self._identity_ids)
                self._identity_ids.append(identity_id)
        self._vectors[self._count : end] = vectors
        self._owners[self._count : end] = [self._places[each] for each in identity_ids]
        self._count = end

    def _check(self, embeddings: Embeddings) -> None:
        if embeddings.ndim != 2 or embeddings.shape[1] != self._dimension:
            raise StoreError(
                f"the gallery of {self._embedder!r} holds embeddings [n, {self._dimension}], "
                f"got {list(embeddings.shape)}; use the embedder it was made with"
            )
        lengths = np.sqrt(np.vecdot(embeddings, embeddings))
        if not np.all(np.abs(lengths - 1) <= _UNIT_TOLERANCE):  # a NaN is not
            raise StoreError(
                f"an embedding has length 1, got {lengths.round(4).tolist()}; "
                f"normalise it, and drop faces that gave no numbers"
            )


def _with_room(values: npt.NDArray[_Number], count: int, room: int) -> npt.NDArray[_Number]:
    roomy = np.empty((room, *values.shape[1:]), values.dtype)
    roomy[:count] = values[:count]
    return roomy
