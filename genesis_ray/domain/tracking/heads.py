"""Where the heads of people are, and whose a face is."""

import numpy as np
import numpy.typing as npt

from genesis_ray.domain.places.geometry import Boxes

Box = npt.NDArray[np.float32]
"""One box, float32 [4]: left, top, right, bottom."""

_CLEARLY_FURTHER = 1.3
"""How much further a face has to be from everybody else's head than from its person's."""


def head_region(person: Box, *, aspect: float) -> Box:
    """Return the part of a person's box where their head and shoulders are, clipped to the frame.

    A standing person is two to three times as high as wide, a person cut by the picture's
    edge about as high as wide; a square at the top of the box, a little widened for a head
    that leans out, has the head of both.

    Args:
        person: Normalised to the frame.
        aspect: The frame's width by its height.
    """
    left, top, right, bottom = (float(side) for side in person)
    width, height = right - left, bottom - top
    depth = min(height, 1.2 * width * aspect)
    region = (left - 0.1 * width, top - 0.1 * depth, right + 0.1 * width, top + depth)
    return np.clip(np.array(region, np.float32), 0.0, 1.0)


def within(region: Box, boxes: Boxes) -> Boxes:
    """Return `boxes` [n, 4] in the coordinates of `region`, where it spans 0 to 1."""
    size = np.tile(region[2:] - region[:2], 2)
    return ((boxes - np.tile(region[:2], 2)) / np.maximum(size, 1e-9)).astype(np.float32)


def owner_of(face: Box, people: Boxes) -> int | None:
    """Return the index of the person whose head the face most likely is, or None.

    A head is at the top of its person's box and near its middle: the person is chosen whose
    box has the face's centre nearest to there, in units of the box's own size. Where another
    is nearly as near, nobody is: a face on the wrong track gives one person another's name.
    """
    centre_x, centre_y = (face[0] + face[2]) / 2, (face[1] + face[3]) / 2
    left, top, right, bottom = people.T
    inside = (left <= centre_x) & (centre_x <= right) & (top <= centre_y) & (centre_y <= bottom)
    if not inside.any():
        return None
    width, height = np.maximum(right - left, 1e-9), np.maximum(bottom - top, 1e-9)
    sideways, below_top = (centre_x - (left + right) / 2) / width, (face[1] - top) / height
    distance = np.where(inside, np.hypot(sideways, below_top), np.inf)
    nearest, *others = np.sort(distance)
    if others and others[0] < _CLEARLY_FURTHER * nearest:
        return None
    return int(np.argmin(distance))
