"""How people look, by a network: OSNet x0.25 trained on MSMT17, which tells people apart.

K. Zhou et al., "Omni-scale feature learning for person re-identification", ICCV 2019. It sees
clothes, build and bearing, from any side, and no more of a face than the crop has.
"""

import cv2
import numpy as np

from genesis_ray.domain.streams.frames import Image
from genesis_ray.domain.tracking.appearance import Looks
from genesis_ray.domain.tracking.heads import Box
from genesis_ray.domain.tracking.relinking import RelinkPolicy
from genesis_ray.vision import engines, models

MODEL = "osnet_x0_25_msmt17"
"""Its name in the catalogue, and of the looks that it tells."""

RELINKING = RelinkPolicy(unlike=0.3, alien=0.5)
"""Its distances are larger than those of `vision.looks`, see docs/appearance.md."""


class Osnet:
    """The network, ready for boxes of any frame; any number of threads may use it.

    What it tells of a box depends on the box's pixels alone, to the last bit: on the processor,
    by one thread.

    Attributes:
        name: In the catalogue.
        dimension: Numbers in the looks of somebody.
    """

    name = MODEL

    def __init__(self) -> None:
        """Load it.

        Raises:
            ModelError: Its file is not in the folder of models, or is another.
        """
        model = models.find(MODEL)
        if model.input.shape is None or model.dimension is None:
            raise ValueError(f"expected {MODEL} to have one input shape, and a dimension")
        self.dimension = model.dimension
        self._height, self._width = shape = model.input.shape
        # The looks of all machines are one.
        self._run = engines.load(MODEL, shape, engine="onnxruntime", threads=1, device="cpu")

    def looks_of(self, image: Image, person: Box) -> Looks:
        """Describe whoever is in a box, normalised to the image: float32 [512], of unit length."""
        height, width = image.shape[:2]
        left, top, right, bottom = np.rint(person * np.array([width, height] * 2)).astype(int)
        left, top = min(max(left, 0), width - 1), min(max(top, 0), height - 1)
        crop = image[top : max(bottom, top + 1), left : max(right, left + 1)]
        scaled = cv2.resize(crop, (self._width, self._height), interpolation=cv2.INTER_LINEAR)
        (features,) = self._run(np.asarray(scaled, np.uint8)[None])
        looks: Looks = (features[0] / np.linalg.norm(features[0])).astype(np.float32)
        return looks
