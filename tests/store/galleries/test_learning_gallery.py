from datetime import UTC, datetime

import numpy as np
import pytest

from genesis_ray.store.galleries.learning_gallery import LearningGallery
from genesis_ray.store.lance.lance_table import LanceTable
from tests.store.some_keys import holders, ring, unit

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def opened(folder, *, writer=True, versions=(1,), moved=None) -> LearningGallery:
    return LearningGallery(
        folder, embedder="fused", dimension=8, keys=ring(*versions), writer=writer, moved=moved
    )


def test_a_retired_face_is_found_no_more_but_stays_stored(tmp_path):
    first, second = unit(1, 2, 8)
    with opened(tmp_path) as gallery:
        gallery.enroll("ada", np.stack([first, second]), qualities=[0.5, 0.6], at=NOON,
                       face_ids=["1", "2"])  # fmt: skip
        gallery.retire(["1", "no such face"])
        assert gallery.faces_of("ada") == 1
        assert gallery.nearest(first)[0].similarity == pytest.approx(float(first @ second))
        assert gallery.here(["1", "3"]) == ["1"]
        assert [each.face_id for each in gallery.templates(["ada"])] == ["2"]
    with opened(tmp_path, writer=False) as gallery:
        assert gallery.faces_of("ada") == 2


def test_a_retired_face_can_be_removed(tmp_path):
    with opened(tmp_path) as gallery:
        gallery.enroll("ada", unit(1, 2, 8), qualities=[0.5, 0.6], at=NOON, face_ids=["1", "2"])
        gallery.flush()
        gallery.retire(["1"])
        assert gallery.remove(["1"]) == ["1"]
        assert gallery.here(["1"]) == []
    with opened(tmp_path, writer=False) as gallery:
        assert gallery.faces()["face_id"].to_pylist() == ["2"]


def test_templates_come_with_what_is_stored_of_them_whether_flushed_or_not(tmp_path):
    faces = unit(1, 3, 8)
    with opened(tmp_path) as gallery:
        for number, face in enumerate(faces):
            gallery.enroll("ada" if number else "bob", face[None], qualities=[number / 4], at=NOON,
                           camera_id="door", face_ids=[str(number)])  # fmt: skip
            if number < 2:
                gallery.flush()
        found = gallery.templates(["ada", "nobody"])
        assert [(each.face_id, each.quality, each.camera_id) for each in found] == [
            ("1", 0.25, "door"),
            ("2", 0.5, "door"),
        ]
        np.testing.assert_array_equal([each.embedding for each in found], faces[1:])
        assert len(gallery.vectors_of(["ada", "bob"])) == 3


def test_everybodys_templates_come_at_once_as_they_are_found(tmp_path, monkeypatch):
    faces = unit(1, 4, 8)
    with opened(tmp_path) as gallery:
        gallery.enroll("ada", faces[:3], qualities=[0.5] * 3, at=NOON, face_ids=["1", "2", "3"])
        gallery.enroll("bob", faces[3:], qualities=[0.5], at=NOON, face_ids=["4"])
    gallery = opened(tmp_path, writer=False, moved={"3": "bob"})
    gallery.retire(["2"])
    monkeypatch.setattr(LanceTable, "rows_of", None)  # no query for each
    found = gallery.by_identity()
    np.testing.assert_array_equal(found["ada"], faces[:1])
    assert sorted(map(bytes, found["bob"])) == sorted(map(bytes, faces[2:]))
    gallery.retire(["1"])
    assert list(gallery.by_identity()) == ["bob"]


def test_nobodys_templates_are_none(tmp_path):
    assert opened(tmp_path, writer=False).by_identity() == {}


def test_who_reads_under_a_newer_key_gets_templates_under_that(tmp_path):
    with opened(tmp_path) as gallery:
        gallery.enroll("ada", unit(1, 1, 8), qualities=[0.5], at=NOON)
    newer = opened(tmp_path, writer=False, versions=(1, 2))
    (template,) = newer.vectors_of(["ada"])
    assert newer.nearest(template)[0].similarity == pytest.approx(1)


def test_after_a_rewrite_no_byte_of_a_removed_face_is_left(tmp_path):
    faces = unit(1, 2, 8)
    with opened(tmp_path) as gallery:
        gallery.enroll("ada", faces, qualities=[0.5, 0.5], at=NOON, face_ids=["1", "2"])
        gallery.flush()
        gallery.remove(["1"])
        gallery.rewrite()
        assert holders(tmp_path, faces[:1]) == []
        assert holders(tmp_path, faces[1:]) != []
