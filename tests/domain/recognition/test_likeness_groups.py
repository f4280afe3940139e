import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genesis_ray.domain.recognition.likeness_groups import groups_of, strange_groups

AXES = np.eye(8, dtype=np.float32)
NONE = np.empty((0, 8), np.float32)
LEAST = 0.3


def faces(*people: tuple[int, int]) -> np.ndarray:
    """Return so many faces of each person, one after the other, each a bit different."""
    made = [
        AXES[person] + 0.4 * AXES[4 + number % 4]
        for person, count in people
        for number in range(count)
    ]
    return np.stack([face / np.linalg.norm(face) for face in made]).astype(np.float32)


def one_by_one(templates: np.ndarray, least: float) -> list[list[int]]:
    """Group them as the definition says: the two that are most alike, again and again."""
    groups = [[place] for place in range(len(templates))]
    while len(groups) > 1:
        likeness = {
            (one, other): float(np.mean(templates[groups[one]] @ templates[groups[other]].T))
            for one in range(len(groups))
            for other in range(one)
        }
        pair = max(likeness, key=lambda each: likeness[each])
        if likeness[pair] < least:
            break
        one, other = pair
        groups[other] += groups.pop(one)
    return sorted((sorted(group) for group in groups), key=lambda group: (-len(group), group))


def test_faces_of_two_people_are_two_groups_the_larger_first():
    assert groups_of(faces((0, 2), (1, 3)), least=LEAST) == [[2, 3, 4], [0, 1]]


def test_a_face_between_two_people_does_not_make_them_one():
    between = (AXES[0] + AXES[1]) / np.sqrt(2)
    together = np.concatenate([faces((0, 4), (1, 4)), between[None]]).astype(np.float32)
    assert [len(group) for group in groups_of(together, least=0.5)] == [5, 4]


@pytest.mark.parametrize("count", [0, 1, 5])
def test_of_no_face_there_is_no_group_and_equal_ones_are_one(count):
    equal = np.repeat(AXES[:1], count, axis=0)
    assert groups_of(equal, least=LEAST) == ([[*range(count)]] if count else [])


@settings(max_examples=60)
@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.floats(-0.5, 0.9))
def test_chains_of_neighbours_come_to_what_the_definition_says(seed, count, least):
    vectors = np.random.default_rng(seed).normal(size=(count, 4))
    templates = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    assert groups_of(templates, least=least) == one_by_one(templates, least)


def test_where_nobody_is_known_all_groups_are_strange_if_there_are_several():
    assert strange_groups(faces((0, 3), (1, 2)), NONE, least=LEAST) == [[0, 1, 2], [3, 4]]
    assert strange_groups(faces((0, 3)), NONE, least=LEAST) == []
    assert strange_groups(faces((0, 3), (1, 1)), NONE, least=LEAST) == []


def test_of_who_is_known_the_group_is_strange_that_is_unlike_what_they_are_known_by():
    assert strange_groups(faces((0, 3), (1, 2)), faces((1, 1)), least=LEAST) == [[0, 1, 2]]
    assert strange_groups(faces((0, 2), (1, 2)), faces((1, 1), (0, 1)), least=LEAST) == []
