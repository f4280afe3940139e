"""What is stored of each face in a gallery beside its template, which is not read for it."""

from functools import partial
from pathlib import Path

import pyarrow as pa

from genesis_ray.store.identity_schemas import gallery_schema
from genesis_ray.store.lance_table import LanceTable
from genesis_ray.store.patience import patiently


def stored_faces(folder: Path, embedder: str, dimension: int) -> pa.Table:
    """Return the faces of an embedder's gallery in a tenant's folder, each as it was enrolled.

    The columns of `gallery_schema` but the template; so it takes no key.

    Raises:
        StoreError: The gallery has another schema, or is damaged.
    """
    return patiently(partial(_faces, folder, embedder, dimension))


def _faces(folder: Path, embedder: str, dimension: int) -> pa.Table:
    schema = gallery_schema(dimension)
    columns = [name for name in schema.names if name != "embedding"]
    return LanceTable(folder, f"faces_{embedder}", schema, writer=False).rows(*columns)
