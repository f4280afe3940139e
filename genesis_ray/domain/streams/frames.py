"""Frames and their stamps."""

from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]
"""Pixels, uint8 [height, width, 3], blue-green-red."""

Gains = tuple[float, float, float]
"""By what blue, green and red are multiplied."""


@dataclass(frozen=True, slots=True)
class FrameStamp:
    """Which frame this is: its camera, its place in the stream, and when it was captured (UTC)."""

    camera_id: str
    frame_index: int
    captured_at: datetime


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of one camera, as it was recorded.

    Attributes:
        mark: Where its recording is right behind it, to go on from there; None of a live stream.
        gates: What the gates remember that it has passed, likewise; None before them.
        gains: Of the white balance with which models are to see it; None: as it is.
    """

    stamp: FrameStamp
    image: Image
    mark: object = field(default=None, repr=False, compare=False)
    gates: object = field(default=None, repr=False, compare=False)
    gains: Gains | None = field(default=None, repr=False, compare=False)
