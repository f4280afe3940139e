"""Face detectors behind one call: YuNet, SCRFD and MTCNN."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import cv2
import numpy as np
import numpy.typing as npt

from genesis_ray.domain.frames import Image
from genesis_ray.domain.geometry import Boxes
from genesis_ray.errors import ConfigurationError
from genesis_ray.vision import engines, models
from genesis_ray.vision.align import Points

# Below this side a detector sees too little of a face; found by shrinking faces (docs/faces.md).
_LEAST_SIDE = 128


@dataclass(frozen=True, slots=True, eq=False)
class FoundFace:
    """A face in a picture.

    Attributes:
        xyxy: float32 [4], pixels.
        confidence: The detector's.
        landmarks: float32 [5, 2], pixels: eyes, nose, corners of the mouth; of a pair, the
            one further left in the picture first.
    """

    xyxy: npt.NDArray[np.float32]
    confidence: float
    landmarks: Points


class FaceFinder(Protocol):
    """Finds the faces of a picture."""

    def find(self, image: Image) -> list[FoundFace]:
        """Return the faces of uint8 [h, w, 3], BGR, surest first."""
        ...


def load_finder(name: str, *, long_side: int, engine: str = "auto") -> FaceFinder:
    """Make the face detector of this name; raises ConfigurationError where there is none.

    Pictures whose longer side is over `long_side` are shrunk to it before the search: that
    bounds the cost, and sets the smallest face that can be found in a large photo.
    """
    return _entry(name).make(long_side, engine)


def model_of(name: str) -> str:
    """Return which model of the catalogue the face detector of this name uses."""
    return _entry(name).model


class YuNet:
    """YuNet (Wu et al. 2023) as OpenCV runs and decodes it, on the CPU."""

    def __init__(self, *, long_side: int, confidence: float = 0.6) -> None:
        self._long_side = long_side
        # The model runs at any shape; setInputSize and detect must not be torn apart.
        self._lock = threading.Lock()
        level = cv2.utils.logging.getLogLevel()
        # OpenCV 5 warns that its new engine takes no targets, of which none is asked for.
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
        try:
            weights = str(models.weights("yunet"))
            self._net = cv2.FaceDetectorYN.create(weights, "", (320, 320), confidence, 0.3, 500)
        finally:
            cv2.utils.logging.setLogLevel(level)

    def find(self, image: Image) -> list[FoundFace]:
        """Return the faces of uint8 [h, w, 3], BGR, surest first."""
        picture, ratio = _resized(image, self._long_side)
        with self._lock:
            self._net.setInputSize(picture.shape[1::-1])
            rows = self._net.detect(picture)[1]
        if rows is None:
            return []
        boxes = np.hstack([rows[:, :2], rows[:, :2] + rows[:, 2:4]])
        return _found(boxes, rows[:, 14], rows[:, 4:14].reshape(-1, 5, 2), ratio)


class SCRFD:
    """SCRFD-500M (Guo et al. 2021), run by an engine."""

    _STRIDES = (8, 16, 32)
    _ANCHORS = 2  # of each cell, both at its corner

    def __init__(self, *, long_side: int, engine: str = "auto", confidence: float = 0.5) -> None:
        self._side = -(-long_side // 32) * 32
        self._confidence = confidence
        self._run = engines.load("scrfd_500m", (self._side, self._side), engine=engine)

    def find(self, image: Image) -> list[FoundFace]:
        """Return the faces of uint8 [h, w, 3], BGR, surest first."""
        picture, ratio = _resized(image, self._side)
        canvas = np.zeros((self._side, self._side, 3), np.uint8)
        canvas[: picture.shape[0], : picture.shape[1]] = picture
        boxes, confidence, landmarks = self._decoded(self._run(canvas[None]))
        left_top_size = np.hstack([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]])
        kept = np.array(
            cv2.dnn.NMSBoxes(left_top_size.tolist(), confidence.tolist(), self._confidence, 0.4),
            np.int64,
        ).ravel()
        return _found(boxes[kept], confidence[kept], landmarks[kept], ratio)

    def _decoded(
        self, outputs: tuple[npt.NDArray[np.float32], ...]
    ) -> tuple[Boxes, npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Turn distances from anchors, in strides, into pixels of the canvas.

        The nine outputs are scores, boxes and landmarks, each of the three strides.
        """
        boxes, confidences, landmarks = [], [], []
        for level, stride in enumerate(self._STRIDES):
            score, box, points = (outputs[kind * 3 + level][0] for kind in range(3))
            sure = np.flatnonzero(score[:, 0] >= self._confidence)
            row, column = np.divmod(sure // self._ANCHORS, self._side // stride)
            anchor = np.stack([column, row], axis=1) * stride
            reach = box[sure] * stride
            boxes.append(np.hstack([anchor - reach[:, :2], anchor + reach[:, 2:]]))
            confidences.append(score[sure, 0])
            landmarks.append(anchor[:, None] + points[sure].reshape(-1, 5, 2) * stride)
        return (
            np.concatenate(boxes).astype(np.float32),
            np.concatenate(confidences),
            np.concatenate(landmarks).astype(np.float32),
        )


class MTCNN:
    """MTCNN (Zhang et al. 2016) of facenet-pytorch, run by torch.

    It gives false faces of 0.76, so that 0.9 is asked for.
    """

    _LEAST_FACE = 20

    def __init__(self, *, long_side: int, confidence: float = 0.9) -> None:
        import facenet_pytorch
        import torch

        self._long_side = long_side
        self._confidence = confidence
        device = "cuda" if torch.cuda.is_available() else "cpu"
        self._net: Any = facenet_pytorch.MTCNN(
            keep_all=True, min_face_size=self._LEAST_FACE, device=device
        )

    def find(self, image: Image) -> list[FoundFace]:
        """Return the faces of uint8 [h, w, 3], BGR, surest first."""
        picture, ratio = _resized(image, self._long_side)
        if min(picture.shape[:2]) < self._LEAST_FACE:  # on which the network raises
            return []
        boxes, confidence, landmarks = self._net.detect(
            cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), landmarks=True
        )
        if boxes is None:
            return []
        sure = confidence >= self._confidence
        return _found(boxes[sure], confidence[sure], landmarks[sure], ratio)


