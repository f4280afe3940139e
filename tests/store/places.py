"""Places of faces, and galleries of versions that stored none."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from genesis_ray.domain.recognition.face_place import FacePlace
from genesis_ray.store.keys.gallery_keys import GalleryKeys
from genesis_ray.store.keys.templates import Embeddings, column_of
from genesis_ray.store.lance.lance_table import LanceTable
from genesis_ray.store.tenant.identity_schemas import GALLERY_LATER, gallery_schema
from tests.store.some_keys import ring

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def places(seed: int, n: int) -> list[FacePlace]:
    """Make up the places of faces, no two of them alike."""
    random = np.random.default_rng(seed)
    return [FacePlace.of(random.random(4), random.random((5, 2))) for _ in range(n)]


def earlier_schema(dimension: int) -> pa.Schema:
    """Return the columns that a gallery had before places were stored."""
    return pa.schema([each for each in gallery_schema(dimension) if each.name not in GALLERY_LATER])


def earlier_gallery(
    folder: Path, embeddings: Embeddings, owners: Sequence[str], *, key_version: int, at_once: int
) -> None:
    """Leave a gallery of embedder fused as such a version did, in several commits."""
    schema = earlier_schema(embeddings.shape[1])
    table = LanceTable(folder, "faces_fused", schema, writer=True)
    for start in range(0, len(owners), at_once):
        own = owners[start : start + at_once]
        columns = {
            "face_id": [f"face {start + n}" for n in range(len(own))],
            "identity_id": list(own),
            "embedding": column_of(embeddings[start : start + at_once]),
            "quality": [0.5] * len(own),
            "enrolled_at": [NOON] * len(own),
            "camera_id": [""] * len(own),
            "key_version": [key_version] * len(own),
        }
        table.add(pa.table(columns, schema=schema))
        table.flush()
    table.close()
    if key_version:
        GalleryKeys(folder, "faces_fused").note(ring(key_version))
