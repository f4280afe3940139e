import numpy as np
import pytest

from genesis_ray.store.face_matrix import FaceMatrix
from tests.store.keys import unit


@pytest.fixture
def faces() -> np.ndarray:
    return unit(7, 40, 16)


def test_nobody_is_near_where_there_is_nobody(faces):
    assert FaceMatrix(16).nearest(faces[0], limit=5) == []


def test_identities_are_ranked_by_their_most_similar_face(faces):
    matrix = FaceMatrix(16)
    matrix.add([f"person {row % 10}" for row in range(40)], faces)
    probe = unit(8, 1, 16)[0]
    best = {
        f"person {person}": float(np.vecdot(faces[person::10], probe).max()) for person in range(10)
    }
    expected = sorted(best.items(), key=lambda item: -item[1])
    assert [tuple(found) for found in matrix.nearest(probe, limit=4)] == expected[:4]
    assert len(matrix.nearest(probe, limit=100)) == 10


def test_it_makes_no_difference_how_faces_came(faces):
    at_once, one_by_one = FaceMatrix(16), FaceMatrix(16)
    names = [f"person {row % 3}" for row in range(40)]
    at_once.add(names, faces)
    for name, face in zip(names, faces, strict=True):
        one_by_one.add([name], face[None])
    assert one_by_one.nearest(faces[5], limit=3) == at_once.nearest(faces[5], limit=3)
    assert (one_by_one.count, one_by_one.identity_ids) == (40, at_once.identity_ids)
    assert one_by_one.faces_of("person 0") == 14
    assert one_by_one.faces_of("nobody") == 0
