"""The plane of a floor as a camera's picture shows it: from four points that were measured."""

from collections.abc import Sequence

import numpy as np

Matrix = tuple[tuple[float, float, float], ...]
"""3 x 3: takes (x, y, 1), fractions of a picture's width and height, to metres on a floor."""

Point = tuple[float, float]

_LEAST_ANGLE = 1e-3
"""Sine of the least angle in a triangle of points that are not on one line."""

_LEAST_RANK = 1e-9
"""Of a matrix's singular values, the least one to the greatest, of one that can be inverted."""


def checked(matrix: Sequence[Sequence[float]]) -> Matrix:
    """Return a homography.

    Raises:
        ValueError: It is no invertible 3 x 3 matrix of finite numbers.
    """
    values = np.asarray(matrix, np.float64)
    if values.shape != (3, 3):
        raise ValueError(f"expected 3 rows of 3 numbers, got {matrix!r:.80}")
    sizes = np.linalg.svd(values, compute_uv=False) if np.isfinite(values).all() else np.zeros(3)
    if sizes[-1] <= _LEAST_RANK * sizes[0]:
        raise ValueError(f"expected a matrix that can be inverted, got {matrix!r:.200}")
    a, b, c = (tuple(map(float, row)) for row in values)
    return (a[0], a[1], a[2]), (b[0], b[1], b[2]), (c[0], c[1], c[2])


def from_points(picture: Sequence[Point], floor: Sequence[Point]) -> Matrix:
    """Return the homography that takes four points of a picture to four of a floor.

    The last element is 1; the eight others are the solution of the two equations that each pair
    gives (Hartley and Zisserman, Multiple View Geometry, 2nd edition, section 4.1).

    Args:
        picture: As fractions of width and height, no three of them on one line.
        floor: In metres, in the same order, no three on one line.

    Raises:
        ValueError: There are not four pairs, or three points are on one line.
    """
    if not len(picture) == len(floor) == 4:
        raise ValueError(f"expected 4 pairs of points, got {len(picture)} and {len(floor)}")
    for name, points in (("picture", picture), ("floor", floor)):
        _refuse_lines(name, points)
    equations, values = [], []
    for (x, y), (u, v) in zip(picture, floor, strict=True):
        equations += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    try:
        solved = np.linalg.solve(np.array(equations), np.array(values))
    except np.linalg.LinAlgError as error:
        raise ValueError(
            "the picture's upper left corner would be on the horizon; take other points, or give "
            "the matrix"
        ) from error
    return checked(np.append(solved, 1.0).reshape(3, 3).tolist())


def _refuse_lines(name: str, points: Sequence[Point]) -> None:
    for left_out in range(4):
        a, b, c = (np.array(point) for number, point in enumerate(points) if number != left_out)
        one, other = b - a, c - a
        area = abs(one[0] * other[1] - one[1] * other[0])
        longest = max(float(side @ side) for side in (one, other, c - b))
        if area <= _LEAST_ANGLE * longest:
            raise ValueError(f"three of the {name} points are on one line; move one off it")
