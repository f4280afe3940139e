from datetime import UTC, datetime

import pytest

from genesis_ray.errors import StoreError
from genesis_ray.store.galleries.gallery import FaceGallery
from genesis_ray.store.galleries.stored_faces import stored_faces, stored_places
from genesis_ray.store.tenant.identity_schemas import gallery_schema
from tests.store.places import earlier_gallery, places
from tests.store.some_keys import key, protected, ring, unit

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
    left_out = set(gallery_schema(16).names) - set(faces.column_names)
    assert left_out == {"embedding", "box", "landmarks"}


def test_of_faces_of_photos_it_is_told_where_they_are_in_them(tmp_path):
    (first, second) = places(1, 2)
    faces = protected(unit(1, 3, 16), key())
    with FaceGallery(tmp_path, embedder="fused", dimension=16, keys=ring(), writer=True) as gallery:
        for face_id, face, own in (("a", 0, [first]), ("b", 1, [second]), ("seen", 2, [])):
            gallery.enroll(
                "ada", faces[face][None], qualities=[1], at=NOON, face_ids=[face_id], places=own
            )
    assert stored_places(tmp_path, "fused", 16, ["a", "seen", "nowhere"]) == {"a": first}
    assert stored_places(tmp_path, "fused", 16, ["b", "a"]) == {"a": first, "b": second}
    assert stored_places(tmp_path, "fused", 16, []) == {}


def test_of_faces_that_an_earlier_version_enrolled_no_place_is_told(tmp_path):
    faces = protected(unit(1, 2, 16), key())
    earlier_gallery(tmp_path, faces, ["ada", "eve"], key_version=1, at_once=2)
    assert stored_faces(tmp_path, "fused", 16)["identity_id"].to_pylist() == ["ada", "eve"]
    assert stored_places(tmp_path, "fused", 16, ["face 0", "face 1"]) == {}


def test_where_there_is_no_gallery_there_is_no_face(tmp_path):
    faces = stored_faces(tmp_path, "fused", 16)
    assert len(faces) == 0
    assert "embedding" not in faces.column_names
    assert stored_places(tmp_path, "fused", 16, ["a"]) == {}


def test_a_gallery_of_another_length_is_refused(tmp_path):
    FaceGallery(tmp_path, embedder="fused", dimension=8, keys=ring(), writer=True).close()
    with pytest.raises(StoreError, match="has other columns than expected"):
        stored_faces(tmp_path, "fused", 16)
