"""Cuts: where a stream goes on with another scene, so that nobody in it is who was there before.

Fixed cameras have none. Recordings put together of several, cameras that turn to another preset,
and television have.
"""

import numpy as np
import numpy.typing as npt

Grey = npt.NDArray[np.float32]
"""A frame made small: float32 [h, w], brightness from 0 to 255; of one size in a stream."""

_ANOTHER_SCENE = 0.3
"""Correlation of two frames that follow each other, which does not change with the light. Fixed
cameras stay above 0.8, at ten frames a second and with people walking through all of the picture;
at cuts 0.01 to 0.25 was measured."""

_ANOTHER_PLACE = 0.5
"""Share of the pixels that stay as they were. Before an even background those who walk are all that
there is to correlate, but the background stays; at cuts 0.3 to 0.4 stay by chance."""

_AS_IT_WAS = 8.0
"""Grey levels: less is noise and compression."""

_LEAST_CONTRAST = 1.0
"""Standard deviation, in grey levels; a frame that shows less, as in the dark, shows no scene."""


class CutWatch:
    """Tells when a frame shows another scene than the one before it."""

    def __init__(self) -> None:
        self._before: npt.NDArray[np.uint8] | None = None  # small, as it is checkpointed

    def sees_cut(self, grey: Grey) -> bool:
        """Take the next frame."""
        if grey.std() < _LEAST_CONTRAST:
            return False
        before, self._before = self._before, grey.astype(np.uint8)
        if before is None or before.shape != grey.shape:
            return False
        stayed = float(np.mean(np.abs(grey - before) < _AS_IT_WAS))
        if stayed >= _ANOTHER_PLACE:
            return False
        return _correlation(before.astype(np.float32), grey) < _ANOTHER_SCENE


def _correlation(one: Grey, other: Grey) -> float:
    product = (one - one.mean()) * (other - other.mean())
    return float(np.mean(product, dtype=np.float64)) / float(one.std() * other.std())
