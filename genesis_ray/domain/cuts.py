"""Cuts: where a stream goes on with another scene, so that nobody in it is who was there before.

Fixed cameras have none. Recordings put together of several, cameras that turn to another preset,
and television have.
"""

import numpy as np
import numpy.typing as npt

Grey = npt.NDArray[np.float32]
"""A frame made small: float32 [h, w], brightness of any scale; of one size in a stream."""

_ANOTHER_SCENE = 0.3
"""Correlation of two frames that follow each other. Fixed cameras stay above 0.8, at ten frames a
second and with people walking through all of the picture; at cuts 0.01 to 0.25 was measured."""

_LEAST_CONTRAST = 1.0
"""Standard deviation, in grey levels; a frame that shows less, as in the dark, shows no scene."""


class CutWatch:
    """Tells when a frame shows another scene than the one before it."""

    def __init__(self) -> None:
        self._before: Grey | None = None

    def sees_cut(self, grey: Grey) -> bool:
        """Take the next frame."""
        contrast = float(grey.std())
        if contrast < _LEAST_CONTRAST:
            return False
        now = ((grey - grey.mean()) / contrast).astype(np.float32)
        before, self._before = self._before, now
        if before is None or before.shape != now.shape:
            return False
        return float(np.mean(before * now, dtype=np.float64)) < _ANOTHER_SCENE
