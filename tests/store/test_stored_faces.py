from datetime import UTC, datetime

import pytest

from genesis_ray.errors import StoreError
from genesis_ray.store.gallery import FaceGallery
from genesis_ray.store.identity_schemas import gallery_schema
from genesis_ray.store.stored_faces import stored_faces
from tests.store.keys import key, protected, ring, unit

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def test_all_is_told_of_a_face_but_its_template_and_that_takes_no_key(tmp_path):
    with FaceGallery(tmp_path, embedder="fused", dimension=16, keys=ring(), writer=True) as gallery:
        for name in ("ada", "eve", "ada"):
            faces = protected(unit(1, 2, 16), key())
            gallery.enroll(name, faces, qualities=[0.5, 0.7], at=NOON, camera_id="door")
            gallery.flush()
    faces = stored_faces(tmp_path, "fused", 16)
    assert faces["identity_id"].to_pylist() == ["ada", "ada", "eve", "eve", "ada", "ada"]
    assert faces["quality"].to_pylist() == pytest.approx([0.5, 0.7] * 3)
    assert set(gallery_schema(16).names) - set(faces.column_names) == {"embedding"}


def test_where_there_is_no_gallery_there_is_no_face(tmp_path):
    faces = stored_faces(tmp_path, "fused", 16)
    assert len(faces) == 0
    assert "embedding" not in faces.column_names


def test_a_gallery_of_another_length_is_refused(tmp_path):
    FaceGallery(tmp_path, embedder="fused", dimension=8, keys=ring(), writer=True).close()
    with pytest.raises(StoreError, match="has other columns than expected"):
        stored_faces(tmp_path, "fused", 16)
