"""What is stored of each face in a gallery beside its template, which is not read for it."""

from collections.abc import Collection
from functools import partial
from pathlib import Path

import pyarrow as pa

from genesis_ray.domain.recognition.face_place import FacePlace
from genesis_ray.store.lance.lance_table import LanceTable
from genesis_ray.store.lance.patience import patiently
from genesis_ray.store.tenant.identity_schemas import GALLERY_LATER, gallery_schema


def stored_faces(folder: Path, embedder: str, dimension: int) -> pa.Table:
    """Return the faces of an embedder's gallery in a tenant's folder, each as it was enrolled.

    The columns of `gallery_schema` but the template, so it takes no key, and but where the face is
    in a photo.

    Raises:
        StoreError: The gallery has another schema, or is damaged.
    """
    return patiently(partial(_faces, folder, embedder, dimension))


def stored_places(
    folder: Path, embedder: str, dimension: int, face_ids: Collection[str]
) -> dict[str, FacePlace]:
    """Return where in their photos some faces of a gallery are, those of which that is stored.

    It takes no key: that is stored as it is.

    Raises:
        StoreError: The gallery has another schema, or is damaged.
    """
    return patiently(partial(_places, folder, embedder, dimension, face_ids))


def _faces(folder: Path, embedder: str, dimension: int) -> pa.Table:
    left_out = {"embedding", *GALLERY_LATER}
    columns = [name for name in gallery_schema(dimension).names if name not in left_out]
    return _table(folder, embedder, dimension).rows(*columns)


def _places(
    folder: Path, embedder: str, dimension: int, face_ids: Collection[str]
) -> dict[str, FacePlace]:
    rows = _table(folder, embedder, dimension).rows_of(face_ids, "face_id", *GALLERY_LATER)
    return {
        row["face_id"]: FacePlace.of(row["box"], row["landmarks"])
        for row in rows.to_pylist()
        if row["box"] and row["landmarks"]
    }


def _table(folder: Path, embedder: str, dimension: int) -> LanceTable:
    schema = gallery_schema(dimension)
    return LanceTable(folder, f"faces_{embedder}", schema, writer=False, later=GALLERY_LATER)
