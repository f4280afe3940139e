"""Fitting a camera's frame into a detector's input, and its boxes back."""

from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np

from genesis_ray.domain.streams.frames import Gains, Image
from genesis_ray.domain.tracking.detections import Detections
from genesis_ray.vision.white_balance import balanced

_STRIDE = 32
_GREY = 114
"""What fills the margins: the value that YOLO models are trained with."""


@dataclass(frozen=True, slots=True)
class Letterbox:
    """Shrinks frames of one size to a model's input, keeping their proportions.

    Attributes:
        shape: Height and width of the input, multiples of 32.
        scaled: Height and width of the frame in it.
    """

    shape: tuple[int, int]
    scaled: tuple[int, int]

    @classmethod
    def fit(cls, width: int, height: int, *, long_side: int = 640) -> Self:
        """Return the letterbox for frames whose longer side is to become `long_side`."""
        scale = long_side / max(width, height)
        scaled = round(height * scale), round(width * scale)
        return cls((_up(scaled[0]), _up(scaled[1])), scaled)

    def apply(self, image: Image, gains: Gains | None = None) -> Image:
        """Return the input for a frame, uint8 [h, w, 3], with these gains of its channels."""
        height, width = self.scaled
        resized = cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR)
        small = balanced(np.asarray(resized, np.uint8), gains)
        if self.scaled == self.shape:
            return small
        framed = np.full((*self.shape, 3), _GREY, np.uint8)
        top, left = self._margin
        framed[top : top + height, left : left + width] = small
        return framed

    def restore(self, detections: Detections) -> Detections:
        """Return boxes that are normalised to the input, normalised to the frame and clipped."""
        top, left = self._margin
        size = np.array([self.shape[1], self.shape[0]] * 2, np.float32)
        margin = np.array([left, top] * 2, np.float32)
        scaled = np.array([self.scaled[1], self.scaled[0]] * 2, np.float32)
        boxes = (detections.xyxy * size - margin) / scaled
        return Detections(np.clip(boxes, 0, 1).astype(np.float32), detections.confidence)

    @property
    def _margin(self) -> tuple[int, int]:
        return (self.shape[0] - self.scaled[0]) // 2, (self.shape[1] - self.scaled[1]) // 2


def _up(side: int) -> int:
    return -(-side // _STRIDE) * _STRIDE
