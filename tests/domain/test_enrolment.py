import numpy as np
import pytest

from genesis_ray.domain.enrolment import least_like, unknown_faces

AXES = np.eye(4, dtype=np.float32)
NONE = np.empty((0, 4), np.float32)


def near(axis: int, similarity: float) -> np.ndarray:
    other = (axis + 1) % 4
    return (similarity * AXES[axis] + np.sqrt(1 - similarity**2) * AXES[other]).astype(np.float32)


def test_each_face_is_new_once():
    faces = np.stack([AXES[0], AXES[1], AXES[0], near(1, 0.99)])
    assert unknown_faces(faces, NONE) == [0, 1, 3]
    assert unknown_faces(faces, AXES[1:2]) == [0, 3]


def test_the_face_is_found_that_is_least_like_all_others():
    faces = np.stack([AXES[0], near(0, 0.9), AXES[3]])
    place, similarity = least_like(faces, NONE)
    assert place == 2
    assert similarity == pytest.approx(0)
    assert least_like(faces[2:], np.stack([AXES[0], near(3, 0.5)])) == (0, pytest.approx(0.5))


@pytest.mark.parametrize(("count", "own"), [(1, NONE), (0, AXES)])
def test_where_there_is_no_other_nothing_is_unlike(count, own):
    assert least_like(AXES[:count], own) is None
