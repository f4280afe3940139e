import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis_ray.domain.face_core import core_of

ADA, BOB, *NOISE = np.eye(8, dtype=np.float32)


def faces(*similarities: float) -> np.ndarray:
    """Return faces so similar to Ada, and to each other as far as that makes them so."""
    return np.stack(
        [
            similarity * ADA + np.sqrt(1 - similarity**2) * noise
            for similarity, noise in zip(similarities, NOISE, strict=False)
        ]
    ).astype(np.float32)


def test_the_core_is_the_three_faces_most_like_each_other():
    assert core_of(faces(0.8, 0.9, 0.5, 0.95), 0.6) == [0, 1, 3]


def test_each_two_of_a_core_are_alike_and_not_just_each_with_one_of_them():
    hub = (ADA + BOB) / np.sqrt(2)
    star = np.stack([ADA, hub, BOB]).astype(np.float32)  # both like the middle one, 0.71
    assert core_of(star, 0.6) == []
    assert core_of(star, 0.6, size=2) == [0, 1]


def test_two_faces_are_no_core():
    assert core_of(faces(0.9, 0.9), 0.1) == []


def test_one_face_is_a_core_where_one_is_enough():
    assert core_of(faces(0.9), 0.99, size=1) == [0]


@pytest.mark.parametrize(("least", "core"), [(0.81, [0, 1, 2]), (0.82, [])])
def test_a_core_is_as_sure_as_its_least_similar_two(least, core):
    assert core_of(faces(0.95, 0.9, 0.91), least) == core  # 0.9 * 0.91 = 0.819


@given(st.lists(st.floats(0.1, 0.9), min_size=3, max_size=6), st.floats(0, 0.9))
def test_no_other_three_are_more_alike_than_the_core(similarities, least):
    track = faces(*similarities)
    core = core_of(track, least)
    one, other = sorted(similarities)[-3:-1]  # of the best three the least similar two
    if core:
        weakest, second = sorted(similarities[place] for place in core)[:2]
        assert weakest * second == pytest.approx(one * other, abs=1e-5)
    else:
        assert one * other < least + 1e-5
