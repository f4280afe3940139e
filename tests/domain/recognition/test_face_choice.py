import pickle
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis_ray.domain.recognition.face_choice import ChoicePolicy, FaceChoice

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
POLICY = ChoicePolicy(min_quality=0.2, enough=3, later=timedelta(seconds=5))


def at(seconds: float) -> datetime:
    return NINE + timedelta(seconds=seconds)


@pytest.fixture
def choice() -> FaceChoice:
    return FaceChoice(POLICY)


def taken(choice: FaceChoice, *qualities: float, track_id: int = 1) -> list[bool]:
    """Show faces half a second apart."""
    return [choice.takes(track_id, at(n / 2), quality) for n, quality in enumerate(qualities)]


def test_a_bad_face_is_never_taken_and_counts_for_nothing(choice):
    assert taken(choice, *[0.19] * 9, 0.2) == [False] * 9 + [True]


def test_good_faces_are_taken_until_there_are_enough(choice):
    assert taken(choice, 0.8, 0.8, 0.8, 0.8, 0.8) == [True] * 3 + [False] * 2


def test_of_faces_that_count_for_half_twice_as_many_are_taken(choice):
    assert taken(choice, *[0.25] * 8) == [True] * 6 + [False] * 2


def test_from_then_on_a_markedly_better_one_is_taken_and_raises_the_bar(choice):
    assert taken(choice, 0.5, 0.5, 0.5, 0.69, 0.71, 0.8, 0.92) == [
        *[True] * 3,
        *[False, True, False, True],
    ]


def test_and_one_now_and_then_as_a_stranger_may_yet_show_who_they_are(choice):
    taken(choice, 0.9, 0.9, 0.9)  # the last at one second
    seconds = [5.9, 6, 10.9, 11]
    assert [choice.takes(1, at(s), 0.9) for s in seconds] == [False, True, False, True]


def test_each_track_has_a_choice_of_its_own(choice):
    assert taken(choice, *[0.9] * 4)[-1] is False
    assert taken(choice, *[0.9] * 4, track_id=2) == [True] * 3 + [False]


def test_after_a_long_pause_a_track_begins_anew_as_its_evidence_has_lapsed(choice):
    taken(choice, *[0.9] * 4)
    later = 1.5 + POLICY.remember.total_seconds()
    kept = pickle.loads(pickle.dumps(choice))
    assert [kept.takes(1, at(later + n / 2), 0.9) for n in range(4)] == [True, *[False] * 3]
    assert [choice.takes(1, at(later + 0.1 + n / 2), 0.9) for n in range(4)] == [*[True] * 3, False]


@given(st.lists(st.floats(0, 1), max_size=40), st.integers(0, 40))
def test_another_process_goes_on_with_the_same_choice(qualities, cut):
    undisturbed, before = FaceChoice(POLICY), FaceChoice(POLICY)
    expected = taken(undisturbed, *qualities)
    shown = [*enumerate(qualities)]
    first = [before.takes(1, at(n / 2), quality) for n, quality in shown[:cut]]
    after = pickle.loads(pickle.dumps(before))
    rest = [after.takes(1, at(n / 2), quality) for n, quality in shown[cut:]]
    assert first + rest == expected
