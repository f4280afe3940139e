"""The person detector: YOLO's raw output to people."""

import threading

import cv2
import numpy as np
import numpy.typing as npt

from genesis_ray.domain.tracking.detections import Detections
from genesis_ray.errors import ModelError
from genesis_ray.vision import engines, models
from genesis_ray.vision.memory_guard import MemoryGuard, MemoryState

_PERSON = 4  # the row of the output after the four of the box: COCO's first class


class PersonDetector:
    """Finds people; any number of threads may call it, with pictures of any shapes.

    A picture's result does not depend on what else is in its stack. The network is
    prepared for a shape when the first stack of it comes.
    """

    def __init__(
        self,
        model: str = "yolov8n",
        *,
        engine: str = "auto",
        confidence: float = 0.4,
        iou: float = 0.5,
        max_detections: int = 100,
    ) -> None:
        """Choose a model of the catalogue; raises ModelError if it finds no people.

        Boxes below `confidence` are left out, as are those that overlap a surer one by
        more than `iou`, and all but the surest `max_detections`.
        """
        if (task := models.find(model).task) != "person-detection":
            raise ModelError(f"expected a model for person-detection, {model} is for {task}")
        self._model = model
        self._engine = engine
        self._confidence = confidence
        self._iou = iou
        self._max_detections = max_detections
        self._loading = threading.Lock()
        self._runners: dict[tuple[int, int], MemoryGuard] = {}

    def detect(self, stack: npt.NDArray[np.uint8]) -> list[Detections]:
        """Find the people in uint8 [n, h, w, 3], BGR; h and w are multiples of 32.

        Boxes are normalised to the picture given, surest first, and may reach over its edge.
        """
        if stack.ndim != 4:
            raise ValueError(f"expected a stack uint8 [n, h, w, 3], got shape {stack.shape}")
        height, width = stack.shape[1:3]
        (predictions,) = self._runner((height, width))(stack)
        size = np.array([width, height, width, height], np.float32)
        return [self._people(prediction, size) for prediction in predictions]

    @property
    def memory(self) -> MemoryState:
        """How the networks of all shapes get on with a GPU's memory."""
        return sum((runner.state for runner in list(self._runners.values())), MemoryState())

    def _runner(self, shape: tuple[int, int]) -> MemoryGuard:
        with self._loading:
            if shape not in self._runners:
                runner = engines.load_guarded(self._model, shape, engine=self._engine)
                self._runners[shape] = runner
            return self._runners[shape]

    def _people(
        self, prediction: npt.NDArray[np.float32], size: npt.NDArray[np.float32]
    ) -> Detections:
        """Choose among the candidates float32 [5 or more, anchors]: centre, size, confidences."""
        candidates = np.flatnonzero(prediction[_PERSON] >= self._confidence)
        if not len(candidates):
            return Detections.none()
        confidence = prediction[_PERSON, candidates]
        centre, extent = prediction[:2, candidates].T, prediction[2:4, candidates].T
        left_top = centre - extent * np.float32(0.5)
        kept = np.asarray(
            cv2.dnn.NMSBoxes(
                np.hstack([left_top, extent]),  # type: ignore[arg-type]  # any array will do
                confidence,
                0.0,
                self._iou,
            ),
            np.int64,
        )[: self._max_detections]
        boxes = np.hstack([left_top, left_top + extent], dtype=np.float32)[kept]
        return Detections(boxes / size, confidence[kept])
