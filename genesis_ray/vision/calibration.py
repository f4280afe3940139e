"""Pictures of people that every installation has, to find a network's ranges by."""

from itertools import product

import numpy as np
import numpy.typing as npt

from genesis_ray.vision.letterbox import Letterbox
from genesis_ray.vision.sources import open_recording

_PHOTOS = ("bus.jpg", "zidane.jpg")
"""People far and near, in ultralytics' package. Ranges found on 169 frames of other videos instead
gave the same accuracy: benchmarks/README.md."""


def pictures() -> npt.NDArray[np.uint8]:
    """Return pictures of people to calibrate by, uint8 [n, 480, 640, 3], BGR.

    Pans over photographs: dark and bright, sharp and soft, as they are and mirrored.
    """
    stack = []
    for photo, mirror, brightness, (width, height) in product(
        _PHOTOS, ("true", "false"), (0.5, 1.0, 1.4), ((640, 480), (320, 240))
    ):
        url = (
            f"photo:package:ultralytics/assets/{photo}?seconds=1&fps=4&mirror={mirror}"
            f"&brightness={brightness}&width={width}&height={height}"
        )
        letterbox = Letterbox.fit(width, height)
        with open_recording(url, camera_id="photo", process_fps=None, start=None) as source:
            stack += [letterbox.apply(frame.image) for frame in source]
    return np.stack(stack)
