import importlib.util
import sys
from types import SimpleNamespace

import pytest

from genesis_ray.errors import ModelError
from genesis_ray.vision import engines, export_cache, models, onnx_export, tensorrt_export


@pytest.fixture
def gpu(monkeypatch, tmp_path):
    """A machine with an NVIDIA GPU and TensorRT, as far as can be told from outside."""
    import torch

    driver = tmp_path / "version"
    driver.write_text("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.95.05  Release")
    monkeypatch.setenv("GENESIS_MODELS_DIR", str(tmp_path))
    monkeypatch.setattr(tensorrt_export, "_DRIVER", driver)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "NVIDIA H200 (80 GB)")
    monkeypatch.setattr(engines, "best_device", lambda: "cuda")
    tensorrt = SimpleNamespace(__version__="11.4.0.106", __spec__=object())
    monkeypatch.setitem(sys.modules, "tensorrt", tensorrt)


@pytest.mark.parametrize("ask", [engines.load, engines.export, engines.is_exported])
def test_without_a_gpu_it_says_so_and_what_to_do(ask, monkeypatch):
    monkeypatch.setattr(engines, "best_device", lambda: "cpu")
    with pytest.raises(ModelError, match=r"needs an NVIDIA GPU.*choose another engine"):
        ask("yolov8n", (384, 640), engine="tensorrt")


@pytest.mark.parametrize("ask", [engines.load, engines.export, engines.is_exported])
def test_without_the_package_it_says_how_to_install_it(ask, monkeypatch):
    monkeypatch.setattr(engines, "best_device", lambda: "cuda")
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ModelError, match="uv pip install tensorrt-cu13==11"):
        ask("yolov8n", (384, 640), engine="tensorrt")


def test_a_plan_belongs_to_one_gpu_driver_version_and_shape(gpu, monkeypatch, tmp_path):
    commands = []
    monkeypatch.setattr(onnx_export, "export", lambda _: tmp_path / "any.onnx")
    monkeypatch.setattr(export_cache, "in_own_process", lambda _, *rest: commands.append(rest))
    assert not engines.is_exported("yolov8n", (384, 640), engine="tensorrt")
    plan = engines.export("yolov8n", (384, 640), engine="tensorrt")
    assert plan.name == "model.engine"
    name = plan.parent.name
    for part in ("yolov8n-384x640", models.find("yolov8n").sha256[:12], "NVIDIA-H200-80-GB-"):
        assert part in name
    assert "driver-580.95.05-tensorrt-11.4.0.106" in name
    assert engines.is_exported("yolov8n", (384, 640), engine="tensorrt")
    assert not engines.is_exported("yolov8n", (480, 640), engine="tensorrt")
    ((module, source, _, *sides),) = commands
    assert (module, source) == ("genesis_ray.vision.tensorrt_build", str(tmp_path / "any.onnx"))
    assert sides == ["8", "3", "384", "640"]


def test_a_driver_that_tells_nothing_is_no_hindrance(gpu, monkeypatch, tmp_path):
    monkeypatch.setattr(tensorrt_export, "_DRIVER", tmp_path / "nowhere")
    path = tensorrt_export._path(models.find("yolov8n"), (384, 640))
    assert "driver-unknown" in path.name
