from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis_ray.domain.recognition.evidence import Window, evidence_of, is_enough, weight_of


class Seen(NamedTuple):
    quality: float


def kept(*qualities: float, wanted: int = 3) -> list[float]:
    window: Window[Seen] = Window(wanted)
    for quality in qualities:
        window.add(Seen(quality))
    return [face.quality for face in window]


def test_a_face_of_good_quality_is_a_whole_one_and_a_worse_one_a_part():
    assert [weight_of(quality) for quality in (0, 0.25, 0.5, 1)] == [0, 0.5, 1, 1]


@pytest.mark.parametrize("quality", [0.05, 0.1, 0.15, 0.35])
def test_parts_that_add_up_to_a_whole_are_enough_however_they_are_rounded(quality):
    faces = [Seen(quality)] * round(3 * 0.5 / quality * 2)
    assert is_enough(faces, 6) == (evidence_of(faces) > 5.99)


def test_a_window_has_room_for_one_good_face_less_than_twice_those_wanted():
    assert kept(0.9, 0.8, 0.7, 0.6, 0.5) == [0.9, 0.8, 0.7, 0.6, 0.5]
    assert kept(0.9, 0.8, 0.7, 0.6, 0.5, 1.0) == [0.8, 0.7, 0.6, 0.5, 1.0]
    assert len(kept(*[0.25] * 20)) == 10


def test_a_good_face_takes_the_place_of_several_bad_ones():
    assert kept(0.25, 0.25, 1, 1, 1, 1, 1) == [1, 1, 1, 1, 1]


def test_useless_faces_do_not_fill_the_memory():
    assert len(kept(*[0.0] * 1000)) == 20


def test_where_none_are_wanted_none_are_kept():
    assert kept(0.9, 0.0, wanted=0) == []


@given(st.lists(st.floats(0, 1)), st.integers(1, 5))
def test_a_window_keeps_the_latest_and_never_enough_for_two(qualities, wanted):
    latest = kept(*qualities, wanted=wanted)
    assert latest == qualities[len(qualities) - len(latest) :]
    assert not is_enough([Seen(quality) for quality in latest], 2 * wanted)
