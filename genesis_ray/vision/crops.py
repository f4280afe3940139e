"""Head crops: the only pixels of people that leave the process that decoded them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from genesis_ray.domain.places.geometry import Boxes
from genesis_ray.domain.streams.frames import Gains, Image
from genesis_ray.domain.tracking.heads import Box, head_region, within
from genesis_ray.vision.white_balance import balanced


@dataclass(frozen=True, slots=True)
class HeadCrop:
    """A person's head and shoulders, cut from a frame.

    Attributes:
        image: uint8 [height, width, 3], blue-green-red.
        people: The boxes of everybody in the frame, float32 [n, 4], normalised to the crop.
        own: Index in `people` of the person the crop is for.
    """

    image: Image
    people: Boxes
    own: int


def cut_heads(
    image: Image, people: Boxes, wanted: Sequence[Box], gains: Gains | None = None
) -> list[HeadCrop]:
    """Cut the heads of the `wanted` persons, whose boxes are rows of `people` [n, 4].

    The crops have these gains of their channels.
    """
    height, width = image.shape[:2]
    crops = []
    for person in wanted:
        region = head_region(person, aspect=width / height)
        left, top, right, bottom = np.rint(
            region * np.array([width, height, width, height])
        ).astype(int)
        # A copy: the crop must not keep the whole frame alive.
        crop = image[top : max(bottom, top + 1), left : max(right, left + 1)].copy()
        own = int(np.flatnonzero((people == person).all(axis=1))[0])
        crops.append(HeadCrop(balanced(crop, gains), within(region, people), own))
    return crops
