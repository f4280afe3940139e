"""A film of coloured figures on known paths: video without a file, with its ground truth."""

import os
import signal
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated

import cv2
import numpy as np
from pydantic import Field, PositiveInt, validate_call

from genesis_ray.domain.streams.frames import Image
from genesis_ray.domain.tracking.detections import Detections

MOST_PEOPLE = 8
"""Of one film: the colours of more would be too alike to be told apart after coding."""

POISON = (13, 37, 255)
"""The colour of a whole picture on which the stand-in of the detector fails."""

_Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]

_BACKGROUND = (96, 96, 96)  # grey: whatever has a colour is a figure
_MARGIN = 0.1  # of a lane's height, on every side of its figure
_SLIMNESS = 0.5  # width of a figure by its height
_WIDTHS_PER_S = 1.5  # the first figure's speed, at which its boxes in two frames overlap
_FASTER_PER_S = 0.05  # how much faster each further figure is


class SyntheticFilm:
    """Figures of one colour each that walk to and fro, every one in a lane of its own.

    They never cover each other nor leave the picture, so their boxes are known exactly.
    """

    @validate_call
    def __init__(
        self,
        *,
        people: Annotated[int, Field(ge=1, le=MOST_PEOPLE)] = 3,
        seconds: _Positive = 10.0,
        fps: _Positive = 10.0,
        width: PositiveInt = 640,
        height: PositiveInt = 480,
        poison: int | None = None,
        fatal: int | None = None,
    ) -> None:
        """Set the film up.

        Args:
            people: Figures.
            seconds: Length.
            fps: Frames a second.
            width: Pixels.
            height: Pixels.
            poison: Number of a frame on which the stand-in of the detector fails, for tests.
            fatal: Number of a frame that kills who makes its pixels, for tests.
        """
        self._poison, self._fatal = poison, fatal
        self.width, self.height, self.fps = width, height, fps
        self.frame_count = max(1, round(seconds * fps))
        self.started_at: datetime | None = None
        self.problem: str | None = None
        hues = np.arange(people) * (180 // MOST_PEOPLE)
        colours = np.array([[(hue, 255, 220) for hue in hues]], np.uint8)
        self._colours = cv2.cvtColor(colours, cv2.COLOR_HSV2BGR)[0].tolist()

    def people_at(self, frame_index: int) -> Detections:
        """Return the true boxes of a frame; row i is the same figure in all of them."""
        boxes = [self._box(figure, frame_index) for figure in range(len(self._colours))]
        scale = np.array([self.width, self.height] * 2, np.float32)
        return Detections(np.array(boxes, np.float32) / scale, np.ones(len(boxes), np.float32))

    def image_at(self, frame_index: int) -> Image:
        """Draw a frame."""
        if frame_index == self._fatal:
            os.kill(os.getpid(), signal.SIGKILL)
        if frame_index == self._poison:
            return np.full((self.height, self.width, 3), POISON, np.uint8)
        image = np.full((self.height, self.width, 3), _BACKGROUND, np.uint8)
        for figure, colour in enumerate(self._colours):
            left, top, right, bottom = self._box(figure, frame_index)
            head, neck = (right - left) // 4, top + (bottom - top) // 5
            middle = (left + right) // 2
            image[top:neck, middle - head : middle + head] = colour
            image[neck:bottom, left:right] = colour
        return image

    def frames(self) -> Iterator[tuple[timedelta, Callable[[], Image]]]:
        """Yield the time of each frame since the first, and a call that makes its pixels."""
        for index in range(self.frame_count):
            yield timedelta(seconds=index / self.fps), partial(self.image_at, index)

    def close(self) -> None:
        """Nothing is held."""

    def _box(self, figure: int, frame_index: int) -> tuple[int, int, int, int]:
        """Return left, top, right, bottom of a figure in pixels."""
        lane = self.height / len(self._colours)
        tall = lane * (1 - 2 * _MARGIN)
        wide = min(tall * _SLIMNESS, self.width / 2)
        room = self.width - wide
        walked = (_WIDTHS_PER_S + _FASTER_PER_S * figure) * wide * frame_index / self.fps
        left = round(room - abs(room - (walked + room * figure / 2) % (2 * room)))
        top = round((figure + _MARGIN) * lane)
        return left, top, round(left + wide), round(top + tall)
