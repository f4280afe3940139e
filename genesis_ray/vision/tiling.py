"""A second look at crowded frames: as 2x2 tiles that overlap, in which far people are larger."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from genesis_ray.domain.streams.frames import Gains, Image
from genesis_ray.domain.tracking.detections import Detections
from genesis_ray.vision.letterbox import Letterbox

TILES = 4
"""Of a frame, row by row."""

_SHARE = 0.6
"""A tile's part of the frame's sides. So neighbours share a fifth of the frame, and who is narrower
and shorter than that is whole in one of them."""

_EDGE = 0.01
"""Of a tile's sides: boxes that come as near to where it was cut are of people who were cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiler:
    """When frames are looked at again, and what becomes of what is found.

    Whether a frame is depends on that frame alone, so that live video and its recording agree.

    Attributes:
        above: The least people found in the whole picture.
        iou: Boxes that overlap a surer one by more are the same person's.
        max_detections: The surest are kept.
    """

    above: int
    iou: float
    max_detections: int

    def inputs(
        self, image: Image, letterbox: Letterbox, found: Detections, gains: Gains | None = None
    ) -> npt.NDArray[np.uint8] | None:
        """Return a crowded frame's tiles as the detector is given them, [4, h, w, 3]; else None.

        `found` is what the detector said of the whole picture, whose `gains` they have. Tiles have
        the frame's proportions, so they go through its own letterbox, and no network for another
        shape is wanted.
        """
        if len(found) < self.above:
            return None
        height, width = _sides(image)
        return np.stack(
            [
                letterbox.apply(image[top : top + height, left : left + width], gains)
                for top, left in _corners(image)
            ]
        )

    def merge(
        self,
        image: Image,
        letterbox: Letterbox,
        whole: Detections,
        tiles: Sequence[Detections],
    ) -> Detections:
        """Return everybody once, normalised to the frame, surest first.

        `whole` is normalised to the frame; `tiles` as the detector said it. Who was cut by a tile's
        border is left out there: small people are whole in another tile, large ones in the frame.
        """
        frame = np.array(image.shape[1::-1] * 2, np.float32)
        side = np.array(_sides(image)[::-1] * 2, np.float32)
        boxes, confidences = [whole.xyxy], [whole.confidence]
        for (top, left), found in zip(_corners(image), tiles, strict=True):
            in_tile = letterbox.restore(found)
            kept = ~_is_cut(in_tile, top > 0, left > 0)
            corner = np.array([left, top] * 2, np.float32)
            boxes.append((in_tile.xyxy[kept] * side + corner) / frame)
            confidences.append(in_tile.confidence[kept])
        return self._once(np.concatenate(boxes), np.concatenate(confidences))

    def _once(
        self, xyxy: npt.NDArray[np.float32], confidence: npt.NDArray[np.float32]
    ) -> Detections:
        left_top_size = np.hstack([xyxy[:, :2], xyxy[:, 2:] - xyxy[:, :2]])
        chosen = cv2.dnn.NMSBoxes(left_top_size.tolist(), confidence.tolist(), 0.0, self.iou)
        kept = np.array(chosen, np.int64).ravel()[: self.max_detections]
        return Detections(xyxy[kept], confidence[kept])


def _sides(image: Image) -> tuple[int, int]:
    height, width = image.shape[:2]
    return round(height * _SHARE), round(width * _SHARE)


def _corners(image: Image) -> Iterator[tuple[int, int]]:
    """Yield top and left of each tile."""
    height, width = _sides(image)
    for top in (0, image.shape[0] - height):
        for left in (0, image.shape[1] - width):
            yield top, left


def _is_cut(found: Detections, is_lower: bool, is_right: bool) -> npt.NDArray[np.bool_]:
    """Tell which boxes, normalised to their tile, reach its borders inside the frame."""
    left, top, right, bottom = found.xyxy.T
    beside = left < _EDGE if is_right else right > 1 - _EDGE
    above_or_below = top < _EDGE if is_lower else bottom > 1 - _EDGE
    cut: npt.NDArray[np.bool_] = beside | above_or_below
    return cut
