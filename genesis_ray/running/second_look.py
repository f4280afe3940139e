"""The second look at the crowded frames of a stack, whoever does the model work."""

from collections.abc import Sequence
from itertools import islice

import numpy as np
import numpy.typing as npt

from genesis_ray.domain.streams.frames import Frame
from genesis_ray.domain.tracking.detections import Detections
from genesis_ray.running.station import CameraStation
from genesis_ray.vision.tiling import TILES


class SecondLook:
    """The tiles of all crowded frames of a stack, for the detector to see together."""

    def __init__(
        self, frames: Sequence[tuple[CameraStation, Frame]], found: Sequence[Detections]
    ) -> None:
        """Cut the tiles; `found` is what the detector said of the inputs, all of one shape."""
        self._frames = frames
        self._found = found
        tiles = [
            station.tiles(frame, people)
            for (station, frame), people in zip(frames, found, strict=True)
        ]
        self._is_crowded = [one is not None for one in tiles]
        self._tiles = [one for one in tiles if one is not None]

    def stacks(self, limit: int) -> list[npt.NDArray[np.uint8]]:
        """Return what the detector is to see, uint8 [n, h, w, 3] with n up to `limit`, if any."""
        if not self._tiles:
            return []
        together = np.concatenate(self._tiles)
        return [together[first : first + limit] for first in range(0, len(together), limit)]

    def merged(self, tiles: Sequence[Detections]) -> list[Detections]:
        """Return the people of all frames, normalised to them, given those of all tiles."""
        answers = iter(tiles)
        return [
            station.people(frame, found, list(islice(answers, TILES)) if crowded else ())
            for (station, frame), found, crowded in zip(
                self._frames, self._found, self._is_crowded, strict=True
            )
        ]
