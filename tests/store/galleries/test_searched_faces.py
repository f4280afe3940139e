"""Of a gallery whose faces are found by sketches, which is a small one here."""

from datetime import UTC, datetime

import numpy as np
import pytest

from genesis_ray.store.galleries import face_matrix
from genesis_ray.store.galleries.gallery import FaceGallery
from genesis_ray.store.galleries.learning_gallery import LearningGallery
from genesis_ray.store.keys.templates import Protector
from tests.store.some_keys import key, ring, unit

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
DIMENSION = 16
PEOPLE, FACES_EACH = 100, 4
FACES = unit(1, PEOPLE, DIMENSION)[np.arange(PEOPLE * FACES_EACH) % PEOPLE] + 0.3 * unit(
    2, PEOPLE * FACES_EACH, DIMENSION
)
FACES = (FACES / np.linalg.norm(FACES, axis=1, keepdims=True)).astype(np.float32)
PROBES = FACES[::40]
MOST = 300


def opened(folder, *, writer=True, exact_up_to: int | None = MOST, version=1, moved=None):
    return FaceGallery(
        folder,
        embedder="fused",
        dimension=DIMENSION,
        keys=ring(*range(1, version + 1)),
        writer=writer,
        exact_up_to=exact_up_to,
        moved=moved,
    )


def enroll(gallery, identity_id, faces):
    gallery.enroll(identity_id, faces, qualities=[0.5] * len(faces), at=NOON)


@pytest.fixture
def folder(tmp_path):
    """A gallery of FACES."""
    with opened(tmp_path) as gallery:
        for person in range(PEOPLE):
            enroll(gallery, f"{person}", FACES[person::PEOPLE])
    return tmp_path


@pytest.fixture(autouse=True)
def few_compared(monkeypatch):
    """Of so few faces all would be."""
    monkeypatch.setattr(face_matrix, "_SHORTLIST", 60)


def nearest(gallery, probes=PROBES):
    return [gallery.nearest(probe, limit=3) for probe in probes]


def exactly(folder, probes=PROBES, **more):
    with opened(folder, writer=False, exact_up_to=None, **more) as gallery:
        return nearest(gallery, probes)


def test_who_is_found_has_the_similarity_of_an_exact_search_to_the_last_bit(folder):
    with opened(folder) as gallery:
        assert gallery.recall is not None
        assert gallery.count == len(FACES)
        assert nearest(gallery) == exactly(folder)
        gallery.expect(PROBES, limit=3)
        assert nearest(gallery) == exactly(folder)


def test_of_few_faces_all_are_compared(folder):
    with opened(folder, exact_up_to=len(FACES)) as gallery:
        assert gallery.recall is None
        assert nearest(gallery) == exactly(folder)


def test_faces_added_and_removed_count_at_once(folder):
    face, other = unit(5, 2, DIMENSION)
    with opened(folder) as gallery:
        before = nearest(gallery)
        enroll(gallery, "eve", np.stack([face, other]))
        assert gallery.nearest(face, limit=1)[0].identity_id == "eve"
        gallery.flush()
        assert gallery.nearest(face, limit=1)[0].identity_id == "eve"
        assert gallery.count == len(FACES) + 2
        own = gallery.faces().to_pylist()
        eve = [row["face_id"] for row in own if row["identity_id"] == "eve"]
        first = [row["face_id"] for row in own if row["identity_id"] == before[0][0].identity_id]
        assert gallery.remove([*eve, *first, "nobody's"]) == [*eve, *first]
        assert gallery.remove(first) == []
        after = nearest(gallery)
        assert before[0][0].identity_id not in [each.identity_id for each in after[0]]
        gallery.flush()
        assert nearest(gallery) == after == exactly(folder)
        assert gallery.faces_of("eve") == 0
        assert gallery.count == len(gallery.faces())


def test_a_gallery_that_grows_is_searched_by_sketches_from_then_on(tmp_path):
    with opened(tmp_path) as gallery:
        for person in range(PEOPLE):
            enroll(gallery, f"{person}", FACES[person::PEOPLE])
            assert gallery.nearest(FACES[person], limit=1)[0].identity_id == f"{person}"
            assert (gallery.recall is not None) == (gallery.count > MOST)
        found = nearest(gallery)
    assert found == exactly(tmp_path)


def test_a_new_key_finds_the_same_people_by_other_templates(folder):
    with opened(folder) as gallery:
        before = [[each.identity_id for each in found] for found in nearest(gallery)]
    with opened(folder, version=2) as gallery:
        protector = Protector(key(2), embedder="fused", dimension=DIMENSION)
        turned = protector.renew(PROBES, key(1))
        after = [[each.identity_id for each in found] for found in nearest(gallery, turned)]
        assert [found[0] for found in after] == [found[0] for found in before]


def test_searches_are_sampled_against_exact_ones(folder):
    with opened(folder) as gallery:
        gallery.nearest(PROBES[0], limit=3)
        recall = gallery.recall
        assert (recall.samples, recall.first) == (1, 1)
        assert (recall.wanted, recall.found) == (3, 3)


def test_sketches_that_miss_people_are_found_out(folder, monkeypatch):
    monkeypatch.setattr(
        face_matrix.Sketches,
        "nearest",
        lambda *_, rows: [np.arange(1, rows + 1)],  # any
    )
    with opened(folder) as gallery:
        gallery.nearest(PROBES[0], limit=3)
        assert (gallery.recall.samples, gallery.recall.first) == (1, 0)


def test_an_identity_with_many_faces_does_not_hide_the_others(folder, monkeypatch):
    monkeypatch.setattr(face_matrix, "_SHORTLIST", 2)
    with opened(folder) as gallery:
        crowd = PROBES[0] + 0.01 * unit(4, 50, DIMENSION)
        enroll(gallery, "eve", crowd / np.linalg.norm(crowd, axis=1, keepdims=True))
        found = nearest(gallery, PROBES[:1])
    assert found == exactly(folder, PROBES[:1])
    assert len({each.identity_id for each in found[0]}) == 3


def test_a_moved_face_is_found_as_whose_it_is_now(folder):
    with opened(folder, writer=False) as gallery:
        row = gallery.faces().to_pylist()[0]
    owned = FACES[int(row["identity_id"])]
    moved = {row["face_id"]: "eve"}
    with opened(folder, moved=moved) as gallery:
        assert gallery.nearest(owned, limit=1)[0].identity_id == "eve"
        assert gallery.faces_of("eve") == 1
        assert nearest(gallery) == exactly(folder, moved=moved)


@pytest.mark.parametrize("exact_up_to", [MOST, None], ids=["by sketches", "exactly"])
def test_a_retired_face_is_not_found_but_stays_stored(folder, exact_up_to):
    with LearningGallery(
        folder, embedder="fused", dimension=DIMENSION, keys=ring(1), writer=True,
        exact_up_to=exact_up_to,
    ) as gallery:  # fmt: skip
        own = {each.face_id: float(each.embedding @ FACES[0]) for each in gallery.templates("0")}
        *others, second, first = sorted(own, key=own.__getitem__)
        gallery.retire([first, "no such face"])
        (found, *_) = gallery.nearest(FACES[0], limit=3)
        assert found.similarity == pytest.approx(own[second], abs=1e-6)
        assert {each.face_id for each in gallery.templates("0")} == {*others, second}
        assert gallery.here([first, "no such face"]) == [first]
        assert gallery.remove([first]) == [first]
        gallery.rewrite()
        assert gallery.here([first]) == []
        assert gallery.nearest(FACES[0], limit=3)[0].similarity == found.similarity
