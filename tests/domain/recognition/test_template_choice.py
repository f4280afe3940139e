import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis_ray.domain.recognition.template_choice import OTHER_CAMERA, choose, differences


def turned(*degrees: float) -> np.ndarray:
    """Return faces that lie at angles of one circle: the farther apart, the less alike."""
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def chosen(degrees, qualities=None, cameras=None, most=3, beside=0) -> list[int]:
    n = len(degrees)
    faces, qualities = turned(*degrees), qualities or [0.9] * n
    return choose(faces, qualities, cameras or ["door"] * n, most=most, beside=beside)


def test_the_best_face_comes_first_and_then_what_is_least_like_it():
    assert chosen([0, 10, 40, 20], [0.8, 0.9, 0.8, 0.8]) == [1, 2, 0]


def test_what_is_like_one_of_those_chosen_adds_nothing():
    assert chosen([0, 60, 59, 30]) == [0, 1, 3]


def test_a_bad_face_is_not_taken_for_being_different():
    assert chosen([0, 60, 45], [0.9, 0.2, 0.9], most=2) == [0, 2]


def test_of_equally_different_faces_another_cameras_is_kept():
    assert chosen([0, 30, -30], cameras=["door", "door", "till"], most=2) == [0, 2]


def test_of_equal_faces_the_earliest_is_kept():
    assert chosen([0, 0, 0], most=1) == [0]


def test_what_is_chosen_already_stays_and_the_others_are_unlike_it():
    assert chosen([0, 5, 50, 90], most=3, beside=1) == [0, 3, 2]
    assert chosen([0, 5, 50, 90], most=2, beside=2) == [0, 1]
    assert chosen([0, 5, 50, 90], most=1, beside=2) == [0, 1]


def test_fewer_faces_than_wanted_are_all_kept():
    assert sorted(chosen([0, 10])) == [0, 1]
    assert chosen([]) == []


def test_a_camera_of_its_own_adds_to_a_difference_once_it_is_not_known():
    apart = differences(turned(0, 60, 60), ["door", "door", "till"], [0])
    assert apart == pytest.approx([0, 0.5, 0.5 + OTHER_CAMERA], abs=1e-6)


@given(st.lists(st.floats(0, 180), min_size=1, max_size=8), st.integers(1, 4))
def test_each_face_is_chosen_once_and_no_more_than_wanted(degrees, most):
    kept = chosen(degrees, most=most)
    assert len(set(kept)) == len(kept) == min(most, len(degrees))
