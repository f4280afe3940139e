import numpy as np
import pytest

from genesis_ray.domain.recognition.enrolment import unknown_faces, unlike_faces

AXES = np.eye(4, dtype=np.float32)
NONE = np.empty((0, 4), np.float32)


def near(axis: int, similarity: float) -> np.ndarray:
    other = (axis + 1) % 4
    return (similarity * AXES[axis] + np.sqrt(1 - similarity**2) * AXES[other]).astype(np.float32)


def test_each_face_is_new_once():
    faces = np.stack([AXES[0], AXES[1], AXES[0], near(1, 0.99)])
    assert unknown_faces(faces, NONE) == [0, 1, 3]
    assert unknown_faces(faces, AXES[1:2]) == [0, 3]


def test_faces_are_found_that_are_unlike_all_others():
    faces = np.stack([AXES[0], near(0, 0.9), AXES[3], near(2, 0.2)])
    assert unlike_faces(faces[:3], NONE, least=0.3) == {2: pytest.approx(0)}
    assert unlike_faces(faces[:3], near(3, 0.2)[None], least=0.3) == {2: pytest.approx(0.2)}
    assert unlike_faces(faces, NONE, least=0.3) == {}


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_of_two_faces_that_are_unlike_both_are_until_one_is_known(order):
    faces = AXES[order]
    assert set(unlike_faces(faces, NONE, least=0.3)) == {0, 1}
    assert set(unlike_faces(faces, AXES[:1], least=0.3)) == {order.index(1)}


@pytest.mark.parametrize(("count", "own"), [(1, NONE), (0, AXES)])
def test_where_there_is_no_other_nothing_is_unlike(count, own):
    assert unlike_faces(AXES[:count], own, least=0.3) == {}
