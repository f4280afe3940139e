"""Whether something moves in a picture, told by the difference from an earlier one."""

from datetime import datetime, timedelta

import cv2
import numpy as np
import numpy.typing as npt

from genesis_ray.domain.streams.frames import Image

_CELLS = 80
"""Across: each is a mean of many pixels, so that a sensor's noise is no motion."""

_LEAST_CHANGE = 8
"""Of a cell's grey value, of 255."""

_LEAST_CELLS = 3
"""Somebody who is a twentieth of the picture high covers some of them."""

_LOOK_EVERY = timedelta(seconds=1)
"""Where nothing moves: who stands still is seen so often, and stays."""


class MotionGate:
    """Lets through frames in which something has moved since the last one, and one a second."""

    def __init__(self) -> None:
        self._before: npt.NDArray[np.int16] | None = None
        self._passed_at: datetime | None = None

    def passes(self, at: datetime, image: Image) -> bool:
        """Tell whether the next frame is to be looked at."""
        height, width = image.shape[:2]
        cells = cv2.resize(
            image, (_CELLS, max(1, round(_CELLS * height / width))), interpolation=cv2.INTER_AREA
        )
        grey = cv2.cvtColor(cells, cv2.COLOR_BGR2GRAY).astype(np.int16)
        if not self._is_due(at) and not self._has_moved(grey):
            return False
        self._before, self._passed_at = grey, at
        return True

    @property
    def state(self) -> object:
        """All that this has to remember, for the `resume` of another; it does not change."""
        return self._before, self._passed_at

    def resume(self, state: object) -> None:
        """Go on from the state of another gate."""
        self._before, self._passed_at = state  # type: ignore[misc]

    def _is_due(self, at: datetime) -> bool:
        return self._passed_at is None or at - self._passed_at >= _LOOK_EVERY

    def _has_moved(self, grey: npt.NDArray[np.int16]) -> bool:
        if self._before is None or self._before.shape != grey.shape:
            return True
        return int(np.count_nonzero(np.abs(grey - self._before) >= _LEAST_CHANGE)) >= _LEAST_CELLS
