import importlib.util
import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest

from genesis_ray.errors import ModelError
from genesis_ray.vision import engines, models
from genesis_ray.vision.engines import Runner
from genesis_ray.vision.letterbox import Letterbox

needs_models = [pytest.mark.models, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def photos() -> np.ndarray:
    """Three different pictures of people, uint8 [3, 384, 640, 3]."""
    package = importlib.util.find_spec("ultralytics")
    assert package is not None
    zidane = cv2.imread(str(Path(package.origin).parent / "assets" / "zidane.jpg"))
    image = Letterbox.fit(zidane.shape[1], zidane.shape[0]).apply(zidane)
    return np.stack([image, image[:, ::-1], image // 2])


@pytest.fixture(scope="module", params=["openvino-int8", "openvino", "onnxruntime", "torch"])
def yolo(request: pytest.FixtureRequest) -> Runner:
    return engines.load("yolov8n", (384, 640), engine=request.param)


@pytest.fixture(scope="module")
def predictions(yolo: Runner, photos: np.ndarray) -> np.ndarray:
    """What the detector says of the photos in one stack."""
    return yolo(photos)[0]


@pytest.mark.parametrize(
    ("model", "device", "multiplies_int8", "best"),
    [
        ("yolov8n", "cpu", True, "openvino-int8"),
        ("yolov8n", "cpu", False, "openvino"),
        ("yolov8n", "cuda", True, "torch"),
        ("facenet-vggface2", "cpu", True, "openvino"),
        ("sface", "cuda", True, "openvino"),
    ],
)
def test_best_engine_is_the_fastest_that_the_machine_and_the_model_have(
    model, device, multiplies_int8, best, monkeypatch
):
    monkeypatch.setattr(engines, "_multiplies_int8", lambda: multiplies_int8)
    assert engines.best_engine(model, device) == best


@pytest.mark.parametrize(
    ("model", "best"), [("yolov8n", "onnxruntime"), ("sface", "onnxruntime"), ("yunet", "openvino")]
)
def test_without_openvino_the_processors_next_best_is_onnx_runtime(model, best, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    assert engines.best_engine(model, "cpu") == best


@pytest.mark.parametrize("hidden", ["", "-1"])
def test_hidden_gpus_are_none(hidden, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", hidden)
    assert engines.best_device() == "cpu"


def test_engine_that_cannot_run_a_model_is_refused_with_those_that_can():
    with pytest.raises(
        ModelError, match=r"can run sface \(auto, openvino, onnxruntime\), got 'torch'"
    ):
        engines.load("sface", (112, 112), engine="torch")


def test_unknown_engine_is_refused_with_the_known_ones():
    with pytest.raises(
        ModelError,
        match=r"\(auto, torch, openvino, openvino-int8, onnxruntime, tensorrt\), got 'tflite'",
    ):
        engines.load("yolov8n", (384, 640), engine="tflite")


def test_model_that_comes_in_a_package_is_no_engines_business():
    with pytest.raises(ModelError, match="Python package"):
        engines.load("mtcnn", (320, 320))


def test_model_of_one_shape_takes_no_other():
    with pytest.raises(ModelError, match="160x160"):
        engines.load("facenet-vggface2", (112, 112))


@pytest.mark.parametrize("shape", [(384, 650), (0, 640)])
def test_shapes_go_in_steps_of_32(shape):
    with pytest.raises(ModelError, match="steps of 32"):
        engines.load("yolov8n", shape)


class TestRunner:
    pytestmark = needs_models

    def test_output_has_a_row_for_each_picture(self, predictions):
        assert predictions.shape == (3, 5, 5040)
        assert predictions.dtype == np.float32

    def test_empty_stack_gives_empty_outputs(self, yolo, photos):
        assert yolo(photos[:0])[0].shape == (0, 5, 5040)

    def test_results_are_the_same_bits_whatever_the_neighbours(self, yolo, photos, predictions):
        for index, photo in enumerate(photos):
            np.testing.assert_array_equal(yolo(photo[None])[0][0], predictions[index])
        np.testing.assert_array_equal(yolo(photos[::-1])[0][::-1], predictions)
        many = yolo(np.concatenate([photos] * 4))[0]
        np.testing.assert_array_equal(many, np.concatenate([predictions] * 4))

    def test_threads_that_call_at_once_get_their_own_results(self, yolo, photos, predictions):
        parts = [slice(None), slice(None, None, -1), slice(1, None), slice(1)] * 2
        stacks = [photos[part] for part in parts]
        with ThreadPoolExecutor(4) as pool:
            for (got,), part in zip(pool.map(yolo, stacks), parts, strict=True):
                np.testing.assert_array_equal(got, predictions[part])

    def test_two_loads_of_a_model_agree_to_the_bit(self, photos):
        first, second = (engines.load("yolov8n", (384, 640))(photos)[0] for _ in range(2))
        np.testing.assert_array_equal(first, second)

    def test_read_only_pictures_are_taken(self, yolo, photos, predictions):
        frozen = photos.copy()
        frozen.setflags(write=False)
        np.testing.assert_array_equal(yolo(frozen)[0], predictions)

    @pytest.mark.parametrize(
        "images",
        [np.zeros((1, 480, 640, 3), np.uint8), np.zeros((1, 384, 640, 3), np.float32)],
        ids=["shape", "type"],
    )
    def test_pictures_of_another_shape_or_type_are_refused(self, yolo, images):
        with pytest.raises(ValueError, match=r"expected uint8 \[n, \*\(384, 640, 3\)\], got"):
            yolo(images)


@pytest.mark.models
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("engine", "pixels", "confidence"), [("openvino", 2, 0.08), ("onnxruntime", 0.005, 0.0001)]
)
def test_engines_agree_with_torch_on_people(engine, pixels, confidence, photos):
    """Stated tolerances; OpenVINO's is for processors that use bfloat16, in float32 it agrees
    like ONNX Runtime, which computes in nothing else."""
    by_engine = [
        engines.load("yolov8n", (384, 640), engine=name)(photos)[0] for name in ("torch", engine)
    ]
    people = by_engine[0][:, 4] > 0.4
    assert people.sum() > 10
    boxes, confidences = (
        [np.moveaxis(output, 1, 2)[people][:, rows] for output in by_engine]
        for rows in (slice(0, 4), 4)
    )
    assert np.abs(boxes[0] - boxes[1]).max() < pixels
    assert np.abs(confidences[0] - confidences[1]).max() < confidence


@pytest.mark.models
@pytest.mark.timeout(300)
def test_network_cut_down_to_people_says_what_the_whole_one_says(photos):
    import torch

    from genesis_ray.vision import torch_engine

    cut_down = torch_engine.network(models.find("yolov8n"))
    from ultralytics.nn.tasks import load_checkpoint

    whole = load_checkpoint(models.weights("yolov8n"), device="cpu", fuse=True)[0]
    planes = torch.from_numpy(photos[:1].copy()).permute(0, 3, 1, 2).float() / 255
    with torch.inference_mode():
        np.testing.assert_allclose(cut_down(planes), whole(planes)[0][:, :5], rtol=1e-5, atol=1e-6)


@pytest.mark.models
@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
def test_sface_gives_the_features_that_opencv_gives(engine):
    faces = np.random.default_rng(0).integers(0, 256, (3, 112, 112, 3), dtype=np.uint8)
    (features,) = engines.load("sface", (112, 112), engine=engine)(faces)
    opencv = cv2.FaceRecognizerSF.create(str(models.weights("sface")), "")
    for face, feature in zip(faces, features, strict=True):
        other = opencv.feature(face)[0]
        similarity = feature @ other / np.linalg.norm(feature) / np.linalg.norm(other)
        assert similarity > 0.999


@pytest.mark.models
@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
def test_outputs_without_a_batch_dimension_belong_to_one_picture_each(engine):
    pictures = np.zeros((2, 320, 320, 3), np.uint8)
    outputs = engines.load("scrfd_500m", (320, 320), engine=engine)(pictures)
    assert [output.shape for output in outputs[:3]] == [(2, 3200, 1), (2, 800, 1), (2, 200, 1)]


@pytest.fixture(scope="module")
def fresh_cache(tmp_path_factory) -> Path:
    """A cache of models where the detector is weights alone, and is to be converted."""
    cache = tmp_path_factory.mktemp("cache")
    shutil.copy(models.weights("yolov8n"), cache)
    shutil.copy(models.weights("facenet-vggface2"), cache)
    by_openvino, by_onnxruntime = (
        engines.export("facenet-vggface2", (160, 160), engine=engine)
        for engine in ("openvino", "onnxruntime")
    )
    for converted in (by_openvino, by_onnxruntime.parent):
        shutil.copytree(converted, cache / converted.relative_to(models.models_dir()))
    return cache


@pytest.fixture(scope="module")
def fresh_process(request, fresh_cache, tmp_path_factory) -> tuple[list[str], Path]:
    """What a process imported that converted and loaded models for an engine, and its home."""
    home = tmp_path_factory.mktemp("home")
    script = f"""
import json, sys
from genesis_ray.vision import engines
engines.load("yolov8n", (64, 96), engine="{request.param}")
engines.load("facenet-vggface2", (160, 160), engine="{request.param}")
print(json.dumps([name for name in ("torch", "ultralytics", "ray") if name in sys.modules]))
"""
    finished = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "HOME": str(home), "GENESIS_MODELS_DIR": str(fresh_cache)},
        capture_output=True,
        check=True,
    )
    return json.loads(finished.stdout), home


@pytest.mark.models
@pytest.mark.timeout(300)
@pytest.mark.parametrize("fresh_process", ["auto", "onnxruntime"], indirect=True)
def test_a_process_that_uses_another_engine_never_imports_torch(fresh_process):
    """Not even when a shape is new and the model is to be converted for it."""
    assert fresh_process[0] == []


@pytest.mark.models
@pytest.mark.timeout(300)
@pytest.mark.parametrize("fresh_process", ["auto"], indirect=True)
def test_nothing_is_written_outside_the_cache(fresh_process):
    """OpenVINO and Ultralytics would both leave files in the home, and report their use."""
    assert list(fresh_process[1].iterdir()) == []


@pytest.mark.models
def test_export_makes_files_once_and_says_where():
    folder = engines.export("yunet", (320, 320))
    made = (folder / "model.xml").stat().st_mtime_ns
    assert engines.export("yunet", (320, 320)) == folder
    assert (folder / "model.xml").stat().st_mtime_ns == made
    assert models.find("yunet").sha256[:12] in folder.name


@pytest.mark.models
def test_files_that_openvino_cannot_read_are_reported_with_the_remedy(tmp_path, monkeypatch):
    weights = models.weights("yunet")
    monkeypatch.setenv("GENESIS_MODELS_DIR", str(tmp_path))
    shutil.copy(weights, tmp_path)
    folder = engines.export("yunet", (320, 320))
    (folder / "model.xml").write_text("<net")
    with pytest.raises(ModelError, match="remove this folder"):
        engines.load("yunet", (320, 320))
