from datetime import timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from genesis_ray.domain.recognition.travel import Transition, suggest, travel_times

TOLERANCE = timedelta(seconds=0.5)


def gone(origin: str, destination: str, *seconds: float) -> list[Transition]:
    return [Transition(origin, destination, each) for each in seconds]


def times(*transitions: Transition):
    return travel_times(transitions, tolerance=TOLERANCE)


def test_times_are_gathered_by_direction_and_what_the_clocks_explain_is_no_time():
    there, back = times(*gone("door", "till", 9, 4, -0.4), *gone("till", "door", 7))
    assert (there.origin, there.destination, there.seconds) == ("door", "till", (0, 4, 9))
    assert (back.count, back.at_once) == (1, 0)


def test_who_is_seen_by_both_cameras_at_once_takes_no_time_at_all():
    (there,) = times(*gone("door", "hall", -3, -2, 5))
    assert (there.count, there.at_once) == (1, 2)


def test_what_is_suggested_leaves_out_the_few_who_are_too_quick_or_too_slow():
    quick, slow = [0.1], [1800.0]
    (there,) = times(*gone("door", "till", *quick, *np.linspace(10, 40, 38), *slow))
    (passage,) = suggest([there]).passages
    assert passage.between == ("door", "till")
    assert (passage.min_s, passage.max_s) == (8.0, 50.0)  # a quarter beyond 10 and 40
    assert passage.one_way
    assert passage.count == 40


def test_both_directions_make_one_passage_which_allows_for_the_quicker_and_the_slower():
    suggested = suggest(times(*gone("a", "b", *[10] * 20), *gone("b", "a", *[20] * 20)))
    (passage,) = suggested.passages
    assert (passage.min_s, passage.max_s, passage.one_way) == (8.0, 25.0, False)


def test_nothing_is_suggested_of_few():
    suggested = suggest(times(*gone("a", "b", *[10] * 19)))
    assert suggested.passages == ()
    assert [each.count for each in suggested.too_few] == [19]


def test_cameras_that_often_see_somebody_at_once_overlap():
    suggested = suggest(times(*gone("a", "b", *[-5] * 4, *[5] * 16)))
    assert (suggested.overlapping, suggested.passages) == ((("a", "b"),), ())
    suggested = suggest(times(*gone("a", "b", *[-5] * 3, *[5] * 20)))
    assert suggested.overlapping == ()
    assert len(suggested.passages) == 1


@given(st.lists(st.floats(0, 1e4), min_size=20, max_size=200))
def test_what_is_suggested_would_refuse_one_in_twenty_at_most(seconds):
    (passage,) = suggest(times(*gone("a", "b", *seconds))).passages
    refused = sum(each < passage.min_s for each in seconds)
    assert refused <= len(seconds) / 20
    assert passage.min_s <= passage.max_s
