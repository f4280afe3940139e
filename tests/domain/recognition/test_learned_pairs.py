import pickle
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis_ray.domain.recognition.learned_pairs import SOON, LearnedPairs
from genesis_ray.domain.recognition.topology import TOLERANCE, Sight

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
DOOR, TILL, HALL = (Sight(name, 1, NINE, NINE) for name in ("door", "till", "hall"))
AT_ONCE, AFTER = -2.0, 10.0


def learn(
    pairs: LearnedPairs, who: str, gap_s: float, *, one=DOOR, other=TILL, people: int = 3
) -> bool:
    return pairs.learn(
        who, one, other, gap=timedelta(seconds=gap_s), tolerance=TOLERANCE, people=people
    )


@pytest.fixture
def apart() -> LearnedPairs:
    """Door and till, after three people; two went between door and hall."""
    pairs = LearnedPairs()
    assert [learn(pairs, who, AFTER) for who in ("ada", "ben", "carl")] == [False, False, True]
    assert not any(learn(pairs, who, AFTER, other=HALL) for who in ("ada", "ben"))
    return pairs


def test_two_cameras_are_apart_once_enough_people_went_from_one_to_the_other(apart):
    assert apart.are_apart("door", "till")
    assert apart.are_apart("till", "door")
    assert not apart.are_apart("door", "hall")
    assert not apart.are_apart("hall", "till")


def test_one_person_who_goes_to_and_fro_says_it_once():
    pairs = LearnedPairs()
    for _ in range(9):
        learn(pairs, "ada", AFTER)
        learn(pairs, "ada", AFTER, one=TILL, other=DOOR)
    assert not pairs.are_apart("door", "till")


def test_somebody_who_is_at_both_at_once_ends_it_for_good(apart):
    assert learn(apart, "dora", AT_ONCE)
    assert not apart.are_apart("door", "till")
    assert not any(learn(apart, f"person-{n}", AFTER) for n in range(100))
    assert not apart.are_apart("door", "till")


def test_what_clocks_may_explain_says_nothing(apart):
    assert not learn(apart, "dora", -TOLERANCE.total_seconds())
    assert apart.are_apart("door", "till")
    assert not learn(apart, "dora", TOLERANCE.total_seconds(), other=HALL)
    assert not apart.are_apart("door", "hall")


def test_who_comes_long_after_says_nothing(apart):
    assert not learn(apart, "dora", SOON.total_seconds() + 1, other=HALL)
    assert learn(apart, "dora", SOON.total_seconds(), other=HALL)


def test_who_is_one_person_since_counts_once():
    pairs = LearnedPairs()
    learn(pairs, "visitor", AFTER)
    learn(pairs, "ada", AFTER)
    pairs.reconsider(lambda who: "ada" if who == "visitor" else who)
    assert not learn(pairs, "ben", AFTER)
    assert learn(pairs, "carl", AFTER)


def test_nobody_is_kept_of_whom_only_the_number_counts(apart):
    kept = pickle.dumps(apart)
    assert b"carl" not in kept  # who was seen between door and till alone
    learn(apart, "dora", AT_ONCE, other=HALL)
    assert b"ada" not in pickle.dumps(apart)


meetings = st.tuples(st.integers(0, 6), st.floats(-60, 600))


@given(st.lists(meetings, max_size=60), st.integers(1, 5))
def test_cameras_are_apart_only_if_nobody_was_ever_at_both_at_once(seen, people):
    pairs = LearnedPairs()
    for who, gap_s in seen:
        before = pairs.are_apart("door", "till")
        is_news = learn(pairs, f"person-{who}", gap_s, people=people)
        assert is_news == (pairs.are_apart("door", "till") != before)
        pairs = pickle.loads(pickle.dumps(pairs))
    tolerance_s = TOLERANCE.total_seconds()
    if any(gap_s < -tolerance_s for _, gap_s in seen):
        assert not pairs.are_apart("door", "till")
    went = {who for who, gap_s in seen if tolerance_s < gap_s <= SOON.total_seconds()}
    if pairs.are_apart("door", "till"):
        assert len(went) >= people


@given(st.permutations([("ada", AFTER), ("ben", AFTER), ("carl", AFTER), ("dora", AT_ONCE)]))
def test_what_is_learned_in_the_end_does_not_depend_on_who_came_first(seen):
    pairs = LearnedPairs()
    for who, gap_s in seen:
        learn(pairs, who, gap_s)
    assert not pairs.are_apart("door", "till")
