"""One tenant's face gallery: the template of every enrolled face, in LanceDB and in memory."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from genesis_ray.domain.recognition.face_place import Box, FacePlace, Landmarks
from genesis_ray.domain.recognition.identity import Candidate, Embedding
from genesis_ray.errors import StoreError
from genesis_ray.store.galleries.recall import Recall
from genesis_ray.store.galleries.searched_faces import SearchedFaces
from genesis_ray.store.keys.gallery_keys import GalleryKeys
from genesis_ray.store.keys.template_keys import KeyRing
from genesis_ray.store.keys.templates import (
    PLAIN,
    Embeddings,
    Protector,
    are_unit,
    column_of,
    renewed,
)
from genesis_ray.store.lance.closeable import Closeable
from genesis_ray.store.lance.lance_table import LanceTable, stored_schema
from genesis_ray.store.lance.patience import patiently
from genesis_ray.store.lance.table_columns import completed
from genesis_ray.store.tenant.identity_schemas import GALLERY_LATER, gallery_schema

_PREFIX = "faces_"


class FaceGallery(Closeable):
    """The enrolled faces of one tenant, by one embedder.

    A tenant is a folder: there is no query that could reach another's faces. Any number of
    processes may open it; each sees the faces that were there when it did, and those that it
    enrolled itself. Only one may write: two writers that meet the same new face would enrol
    it twice.

    What it holds, is given and is asked for are templates: embeddings under the tenant's current
    key. Rows that an earlier key protects, or none, are brought to the current one when it is
    opened: by a writer on the disk too, where nothing is left of what they were.

    The search is exact, and the same to the last bit wherever it is done: so live and archive can
    agree exactly. That holds up to `exact_up_to` faces. Beyond, `recall` tells how many of those
    whom an exact search finds were found; the similarities of whom it finds are exact.

    Attributes:
        embedder: Whose templates these are.
        renewed: How many faces were brought to the current key when it was opened.
    """

    def __init__(
        self,
        folder: Path,
        *,
        embedder: str,
        dimension: int,
        keys: KeyRing,
        writer: bool = False,
        moved: Mapping[str, str] | None = None,
        exact_up_to: int | None = None,
        protector: Protector | None = None,
    ) -> None:
        """Open the gallery in a tenant's folder; a writer makes it where it is missing.

        `moved` has, by face, identities that faces are now, whomever they were enrolled as. Of
        more than `exact_up_to` faces sketches choose which are compared; None: all always are.
        `protector` may be one that was prepared to renew what is here.

        Raises:
            StoreError: Another process writes to it, its embeddings have another dimension, or
                keys that protect it are missing or other ones.
        """
        self._dimension = dimension
        self.embedder = embedder
        self._moved = moved or {}
        self._schema = gallery_schema(dimension)
        self._writer = writer
        self._keys = keys
        own = Protector(keys.current, embedder=embedder, dimension=dimension)
        self._protector = protector or own
        self._exact_up_to = exact_up_to
        self._open(folder)

    @property
    def count(self) -> int:
        """The number of faces."""
        return self._faces.count

    @property
    def recall(self) -> Recall | None:
        """How well sketches find; None where there are none: then all are found."""
        return self._faces.sampler.recall if self._faces.is_sketched else None

    def identity_ids(self) -> list[str]:
        """Return everyone who has a face here, in the order of their first enrolment."""
        return self._faces.identity_ids()

    def faces_of(self, identity_id: str) -> int:
        """Return how many faces of an identity there are."""
        return self._faces.faces_of(identity_id)

    def faces(self) -> pa.Table:
        """Return what is stored of each face but its embedding and where it is in a photo.

        By who was enrolled, not moved to.
        """
        left_out = {"embedding", *GALLERY_LATER}
        return self._table.rows(*(name for name in self._schema.names if name not in left_out))

    def nearest(self, embedding: Embedding, *, limit: int = 10) -> list[Candidate]:
        """Return the most similar identities, each by its most similar face, best first.

        Raises:
            StoreError: The embedding is not a unit vector of this gallery's dimension.
        """
        self.check(embedding[None])
        return self._faces.nearest(embedding, limit=limit)

    def expect(self, embeddings: Embeddings, *, limit: int) -> None:
        """Take notice of faces [n, dimension] that `nearest` will be asked for, with this limit.

        They are then looked for together, which is several times as fast, with the same answers.
        """
        if embeddings.shape[1:] == (self._dimension,):
            self._faces.expect(embeddings[are_unit(embeddings)], limit=limit)

    def enroll(
        self,
        identity_id: str,
        embeddings: Embeddings,
        *,
        qualities: Sequence[float],
        at: datetime,
        camera_id: str = "",
        face_ids: Sequence[str] | None = None,
        places: Sequence[FacePlace] = (),
    ) -> None:
        """Add faces of an identity: found at once, durable after `flush`.

        Args:
            identity_id: Known or new.
            embeddings: float32 [n, dimension], each of unit length.
            qualities: One a face, 0 to 1.
            at: When they were captured.
            camera_id: "" for photos.
            face_ids: One a face, where they have to be known; made by chance by default.
            places: One a face, of faces of photos; none of others.

        Raises:
            StoreError: This was not opened for writing, or an embedding is no unit vector of
                this gallery's dimension.
        """
        self.check(embeddings)
        n = len(embeddings)
        if len(qualities) != n:
            raise StoreError(
                f"expected one quality a face, got {n} faces, {len(qualities)} of them"
            )
        if len(places) not in (0, n):
            raise StoreError(
                f"expected one place a face or none, got {n} faces, {len(places)} of them"
            )
        boxes: list[Box | None] = [place.box for place in places]
        landmarks: list[Landmarks | None] = [place.landmarks for place in places]
        self._add(
            pa.table(
                {
                    "face_id": list(face_ids or [uuid4().hex for _ in range(n)]),
                    "identity_id": [identity_id] * n,
                    "embedding": column_of(embeddings),
                    "quality": list(qualities),
                    "enrolled_at": [at] * n,
                    "camera_id": [camera_id] * n,
                    "key_version": [self._keys.current.version] * n,
                    "box": boxes or [None] * n,
                    "landmarks": landmarks or [None] * n,
                },
                schema=self._schema,
            )
        )

    def remove(self, face_ids: Collection[str]) -> list[str]:
        """Remove faces: found no more at once, durable after `flush`; return those there were.

        Ids that nobody's face has are passed over, so that removing again is no mistake. Bytes
        of a removed face may stay in the table's files until these are written anew.

        Raises:
            StoreError: This was not opened for writing.
        """
        return self._faces.remove(face_ids)

    def pending(self) -> pa.Table:
        """Return what changed since the last `flush`, for `recover` in another process.

        The faces that were enrolled, and of those that were removed the ids, with nulls beside.
        """
        removed = [{"face_id": face_id} for face_id in self._table.removed()]
        return pa.concat_tables(
            [self._table.pending(), pa.Table.from_pylist(removed, schema=self._schema)]
        )

    def recover(self, pending: pa.Table) -> None:
        """Change again what was pending in a process that was killed, each face once.

        Raises:
            StoreError: This was not opened for writing.
        """
        pending = completed(pending, self._schema)
        is_removed = pc.is_null(pending["identity_id"])
        enrolled = self._table.missing(pending.filter(pc.invert(is_removed)))
        self._add(renewed(enrolled, self._keys, self._protector) if len(enrolled) else enrolled)
        removed: list[Any] = pending.filter(is_removed)["face_id"].to_pylist()
        self.remove(removed)

    def flush(self) -> None:
        """Store what was enrolled since the last time in one commit, what was removed in another.

        Raises:
            StoreError: The disk is full or refuses; a later flush tries again.
        """
        if self._writer and len(self._table.pending()):
            self._noted.note(self._keys)
        self._table.flush()

    def clean_up(self) -> bool:
        """Remove what earlier versions are made of, see `LanceTable.tidy`."""
        return self._table.tidy()

    def close(self) -> None:
        """Flush, tidy up and let others write."""
        try:
            self.flush()
        finally:
            self._table.close()

    def _open(self, folder: Path) -> None:
        """Open the table and take in its faces under the current key."""
        if self._writer:
            self._open_once(folder)
        else:
            patiently(partial(self._open_once, folder))

    def _open_once(self, folder: Path) -> None:
        name = _PREFIX + self.embedder
        self._table = LanceTable(
            folder, name, self._schema, writer=self._writer, later=GALLERY_LATER
        )
        try:
            self._noted = GalleryKeys(folder, name)
            self._faces = self._none_yet()
            self._faces.load(self._under_current_key())
        except BaseException:
            self._table.close()
            raise

    def _none_yet(self) -> SearchedFaces:
        return SearchedFaces(
            self._table, self._dimension, moved=self._moved, exact_up_to=self._exact_up_to
        )

    def _under_current_key(self) -> pa.Table | None:
        """Return the rows under the current key; None where it protects those that are stored.

        A writer stores them so.
        """
        versions = {int(each) for each in np.unique(self._table.rows("key_version")["key_version"])}
        self._noted.check(versions - {PLAIN}, self._keys)
        self.renewed = 0
        rows = None
        if versions - {self._keys.current.version}:
            rows = renewed(self._table.rows(), self._keys, self._protector)
            self.renewed = len(rows)
            if self._writer:
                self._noted.note(self._keys)
                self._table.replace(rows)
        if self._writer and self._noted.fingerprints:
            self._noted.strike(self._keys)
        return rows

    def _add(self, rows: pa.Table) -> None:
        self._table.add(rows)
        self._faces.remember(rows)

    def check(self, embeddings: Embeddings) -> None:
        """See that embeddings [n, dimension] could be faces of this gallery.

        Raises:
            StoreError: One has another length than 1, or another dimension.
        """
        if embeddings.ndim != 2 or embeddings.shape[1] != self._dimension:
            raise StoreError(
                f"the gallery of {self.embedder!r} holds embeddings [n, {self._dimension}], "
                f"got {list(embeddings.shape)}; use the embedder it was made with"
            )
        if not np.all(are_unit(embeddings)):
            lengths = np.sqrt(np.vecdot(embeddings, embeddings))
            raise StoreError(
                f"an embedding has length 1, got {lengths.round(4).tolist()}; "
                f"normalise it, and drop faces that gave no numbers"
            )


def galleries_in(folder: Path) -> Iterator[tuple[str, int]]:
    """Yield embedder and dimension of each gallery in a tenant's folder."""
    for path in sorted(folder.glob(f"{_PREFIX}*.lance")):
        dimension = stored_schema(folder, path.stem).field("embedding").type.list_size
        yield path.stem.removeprefix(_PREFIX), dimension
