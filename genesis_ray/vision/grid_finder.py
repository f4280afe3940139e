"""Face detectors whose network answers for every cell of three grids: YuNet and SCRFD."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from genesis_ray.domain.streams.frames import Image
from genesis_ray.vision import engines, models
from genesis_ray.vision.found_face import FoundFace, SearchedCopy
from genesis_ray.vision.memory_guard import MemoryGuard, MemoryState

Floats = npt.NDArray[np.float32]

_STRIDES = (8, 16, 32)

# A picture goes on the smallest square that holds it; each costs a compiled network.
_CANVASES = (128, 192, 256, 640)


@dataclass(frozen=True, slots=True)
class Grid:
    """What tells one such detector from another.

    Attributes:
        model: Its name in the model catalogue.
        decode: Takes what the network says of n places, its corners in pixels [n, 2] and the
            cells' side; returns boxes [n, 4], confidences [n] and landmarks [n, 5, 2].
        places: How many there are at each cell's corner.
        confidence: The least that counts.
        overlap: The intersection over union from which two boxes are one face.
    """

    model: str
    decode: Callable[[Sequence[Floats], Floats, int], tuple[Floats, Floats, Floats]]
    places: int
    confidence: float
    overlap: float


class GridFinder:
    """Finds faces with a network that an engine runs."""

    def __init__(self, grid: Grid, *, engine: str = "auto") -> None:
        """Load the network for head crops; for photos it is loaded when one comes.

        Where `engine` cannot run it, the one that can does. Raises ModelError for weights
        that are missing or wrong.
        """
        self._grid = grid
        self._engine = engine if engine in models.find(grid.model).engines else "auto"
        self._loading = threading.Lock()
        self._runners: dict[int, MemoryGuard] = {}
        for side in _CANVASES[:-1]:
            self._runner(side)

    @property
    def memory(self) -> MemoryState:
        """How the networks get on with a GPU's memory."""
        return sum((runner.state for runner in list(self._runners.values())), MemoryState())

    def find(self, images: Sequence[Image], *, long_side: int) -> list[list[FoundFace]]:
        """Return the faces of each picture, surest first; see `face_finders.FaceFinder`."""
        copies = [
            SearchedCopy.of(image, long_side=min(long_side, _CANVASES[-1])) for image in images
        ]
        sides = [
            next(side for side in _CANVASES if side >= max(copy.image.shape[:2])) for copy in copies
        ]
        found: list[list[FoundFace]] = [[] for _ in images]
        for side in set(sides):
            indices = [index for index, its_side in enumerate(sides) if its_side == side]
            stack = np.zeros((len(indices), side, side, 3), np.uint8)
            for canvas, index in zip(stack, indices, strict=True):
                image = copies[index].image
                canvas[: image.shape[0], : image.shape[1]] = image
            outputs = self._runner(side)(stack)
            for row, index in enumerate(indices):
                faces = self._faces([output[row] for output in outputs], side)
                found[index] = copies[index].faces(*faces)
        return found

    def _runner(self, side: int) -> MemoryGuard:
        with self._loading:
            if side not in self._runners:
                self._runners[side] = engines.load_guarded(
                    self._grid.model, (side, side), engine=self._engine
                )
            return self._runners[side]

    def _faces(self, outputs: Sequence[Floats], side: int) -> tuple[Floats, Floats, Floats]:
        """Return boxes, confidences and landmarks in pixels of the canvas.

        Each kind of output comes for the three strides in turn.
        """
        levels = [
            self._grid.decode(outputs[level::3], self._corners(side, stride), stride)
            for level, stride in enumerate(_STRIDES)
        ]
        boxes, confidence, landmarks = (
            np.concatenate(parts) for parts in zip(*levels, strict=True)
        )
        sure = np.flatnonzero(confidence >= self._grid.confidence)
        left_top_size = np.hstack([boxes[sure, :2], boxes[sure, 2:] - boxes[sure, :2]])
        kept = cv2.dnn.NMSBoxes(
            left_top_size.tolist(), confidence[sure].tolist(), 0.0, self._grid.overlap
        )
        chosen = sure[np.array(kept, np.int64).ravel()]
        return boxes[chosen], confidence[chosen], landmarks[chosen]

    def _corners(self, side: int, stride: int) -> Floats:
        rows, columns = np.indices((side // stride, side // stride), np.float32)
        corners = np.stack([columns.ravel(), rows.ravel()], axis=1) * stride
        return np.repeat(corners, self._grid.places, axis=0)


def _yunet(
    outputs: Sequence[Floats], corners: Floats, stride: int
) -> tuple[Floats, Floats, Floats]:
    is_face, is_object, box, points = outputs
    confidence = np.sqrt(np.clip(is_face, 0, 1) * np.clip(is_object, 0, 1))[:, 0]
    centre: Floats = corners + box[:, :2] * stride
    half = (np.exp(box[:, 2:]) * (stride / 2)).astype(np.float32)
    boxes = np.hstack([centre - half, centre + half])
    return boxes, confidence, _landmarks(points, corners, stride)


def _scrfd(
    outputs: Sequence[Floats], corners: Floats, stride: int
) -> tuple[Floats, Floats, Floats]:
    confidence, reach, points = outputs
    boxes = np.hstack([corners - reach[:, :2] * stride, corners + reach[:, 2:] * stride])
    return boxes, confidence[:, 0], _landmarks(points, corners, stride)


def _landmarks(points: Floats, corners: Floats, stride: int) -> Floats:
    return corners[:, None] + points.reshape(-1, 5, 2) * stride


YUNET = Grid("yunet", _yunet, places=1, confidence=0.6, overlap=0.3)
"""Wu et al. 2023, "YuNet: A Tiny Millisecond-level Face Detector"; decoded as OpenCV does."""

SCRFD = Grid("scrfd_500m", _scrfd, places=2, confidence=0.5, overlap=0.4)
"""Guo et al. 2021, "Sample and Computation Redistribution for Efficient Face Detection"."""
