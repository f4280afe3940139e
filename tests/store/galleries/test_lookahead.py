import numpy as np
import pytest

from genesis_ray.domain.recognition.identity import Candidate
from genesis_ray.store.galleries.lookahead import Lookahead
from tests.store.some_keys import unit

FACES = unit(1, 6, 8)


class Searched:
    """A search that finds the number of changes there were, and counts what it is asked."""

    def __init__(self) -> None:
        self.changes = 0
        self.asked: list[int] = []

    def __call__(self, embeddings, limit):
        self.asked.append(len(embeddings))
        return [[Candidate(f"{self.changes}", float(each[0]))] * limit for each in embeddings]


@pytest.fixture
def searched() -> Searched:
    return Searched()


@pytest.fixture
def ahead(searched) -> Lookahead:
    return Lookahead(searched)


def found(ahead, face, limit=1):
    return ahead.take(face, limit=limit)


def test_expected_faces_are_looked_for_together_once(ahead, searched):
    ahead.expect(FACES[:4], limit=1)
    assert searched.asked == []
    assert [found(ahead, face)[0].similarity for face in FACES[:4]] == FACES[:4, 0].tolist()
    assert searched.asked == [4]


def test_who_was_not_expected_is_looked_for_alone(ahead, searched):
    ahead.expect(FACES[:4], limit=1)
    assert found(ahead, FACES[5])[0].similarity == FACES[5, 0]
    assert len(found(ahead, FACES[0], limit=2)) == 2
    assert searched.asked == [1, 1]


def test_after_a_change_the_rest_is_looked_for_again(ahead, searched):
    ahead.expect(FACES[:4], limit=1)
    found(ahead, FACES[0])
    searched.changes += 1
    ahead.outdate()
    assert [found(ahead, face)[0].identity_id for face in FACES[1:4]] == ["1"] * 3
    assert searched.asked == [4, 3]


def test_the_same_face_twice_is_answered_twice(ahead):
    ahead.expect(np.stack([FACES[0], FACES[0]]), limit=1)
    assert found(ahead, FACES[0]) == found(ahead, FACES[0])


def test_what_was_expected_before_is_not_any_more(ahead, searched):
    ahead.expect(FACES[:4], limit=1)
    ahead.expect(FACES[4:], limit=1)
    found(ahead, FACES[4])
    found(ahead, FACES[0])
    assert searched.asked == [2, 1]
