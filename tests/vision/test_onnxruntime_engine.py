import onnxruntime
import pytest

from genesis_ray.errors import ModelError
from genesis_ray.vision import models
from genesis_ray.vision.onnxruntime_engine import OnnxRuntimeRunner, providers

CPU, CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"
TENSORRT = "TensorrtExecutionProvider"


@pytest.mark.parametrize(
    ("device", "there", "chain"),
    [
        ("cpu", [CPU], [CPU]),
        ("cuda", [CPU], [CPU]),
        ("cuda", [CUDA, CPU], [CUDA, CPU]),
        ("cuda", [CPU, CUDA, TENSORRT], [TENSORRT, CUDA, CPU]),
        ("cpu", [CPU, CUDA, TENSORRT], [CPU]),
    ],
)
def test_the_fastest_that_device_and_build_have_comes_first(device, there, chain, monkeypatch):
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: there)
    assert providers(device) == chain


def test_a_file_that_is_no_model_is_reported_with_the_remedy(tmp_path):
    (tmp_path / "model.onnx").write_bytes(b"no model")
    with pytest.raises(ModelError, match="remove its folder"):
        OnnxRuntimeRunner(
            tmp_path / "model.onnx",
            models.find("yolov8n").input,
            (64, 96),
            device="cpu",
            threads=1,
        )
