"""White balance by the grey-world assumption: the mean of a scene is grey.

G. Buchsbaum, "A spatial processor model for object colour perception", Journal of the Franklin
Institute 310(1), 1980.
"""

import math
from datetime import datetime, timedelta

import cv2
import numpy as np

from genesis_ray.domain.streams.frames import Gains, Image

_SAMPLED_EVERY = 8
"""Pixels apart, both ways."""

_LEAST_GAIN, _GREATEST_GAIN = 0.5, 2.0
"""A picture that asks for more is of something coloured, or has too little of a colour left."""

_FOLLOWS_IN = timedelta(seconds=20)
"""Time constant: light changes for long, and whoever passes in a red coat is soon gone."""


class GreyWorld:
    """Tells by what the channels of one camera's frames are to be multiplied.

    The first frame tells it at once; later ones move it by their distance in capture time, so that
    it does not depend on the rate of frames.
    """

    def __init__(self) -> None:
        self._gains: Gains | None = None
        self._at: datetime | None = None

    def gains_at(self, at: datetime, image: Image) -> Gains:
        """Return the gains for the next frame."""
        latest = gains_of(image)
        if self._gains is not None and self._at is not None:
            kept = math.exp(-max(0.0, (at - self._at) / _FOLLOWS_IN))
            blue, green, red = (
                new + kept * (old - new) for old, new in zip(self._gains, latest, strict=True)
            )
            latest = blue, green, red
        self._gains, self._at = latest, at
        return latest

    @property
    def state(self) -> object:
        """All that this has to remember, for the `resume` of another; it does not change."""
        return self._gains, self._at

    def resume(self, state: object) -> None:
        """Go on from the state of another one."""
        self._gains, self._at = state  # type: ignore[misc]


def gains_of(image: Image) -> Gains:
    """Return what makes an image grey in the mean, and keeps the mean; 0.5 to 2 each."""
    means = image[::_SAMPLED_EVERY, ::_SAMPLED_EVERY].mean(axis=(0, 1))
    gains = np.clip(means.mean() / np.maximum(means, 1.0), _LEAST_GAIN, _GREATEST_GAIN)
    blue, green, red = gains.tolist()
    return blue, green, red


def balanced(image: Image, gains: Gains | None) -> Image:
    """Return a copy with its channels multiplied by gains; the image itself where there are none.

    What is cut from the copy is what would be made of the same cut from the image.
    """
    if gains is None:
        return image
    table = np.rint(np.arange(256)[:, None] * np.array(gains)).clip(0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(image, table[None]), np.uint8)
