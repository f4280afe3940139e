"""Stand-ins for tests and notebooks: whole pipelines on real frames, without weights.

`SyntheticFilm` shows figures of one colour each. The detector and the embedder here know them
by that colour, with the methods of the real ones, and keep knowing them after scaling, cropping
and video coding. They live in the package because Ray workers import what they unpickle and
cannot import a test module.
"""

import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

import cv2
import numpy as np
import numpy.typing as npt

from genesis_ray.domain.recognition.impostors import ImpostorTail
from genesis_ray.domain.streams.frames import Image
from genesis_ray.domain.tracking.detections import Detections
from genesis_ray.domain.tracking.heads import Box, owner_of
from genesis_ray.vision.crops import HeadCrop
from genesis_ray.vision.faces import EmbeddedFace, FaceCrop, GradedFace
from genesis_ray.vision.found_face import FoundFace
from genesis_ray.vision.memory_guard import MemoryState
from genesis_ray.vision.synthetic import POISON, SyntheticFilm

__all__ = ["ColourDetector", "ColourEmbedder", "DeadlyNumber", "SyntheticFilm"]

_LEAST_SATURATION, _LEAST_VALUE = 100, 70  # of 255: the background and dark edges have less
_LEAST_AREA = 5e-4  # of the picture: smaller specks are coding noise
_CONFIDENCE = 0.9
_LANDMARKS = np.array([[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.35, 0.8], [0.65, 0.8]])  # of a head
_SHARPNESS = 20.0  # of a face's peak on the circle of hues: the nearest two figures get 0.05


class ColourDetector:
    """Finds the figures of a synthetic film; stands in for `vision.detector.PersonDetector`."""

    memory = MemoryState()

    def detect(self, stack: npt.NDArray[np.uint8]) -> list[Detections]:
        """Return the figures in each of the pictures uint8 [n, h, w, 3], normalised to it.

        Raises:
            RuntimeError: A picture is poison, as one that a real model chokes on.
        """
        middles = stack[:, stack.shape[1] // 2, stack.shape[2] // 2]
        if np.any(np.all(middles == POISON, axis=-1)):
            raise RuntimeError("cannot digest this picture")
        return [_detections(image) for image in stack]


class ColourEmbedder:
    """Tells figures apart by their hue; stands in for `vision.faces.FaceEmbedder`."""

    name = "colour"
    dimension = 16
    threshold = 0.5
    impostors = ImpostorTail(0.5, 1e-3, 0.02)

    def find(self, crops: Sequence[HeadCrop]) -> list[GradedFace | None]:
        """Find the face of the figure each crop is for; None where it cannot be seen."""
        return [
            _graded(crop.image, face) if (face := self._own_face(crop)) else None for crop in crops
        ]

    def embed(self, faces: Sequence[FaceCrop]) -> list[EmbeddedFace]:
        """Return the faces that were found."""
        return [face for head, _ in faces if (face := self._own_face(head))]

    @property
    def memory(self) -> MemoryState:
        """How it gets on with a GPU's memory."""
        return MemoryState()

    def faces_in(self, photo: Image) -> list[EmbeddedFace]:
        """Return the faces of all figures, the largest first."""
        figures = sorted(_figures(photo), key=_Figure.area, reverse=True)
        return [self._face(figure) for figure in figures]

    def _own_face(self, crop: HeadCrop) -> EmbeddedFace | None:
        faces = self.faces_in(crop.image)
        return next((f for f in faces if owner_of(f.xyxy, crop.people) == crop.own), None)

    def _face(self, figure: "_Figure") -> EmbeddedFace:
        angles = 2 * np.pi * np.arange(self.dimension) / self.dimension
        closeness = np.exp(_SHARPNESS * (np.cos(angles - figure.hue) - 1))
        embedding = (closeness / np.linalg.norm(closeness)).astype(np.float32)
        corner, size = figure.head[:2], figure.head[2:] - figure.head[:2]
        return EmbeddedFace(
            figure.head,
            _CONFIDENCE,
            quality=_CONFIDENCE,
            embedding=embedding,
            landmarks=(corner + size * _LANDMARKS).astype(np.float32),
        )


def _graded(image: Image, face: EmbeddedFace) -> GradedFace:
    height, width = image.shape[:2]
    pixels = face.xyxy * np.array([width, height] * 2, np.float32)
    nowhere = np.zeros((5, 2), np.float32)
    return GradedFace(FoundFace(pixels, face.confidence, nowhere), face.quality)


class DeadlyNumber(float):
    """Kills the process that compares or prints it, as data does that a library crashes on."""

    def __lt__(self, other: object) -> NoReturn:
        self._kill()

    def __str__(self) -> NoReturn:
        self._kill()

    @staticmethod
    def _kill() -> NoReturn:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError


@dataclass(frozen=True, slots=True)
class _Figure:
    """A figure as it shows in a picture: boxes normalised to it, hue as an angle."""

    box: Box
    head: Box
    hue: float

    def area(self) -> float:
        return float(np.prod(self.box[2:] - self.box[:2]))


def _figures(image: Image) -> list[_Figure]:
    """Find the figures in a picture, from top to bottom."""
    hue, saturation, value = cv2.split(cv2.cvtColor(image, cv2.COLOR_BGR2HSV))
    coloured = (saturation > _LEAST_SATURATION) & (value > _LEAST_VALUE)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(coloured.astype(np.uint8))
    size = np.array(image.shape[1::-1] * 2, np.float32)
    figures = []
    for label in range(1, count):
        left, top, width, height, area = stats[label].tolist()
        if area < _LEAST_AREA * image.shape[0] * image.shape[1]:
            continue
        angles = hue[labels == label] * (2 * np.pi / 180)  # OpenCV's hues go from 0 to 180
        box = np.array([left, top, left + width, top + height], np.float32)
        # As `SyntheticFilm` draws it: a head over the middle half of the shoulders.
        head = np.array([left + width / 4, top, left + width * 3 / 4, top + width / 2], np.float32)
        mean = np.arctan2(np.sin(angles).mean(), np.cos(angles).mean())
        figures.append(_Figure(box / size, np.minimum(head / size, 1), float(mean)))
    return figures


def _detections(image: Image) -> Detections:
    boxes = [figure.box for figure in _figures(image)]
    xyxy = np.array(boxes, np.float32).reshape(-1, 4)
    return Detections(xyxy, np.full(len(boxes), _CONFIDENCE, np.float32))
