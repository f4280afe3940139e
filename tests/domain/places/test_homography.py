import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from genesis_ray.domain.places.homography import checked, from_points

PICTURE = [(0.2, 0.95), (0.8, 0.95), (0.65, 0.4), (0.35, 0.4)]
FLOOR = [(0, 0), (4, 0), (4, 9), (0, 9)]


def taken(matrix, x, y):
    u, v, depth = np.array(matrix) @ (x, y, 1)
    return u / depth, v / depth


def test_four_points_are_taken_where_they_were_measured():
    matrix = from_points(PICTURE, FLOOR)
    for point, metres in zip(PICTURE, FLOOR, strict=True):
        assert taken(matrix, *point) == pytest.approx(metres)


@given(st.lists(st.floats(-1, 1), min_size=8, max_size=8), st.floats(0, 1), st.floats(0, 1))
def test_any_camera_is_found_again_from_four_points(numbers, x, y):
    camera = np.eye(3) * 5 + np.append(numbers, 0).reshape(3, 3)
    camera /= camera[2, 2]
    corners = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]
    assume(all(camera[2] @ (*corner, 1) > 0.3 for corner in corners))
    matrix = from_points(corners, [taken(camera, *corner) for corner in corners])
    assert taken(matrix, x, y) == pytest.approx(taken(camera, x, y), abs=1e-6)


@pytest.mark.parametrize("place", range(4))
def test_points_on_one_line_are_refused(place):
    points = [(0.1, 0.1), (0.2, 0.2), (0.3, 0.3)]
    points.insert(place, (0.9, 0.1))
    with pytest.raises(ValueError, match="three of the picture points are on one line"):
        from_points(points, FLOOR)
    with pytest.raises(ValueError, match="three of the floor points are on one line"):
        from_points(PICTURE, points)


@pytest.mark.parametrize(
    "matrix",
    [
        [[1, 0], [0, 1]],
        [[1, 0, 0], [2, 0, 0], [0, 0, 1]],
        [[1, 0, 0], [0, float("nan"), 0], [0, 0, 1]],
    ],
)
def test_a_matrix_that_takes_nothing_to_a_floor_is_refused(matrix):
    with pytest.raises(ValueError, match="expected"):
        checked(matrix)
