import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis_ray.domain.recognition.face_core import core_of, core_point

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


def around(shown: np.ndarray, least: float, *, own: int, loosest: float = 0.5) -> list[int]:
    return core_point(shown, least, own=own, loosest=loosest)


def together(*people: np.ndarray) -> np.ndarray:
    return np.stack(people).astype(np.float32)


def test_a_core_point_is_a_tracks_own_face_and_brings_all_that_are_alike_it():
    between = (ADA + BOB) / np.sqrt(2)
    shown = together(ADA, ADA, ADA, BOB, between)
    assert around(shown, 0.7, own=2) == [0, 1, 2, 4]
    assert around(shown, 0.72, own=2) == [0, 1, 2]


def test_of_two_people_whom_a_core_point_is_between_it_brings_the_one_who_is_nearer():
    between = (0.72 * ADA + 0.69 * BOB) / np.hypot(0.72, 0.69)
    shown = together(between, between, BOB, BOB, ADA, ADA)
    assert around(shown, 0.65, own=2) == [0, 1, 4, 5]
    assert around(shown, 0.65, own=2, loosest=0.0) == [0, 1, 2, 3, 4, 5]


def test_two_faces_of_the_track_and_one_of_another_are_the_least():
    assert around(together(ADA, ADA, ADA), 0.7, own=2) == [0, 1, 2]
    assert around(together(ADA, ADA, ADA), 0.7, own=1) == []
    assert around(together(ADA, ADA, ADA), 0.7, own=3) == []
    assert around(together(ADA, ADA), 0.7, own=1) == []


def test_faces_that_are_alike_the_point_alone_and_not_each_other_are_no_core():
    between = (ADA + BOB) / np.sqrt(2)
    assert around(together(between, ADA, BOB), 0.7, own=2) == []


def test_of_two_core_points_the_one_with_more_around_it_counts():
    near = 0.75 * ADA + np.sqrt(1 - 0.75**2) * BOB
    assert around(together(near, ADA, ADA, BOB), 0.7, own=2) == [0, 1, 2]
    assert around(together(near, ADA, ADA, near), 0.7, own=2) == [0, 1, 2, 3]
