import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis_ray.domain.places.geometry import Point, Polygon, anchor_of, foot_of, iou, side_of

SQUARE = Polygon.of([(0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8)])
LOWER_HALF = Polygon.of([(0, 0.5), (1, 0.5), (1, 1), (0, 1)])
HORSESHOE = Polygon.of([(0, 0), (1, 0), (1, 1), (0.7, 1), (0.7, 0.3), (0.3, 0.3), (0.3, 1), (0, 1)])

points = st.builds(Point, st.floats(0, 1), st.floats(0, 1))


def boxes(*rows):
    return np.array(rows, np.float32).reshape(-1, 4)


@given(points)
def test_a_polygon_contains_what_lies_between_its_sides(point):
    x, y = point
    inside = 0.2 < x < 0.8 and 0.2 < y < 0.8
    outside = not (0.2 <= x <= 0.8 and 0.2 <= y <= 0.8)
    assert SQUARE.contains(point) or not inside
    assert not SQUARE.contains(point) or not outside


@pytest.mark.parametrize("place", [(0.2, 0.2), (0.8, 0.8), (0.5, 0.2), (0.8, 0.5), (0.5, 0.8)])
def test_the_outline_belongs_to_the_polygon(place):
    assert SQUARE.contains(Point(*place))


def test_feet_on_the_lower_edge_of_the_picture_are_in_a_zone_that_ends_there():
    cut_off_by_the_edge = boxes([0.4, 0.3, 0.6, 1.0])[0]
    assert LOWER_HALF.contains(foot_of(cut_off_by_the_edge))


def test_the_mouth_of_a_horseshoe_is_outside():
    assert not HORSESHOE.contains(Point(0.5, 0.8))
    assert HORSESHOE.contains(Point(0.5, 0.2))
    assert HORSESHOE.contains(Point(0.1, 0.8))


@given(points, st.integers(0, 7), st.booleans())
def test_where_the_outline_begins_and_which_way_it_runs_is_all_the_same(point, turn, backwards):
    corners = HORSESHOE.corners[turn:] + HORSESHOE.corners[:turn]
    turned = Polygon(corners[::-1] if backwards else corners)
    assert turned.contains(point) == HORSESHOE.contains(point)


def test_a_polygon_of_two_corners_is_refused():
    with pytest.raises(ValueError, match="at least 3 corners, got 2"):
        Polygon.of([(0, 0), (1, 1)])


def test_the_right_of_the_way_is_positive_as_seen_on_screen():
    rightwards = Point(0, 0.5), Point(1, 0.5)
    assert side_of(*rightwards, Point(0.5, 0.9)) > 0  # y grows downwards
    assert side_of(*rightwards, Point(0.5, 0.1)) < 0
    assert side_of(*rightwards, Point(0.3, 0.5)) == 0


def test_a_person_stands_in_the_middle_of_the_lower_edge():
    assert foot_of(boxes([0.25, 0.1, 0.75, 0.5])[0]) == Point(0.5, 0.5)


@pytest.mark.parametrize(
    ("anchor", "place"),
    [
        ("bottom_center", (0.5, 0.5)),
        ("bottom_left", (0.25, 0.5)),
        ("bottom_right", (0.75, 0.5)),
        ("center", (0.5, 0.25)),
        ("center_left", (0.25, 0.25)),
        ("center_right", (0.75, 0.25)),
        ("top_center", (0.5, 0)),
        ("top_left", (0.25, 0)),
        ("top_right", (0.75, 0)),
    ],
)
def test_an_anchor_is_the_point_of_the_box_that_its_name_says(anchor, place):
    assert anchor_of(boxes([0.25, 0, 0.75, 0.5])[0], anchor) == Point(*place)


def test_an_area_is_a_share_of_the_picture_whichever_way_the_outline_runs():
    assert HORSESHOE.area == pytest.approx(1 - 0.4 * 0.7)
    assert Polygon(HORSESHOE.corners[::-1]).area == pytest.approx(1 - 0.4 * 0.7)


def test_overlap_is_shared_area_by_joint_area():
    ours = boxes([0, 0, 0.5, 0.5], [0.25, 0.5, 0.75, 1])
    theirs = boxes([0, 0, 0.5, 1.0], [0.6, 0.1, 0.7, 0.2])
    np.testing.assert_allclose(iou(ours, theirs), [[0.5, 0], [0.2, 0]], rtol=1e-6)


def test_a_box_without_area_overlaps_nothing_not_even_itself():
    empty = boxes([0.5, 0.5, 0.5, 0.5])
    assert iou(empty, empty).tolist() == [[0]]


def test_no_boxes_have_no_overlaps():
    assert iou(boxes(), boxes([0, 0, 1, 1])).shape == (0, 1)
