"""Photos of the figures of a synthetic film, as they are sent."""

import cv2
import numpy as np

from genesis_ray.testing import SyntheticFilm

ADA, BOB, CLEO = range(3)


def photo(figure: int, *, tint: int = 0) -> bytes:
    """Take a photo of one of three figures; in another light, `tint`, a face is a bit different."""
    image = SyntheticFilm(people=3, width=320, height=360).image_at(0)
    return _png(image[figure * 120 : (figure + 1) * 120], tint)


def group_photo() -> bytes:
    """Take a photo of all three."""
    return _png(SyntheticFilm(people=3, width=320, height=360).image_at(0), 0)


def wall() -> bytes:
    """Take a photo of nobody."""
    return _png(np.full((99, 99, 3), 96, np.uint8), 0)


def _png(image: np.ndarray, tint: int) -> bytes:
    hsv = cv2.cvtColor(image, cv2.COLOR_BGR2HSV)
    hsv[..., 0] = (hsv[..., 0] + tint) % 180
    _, encoded = cv2.imencode(".png", cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR))
    return encoded.tobytes()
