"""Where a face is in a picture."""

from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

Box = tuple[float, float, float, float]
"""x1, y1, x2, y2, as parts of the picture's width and height."""

Landmarks = tuple[tuple[float, float], ...]
"""x, y of five points in the same parts."""


class FacePlace(NamedTuple):
    """The box and the five landmarks of a face.

    Attributes:
        landmarks: Eyes, nose, corners of the mouth; of a pair, the one further left in the picture
            first.
    """

    box: Box
    landmarks: Landmarks

    @classmethod
    def of(cls, box: npt.ArrayLike, landmarks: npt.ArrayLike) -> Self:
        """Return the place of a face, of numbers [4] and [5, 2]; as float32 has them.

        Raises:
            ValueError: They have another shape.
        """
        corners, points = np.asarray(box, np.float32), np.asarray(landmarks, np.float32)
        if corners.shape != (4,) or points.shape != (5, 2):
            raise ValueError(
                f"expected a box of 4 numbers and 5 landmarks of 2, got {list(corners.shape)} and "
                f"{list(points.shape)}"
            )
        left, top, right, bottom = corners.tolist()
        return cls((left, top, right, bottom), tuple((x, y) for x, y in points.tolist()))
