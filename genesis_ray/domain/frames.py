"""Frames, their stamps, and the sampler that thins them out by capture time."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]
"""Pixels, uint8 [height, width, 3], blue-green-red."""


@dataclass(frozen=True, slots=True)
class FrameStamp:
    """Which frame this is: its camera, its place in the stream, and when it was captured (UTC)."""

    camera_id: str
    frame_index: int
    captured_at: datetime


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of one camera."""

    stamp: FrameStamp
    image: Image


_STAMP_ERROR = timedelta(milliseconds=1)
"""Containers round times to this: a frame so short of its slot belongs to it all the same."""


class RateSampler:
    """Keeps at most `fps` frames a second of capture time.

    Time since the first frame is cut into slots of 1/fps; the first frame of each
    slot is kept. The choice depends on the stamps alone, so a live run and a replay
    of its recording keep the same frames.
    """

    def __init__(self, fps: float) -> None:
        if fps <= 0:
            raise ValueError(f"fps must be positive, got {fps}")
        self._fps = fps
        self._origin: datetime | None = None
        self._last_slot = -1

    def keeps(self, captured_at: datetime) -> bool:
        """Tell whether the frame of this time, the next of its stream, is kept."""
        self._origin = self._origin or captured_at
        elapsed = captured_at - self._origin + _STAMP_ERROR
        slot = math.floor(elapsed.total_seconds() * self._fps)
        if slot <= self._last_slot:
            return False
        self._last_slot = slot
        return True
