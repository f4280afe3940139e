import importlib.util
from pathlib import Path

import cv2
import numpy as np
import pytest

from genesis_ray.domain.places.geometry import iou
from genesis_ray.domain.streams.frames import Image
from genesis_ray.domain.tracking.detections import Detections
from genesis_ray.errors import ModelError
from genesis_ray.vision import engines, models
from genesis_ray.vision.detector import PersonDetector
from genesis_ray.vision.letterbox import Letterbox
from genesis_ray.vision.memory_guard import MemoryState

needs_models = [pytest.mark.models, pytest.mark.timeout(300)]


def photo(name: str) -> Image:
    package = importlib.util.find_spec("ultralytics")
    assert package is not None
    return cv2.imread(str(Path(package.origin).parent / "assets" / name))


def people_in(image: Image, detector: PersonDetector) -> Detections:
    letterbox = Letterbox.fit(image.shape[1], image.shape[0])
    (found,) = detector.detect(letterbox.apply(image)[None])
    return letterbox.restore(found)


@pytest.fixture(scope="module")
def detector() -> PersonDetector:
    return PersonDetector(confidence=0.25)


def test_model_for_something_else_is_refused():
    with pytest.raises(ModelError, match="yunet is for face-detection"):
        PersonDetector("yunet")


def test_single_picture_is_no_stack(detector):
    with pytest.raises(ValueError, match=r"expected a stack uint8 \[n, h, w, 3\]"):
        detector.detect(np.zeros((384, 640, 3), np.uint8))


def test_a_gpu_that_is_too_small_is_made_do_with_and_told(monkeypatch):
    class Gpu:
        batch = 8

        def __call__(self, images: np.ndarray) -> tuple[np.ndarray]:
            if self.batch > 2:
                raise RuntimeError("CUDA error: out of memory")
            return (np.zeros((len(images), 5, 0), np.float32),)

    monkeypatch.setattr(engines, "load", lambda *_, **__: Gpu())
    detector = PersonDetector()
    assert detector.memory == MemoryState()
    for shape in ((64, 96), (96, 64)):
        assert [len(found) for found in detector.detect(np.zeros((3, *shape, 3), np.uint8))] == [
            0
        ] * 3
    assert (detector.memory.out_of_memory, detector.memory.batch) == (4, 2)


class TestOnPhotos:
    pytestmark = needs_models

    @pytest.mark.parametrize("model", ["yolov8n", "yolo11n"])
    @pytest.mark.parametrize(("name", "people"), [("bus.jpg", 4), ("zidane.jpg", 2)])
    def test_everybody_is_found(self, model, name, people):
        assert len(people_in(photo(name), PersonDetector(model, confidence=0.25))) == people

    @pytest.mark.parametrize("engine", ["openvino-int8", "openvino", "onnxruntime", "torch"])
    def test_people_are_where_ultralytics_finds_them(self, engine, tmp_path, monkeypatch):
        monkeypatch.setenv("YOLO_CONFIG_DIR", str(tmp_path))
        monkeypatch.setenv("YOLO_OFFLINE", "true")
        from ultralytics import YOLO

        image = photo("bus.jpg")
        found = people_in(image, PersonDetector(engine=engine, confidence=0.25))
        (theirs,) = YOLO(models.weights("yolov8n"))(
            image, classes=[0], conf=0.25, iou=0.5, verbose=False
        )
        overlap = iou(found.xyxy, theirs.boxes.xyxyn.numpy())
        assert overlap.shape == (4, 4)
        assert overlap.max(axis=1).min() > 0.9
        np.testing.assert_allclose(found.confidence, theirs.boxes.conf.numpy(), atol=0.08)

    def test_surest_come_first(self, detector):
        confidence = people_in(photo("bus.jpg"), detector).confidence
        assert (np.diff(confidence) <= 0).all()
        assert confidence.dtype == np.float32

    def test_less_sure_than_asked_for_are_left_out(self):
        found = people_in(photo("bus.jpg"), PersonDetector(confidence=0.5))
        assert len(found) == 3
        assert found.confidence.min() >= 0.5

    def test_no_more_than_asked_for_are_kept_and_those_are_the_surest(self, detector):
        everybody = people_in(photo("bus.jpg"), detector)
        two = people_in(photo("bus.jpg"), PersonDetector(confidence=0.25, max_detections=2))
        np.testing.assert_array_equal(two.xyxy, everybody.xyxy[:2])

    def test_people_that_overlap_more_than_allowed_are_one(self, detector):
        boxes = people_in(photo("bus.jpg"), detector).xyxy
        assert np.triu(iou(boxes, boxes), k=1).max() <= 0.5

    def test_an_empty_scene_has_nobody(self, detector):
        (found,) = detector.detect(np.full((1, 384, 640, 3), 114, np.uint8))
        assert len(found) == 0

    def test_an_empty_stack_has_no_answers(self, detector):
        assert detector.detect(np.zeros((0, 384, 640, 3), np.uint8)) == []

    def test_stacks_of_different_shapes_take_turns(self, detector):
        wide, tall = photo("zidane.jpg"), photo("bus.jpg")
        counts = [len(people_in(image, detector)) for image in (wide, tall, wide)]
        assert counts == [2, 4, 2]

    def test_answers_do_not_depend_on_the_stack(self, detector):
        letterbox = Letterbox.fit(1280, 720)
        image = letterbox.apply(photo("zidane.jpg"))
        stack = np.stack([image, image[:, ::-1], np.zeros_like(image)])
        together = detector.detect(stack)
        for index in range(len(stack)):
            (alone,) = detector.detect(stack[index : index + 1])
            np.testing.assert_array_equal(alone.xyxy, together[index].xyxy)
            np.testing.assert_array_equal(alone.confidence, together[index].confidence)