@dataclass(frozen=True, slots=True)
class _Entry:
    model: str
    make: Callable[[int, str], FaceFinder]


_FINDERS = {
    "yunet": _Entry("yunet", lambda side, _: YuNet(long_side=side)),
    "scrfd": _Entry("scrfd_500m", lambda side, engine: SCRFD(long_side=side, engine=engine)),
    "mtcnn": _Entry("mtcnn", lambda side, _: MTCNN(long_side=side)),
}

FINDERS = tuple(_FINDERS)


def _entry(name: str) -> _Entry:
    if name not in _FINDERS:
        raise ConfigurationError(f"no face detector {name!r}; there are {', '.join(_FINDERS)}")
    return _FINDERS[name]


def _resized(image: Image, long_side: int) -> tuple[Image, npt.NDArray[np.float64]]:
    """Bring a picture into a detector's range; also return its new size by its old, [x, y]."""
    height, width = image.shape[:2]
    scale = float(
        np.clip(
            1.0, min(_LEAST_SIDE, long_side) / max(height, width), long_side / max(height, width)
        )
    )
    if scale == 1.0:
        return image, np.ones(2)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return cv2.resize(image, size, interpolation=how), np.array(size) / (width, height)


def _found(
    boxes: npt.NDArray[Any],
    confidence: npt.NDArray[Any],
    landmarks: npt.NDArray[Any],
    ratio: npt.NDArray[np.float64],
) -> list[FoundFace]:
    """Bring what was found in a resized picture back to the picture itself."""
    order = np.argsort(-confidence, kind="stable")
    boxes = (boxes / np.tile(ratio, 2)).astype(np.float32)
    landmarks = ((landmarks + 0.5) / ratio - 0.5).astype(np.float32)
    return [FoundFace(boxes[i], float(confidence[i]), landmarks[i]) for i in order]
