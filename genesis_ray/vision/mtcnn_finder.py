"""The face detector MTCNN, of facenet-pytorch. Importing this imports torch."""

from collections.abc import Sequence
from typing import Any

import cv2
import facenet_pytorch
import torch

from genesis_ray.domain.streams.frames import Image
from genesis_ray.vision.found_face import FoundFace, SearchedCopy
from genesis_ray.vision.memory_guard import MemoryState

_LEAST_FACE = 20


class MTCNN:
    """Zhang et al. 2016, "Joint Face Detection and Alignment Using Multi-task Cascaded CNNs".

    It gives false faces of 0.76, so that more is asked for.
    """

    def __init__(self, *, confidence: float = 0.9) -> None:
        self._confidence = confidence
        device = "cuda" if torch.cuda.is_available() else "cpu"
        self._net: Any = facenet_pytorch.MTCNN(
            keep_all=True, min_face_size=_LEAST_FACE, device=device
        )

    @property
    def memory(self) -> MemoryState:
        """Nothing is known of it."""
        return MemoryState()

    def find(self, images: Sequence[Image], *, long_side: int) -> list[list[FoundFace]]:
        """Return the faces of each picture, surest first; see `face_finders.FaceFinder`."""
        return [self._find(SearchedCopy.of(image, long_side=long_side)) for image in images]

    def _find(self, searched: SearchedCopy) -> list[FoundFace]:
        if min(searched.image.shape[:2]) < _LEAST_FACE:  # on which the network raises
            return []
        boxes, confidence, landmarks = self._net.detect(
            cv2.cvtColor(searched.image, cv2.COLOR_BGR2RGB), landmarks=True
        )
        if boxes is None:
            return []
        sure = confidence >= self._confidence
        return searched.faces(boxes[sure], confidence[sure], landmarks[sure])
