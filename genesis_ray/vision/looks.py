"""How people look, in numbers: the colours of what they wear.

A joint histogram of hue, saturation and brightness for the upper and the lower body, as in
M. Farenzena et al., "Person re-identification by symmetry-driven accumulation of local
features", CVPR 2010, whose pixels count the more the nearer they are to the body's axis.
"""

from functools import cache, partial

import cv2
import numpy as np
import numpy.typing as npt

from genesis_ray.domain.streams.cuts import Grey
from genesis_ray.domain.streams.frames import Image
from genesis_ray.domain.tracking.appearance import Looks, View
from genesis_ray.domain.tracking.heads import Box

_WIDTH, _HEIGHT = 32, 96
"""Pixels every person is scaled to: three times as high as wide."""

_HALVES = ((9, 50), (50, 91))
"""Rows of the upper and the lower body, without what is over the head and under the feet."""

_BINS = (8, 4, 4)
"""Of hue, saturation and brightness."""

_GRID = (36, 64)
"""Rows and columns of the pixels that a scene is known by."""

_AXIS = 0.2
"""Spread of the weights about the middle, in box widths: background is at the sides."""


def view_of(image: Image) -> View:
    """Return the view of a frame."""
    height, width = image.shape[:2]
    return View(width / height, partial(colours, image), _grey(image))


def colours(image: Image, person: Box) -> Looks:
    """Describe whoever is in a box, normalised to the image: float32 [256], of unit length.

    The product of two is the Bhattacharyya coefficient of their histograms, averaged over
    the halves: 1 for the same colours, 0 for none in common.
    """
    height, width = image.shape[:2]
    left, top, right, bottom = np.rint(person * np.array([width, height] * 2)).astype(int)
    left, top = min(max(left, 0), width - 1), min(max(top, 0), height - 1)
    crop = image[top : max(bottom, top + 1), left : max(right, left + 1)]
    small = cv2.resize(crop, (_WIDTH, _HEIGHT), interpolation=cv2.INTER_AREA)
    hsv = cv2.cvtColor(small, cv2.COLOR_BGR2HSV_FULL).astype(np.int64)
    hue, saturation, brightness = _BINS
    bins = (hsv[..., 0] * hue // 256 * saturation + hsv[..., 1] * saturation // 256) * brightness
    bins += hsv[..., 2] * brightness // 256
    halves = [
        np.bincount(bins[first:last].ravel(), _weights(last - first), hue * saturation * brightness)
        for first, last in _HALVES
    ]
    return np.sqrt(np.concatenate([half / half.sum() for half in halves]) / 2).astype(np.float32)


def _grey(image: Image) -> Grey:
    """Return single pixels of a frame, which takes microseconds: enough to know a scene by."""
    height, width = image.shape[:2]
    rows = (np.arange(_GRID[0]) * height + height // 2) // _GRID[0]
    columns = (np.arange(_GRID[1]) * width + width // 2) // _GRID[1]
    grey: Grey = image[np.ix_(rows, columns)].mean(axis=2, dtype=np.float32)
    return grey


@cache
def _weights(rows: int) -> npt.NDArray[np.float64]:
    across = (np.arange(_WIDTH) + 0.5) / _WIDTH - 0.5
    return np.tile(np.exp(-(across**2) / (2 * _AXIS**2)), rows)
