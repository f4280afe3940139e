"""A camera's picture with its zones, lines and masks, under a grid to read places from."""

from collections.abc import Sequence

import cv2
import numpy as np

from genesis_ray.domain.places.lines import Line
from genesis_ray.domain.places.masks import Mask
from genesis_ray.domain.places.zones import Zone
from genesis_ray.domain.streams.frames import Image
from genesis_ray.errors import SourceError
from genesis_ray.vision.annotate import draw_places

_STEPS = 10
_LEAST_WIDTH = 960
"""Pixels; smaller pictures are enlarged, for letters to be read."""

_PALE, _DARK = (255, 255, 255), (31, 27, 27)


def places_picture(
    image: Image, *, zones: Sequence[Zone], lines: Sequence[Line], masks: Sequence[Mask]
) -> Image:
    """Return a copy of a picture with a labelled grid of tenths and the places over it."""
    height, width = image.shape[:2]
    scale = max(1.0, _LEAST_WIDTH / width)
    shown: Image = cv2.resize(
        image, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_LINEAR
    )
    _draw_grid(shown)
    placed = draw_places(shown, zones=zones, lines=lines, masks=masks)
    _label_grid(placed)
    return placed


def as_png(image: Image) -> bytes:
    """Return a picture as a PNG file.

    Raises:
        SourceError: It is none that a PNG can hold.
    """
    is_whole, content = cv2.imencode(".png", image)
    if not is_whole:
        raise SourceError(f"a picture of {image.shape} is none that a PNG can hold")
    return content.tobytes()


def _draw_grid(image: Image) -> None:
    height, width = image.shape[:2]
    lined = image.copy()
    for step in range(1, _STEPS):
        x, y = width * step // _STEPS, height * step // _STEPS
        cv2.line(lined, (x, 0), (x, height), _PALE, 1)
        cv2.line(lined, (0, y), (width, y), _PALE, 1)
    np.copyto(image, cv2.addWeighted(lined, 0.5, image, 0.5, 0))


def _label_grid(image: Image) -> None:
    """Write tenths along the upper and the left edge, where they are counted from."""
    height, width = image.shape[:2]
    letters = min(width, height) / 1200
    for step in range(1, _STEPS):
        text = f"{step / _STEPS:g}"
        (wide, high), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, letters, 1)
        for left, foot in (
            (width * step // _STEPS - wide // 2, high + 4),
            (4, height * step // _STEPS + high // 2),
        ):
            corner, other = (left - 3, foot + 4), (left + wide + 3, foot - high - 4)
            cv2.rectangle(image, corner, other, _DARK, cv2.FILLED)
            cv2.putText(
                image, text, (left, foot), cv2.FONT_HERSHEY_SIMPLEX, letters, _PALE, 1, cv2.LINE_AA
            )
