import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis_ray.domain.tracking.heads import head_region, owner_of, within

WIDE = 16 / 9


def box(*sides: float):
    return np.array(sides, np.float32)


fractions = st.floats(0, 1, width=32)
people = st.tuples(fractions, fractions, fractions, fractions).map(
    lambda s: box(min(s[0], s[1]), min(s[2], s[3]), max(s[0], s[1]), max(s[2], s[3]))
)


@given(people, st.sampled_from([4 / 3, WIDE, 9 / 16]))
def test_the_head_is_looked_for_within_the_picture_and_over_the_whole_width(person, aspect):
    left, top, right, bottom = head_region(person, aspect=aspect)
    assert 0 <= left <= person[0] <= person[2] <= right <= 1
    assert 0 <= top <= person[1] <= bottom <= 1


def test_a_standing_persons_region_is_about_square_in_pixels():
    left, top, right, bottom = head_region(box(0.4, 0.1, 0.5, 0.9), aspect=WIDE)
    assert (right - left) * WIDE == pytest.approx(bottom - top, rel=0.15)


def test_the_region_of_somebody_cut_off_at_the_chest_goes_down_to_the_edge():
    person = box(0.2, 0.4, 0.8, 1.0)
    assert head_region(person, aspect=WIDE)[3] == 1


@given(people)
def test_a_region_spans_nought_to_one_of_itself(person):
    region = head_region(person, aspect=WIDE)
    if (region[2:] > region[:2] + 1e-3).all():
        np.testing.assert_allclose(within(region, region[None]), [[0, 0, 1, 1]], atol=1e-5)


def test_boxes_are_moved_and_scaled_into_a_region():
    region = box(0.5, 0.5, 1.0, 0.75)
    inner = within(region, box(0.5, 0.625, 0.75, 0.75)[None])
    np.testing.assert_allclose(inner, [[0, 0.5, 0.5, 1]])
    assert inner.dtype == np.float32


def test_a_face_belongs_to_whose_box_it_is_at_the_top_and_in_the_middle_of():
    side_by_side = np.stack([box(0.0, 0.1, 0.5, 1), box(0.3, 0.1, 0.8, 1)])
    assert owner_of(box(0.2, 0.12, 0.3, 0.3), side_by_side) == 0
    assert owner_of(box(0.5, 0.12, 0.6, 0.3), side_by_side) == 1


def test_a_child_before_an_adult_owns_the_lower_face():
    adult, child = box(0.2, 0.0, 0.8, 1.0), box(0.4, 0.5, 0.6, 1.0)
    both = np.stack([adult, child])
    assert owner_of(box(0.45, 0.52, 0.55, 0.65), both) == 1
    assert owner_of(box(0.45, 0.03, 0.55, 0.2), both) == 0


def test_a_face_on_a_poster_beside_everybody_is_nobodys():
    assert owner_of(box(0.9, 0.1, 1.0, 0.2), box(0.2, 0.0, 0.8, 1.0)[None]) is None
    assert owner_of(box(0.4, 0.1, 0.5, 0.2), np.zeros((0, 4), np.float32)) is None


@given(st.permutations(range(3)))
def test_the_owner_does_not_depend_on_the_order_of_the_people(order):
    crowd = np.stack([box(0.0, 0.1, 0.4, 1), box(0.2, 0.0, 0.6, 1), box(0.5, 0.2, 0.9, 1)])
    face = box(0.35, 0.02, 0.45, 0.2)
    assert order[owner_of(face, crowd[list(order)])] == owner_of(face, crowd)


def test_the_face_of_who_stands_behind_is_not_taken_for_that_of_who_reaches_out():
    # Boxes and face of a real frame: an arm makes one box as wide as the picture.
    people = np.array([[0.65, -0.17, 1.0, 1.0], [0.01, 0.09, 1.0, 1.0]], np.float32)
    assert owner_of(box(0.83, 0.0, 0.97, 0.24), people) == 0


def test_a_face_between_two_heads_is_nobodys():
    people = np.array([[0.1, 0.1, 0.6, 1.0], [0.4, 0.1, 0.9, 1.0]], np.float32)
    assert owner_of(box(0.45, 0.1, 0.55, 0.3), people) is None
