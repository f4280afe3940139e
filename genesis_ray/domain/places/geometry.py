"""Points, polygons and boxes in normalised image coordinates (0..1, origin top left)."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

Boxes = npt.NDArray[np.float32]
"""Boxes as float32 [n, 4]: left, top, right, bottom."""


Anchor = Literal[
    "bottom_center",
    "bottom_left",
    "bottom_right",
    "center",
    "center_left",
    "center_right",
    "top_center",
    "top_left",
    "top_right",
]
"""The point of a box that counts as where its person is; the names are supervision's."""


class Point(NamedTuple):
    """A place in the image."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Polygon:
    """A closed outline; the last corner is joined to the first."""

    corners: tuple[Point, ...]

    def __post_init__(self) -> None:
        if len(self.corners) < 3:
            raise ValueError(f"a polygon has at least 3 corners, got {len(self.corners)}")

    @classmethod
    def of(cls, corners: Sequence[tuple[float, float]]) -> "Polygon":
        """Build from (x, y) pairs."""
        return cls(tuple(Point(*corner) for corner in corners))

    def contains(self, point: Point) -> bool:
        """Tell whether `point` lies inside, by the even-odd rule, or on the outline.

        The feet of whom the picture's lower edge cuts off are on that edge, and so on the
        outline of a zone that ends there.
        """
        inside = False
        for a, b in pairwise((*self.corners, self.corners[0])):
            if _is_between(a, b, point):
                return True
            if (a.y > point.y) != (b.y > point.y):
                crossing_x = a.x + (point.y - a.y) * (b.x - a.x) / (b.y - a.y)
                inside ^= point.x < crossing_x
        return inside

    @property
    def area(self) -> float:
        """Its share of the picture, by the shoelace formula; the outline must not cross itself."""
        twice = sum(a.x * b.y - b.x * a.y for a, b in pairwise((*self.corners, self.corners[0])))
        return abs(twice) / 2


def side_of(start: Point, end: Point, point: Point) -> float:
    """Return a number that is positive right of the way from `start` to `end`, as seen on screen.

    Its size is twice the area of the triangle of the three points.
    """
    return (end.x - start.x) * (point.y - start.y) - (end.y - start.y) * (point.x - start.x)


def _is_between(a: Point, b: Point, point: Point) -> bool:
    """Tell whether `point` lies on the stretch from `a` to `b`."""
    return (
        side_of(a, b, point) == 0
        and min(a.x, b.x) <= point.x <= max(a.x, b.x)
        and min(a.y, b.y) <= point.y <= max(a.y, b.y)
    )


def anchor_of(box: npt.NDArray[np.float32], anchor: Anchor) -> Point:
    """Return the point of a box [4] that is called so."""
    down, _, across = anchor.partition("_")
    left, top, right, bottom = box
    match across or down:
        case "left":
            x = float(left)
        case "right":
            x = float(right)
        case _:
            x = float(left + right) / 2
    match down:
        case "top":
            y = float(top)
        case "bottom":
            y = float(bottom)
        case _:
            y = float(top + bottom) / 2
    return Point(x, y)


def foot_of(box: npt.NDArray[np.float32]) -> Point:
    """Return where the person in a box [4] stands: the middle of its lower edge."""
    return anchor_of(box, "bottom_center")


def iou(a: Boxes, b: Boxes) -> npt.NDArray[np.float32]:
    """Return the intersection over union of every box of `a` with every box of `b`, [n, m]."""
    top_left = np.maximum(a[:, None, :2], b[None, :, :2])
    bottom_right = np.minimum(a[:, None, 2:], b[None, :, 2:])
    overlap = np.prod(np.clip(bottom_right - top_left, 0, None), axis=2)
    union: npt.NDArray[np.float32] = _area(a)[:, None] + _area(b)[None, :] - overlap
    ratio: npt.NDArray[np.float32] = np.zeros_like(overlap)
    np.divide(overlap, union, out=ratio, where=union > 0)
    return ratio


def _area(boxes: Boxes) -> npt.NDArray[np.float32]:
    area: npt.NDArray[np.float32] = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    return area
