"""Conversion from torch: `python -m genesis_ray.vision.onnx_convert MODEL FILE`."""

import sys
from pathlib import Path

from genesis_ray.vision import quiet_ultralytics  # noqa: F401  # isort: skip
import torch
from ultralytics.utils.export.engine import torch2onnx

from genesis_ray.vision import models, torch_engine

# As ultralytics' own export takes it: later ones have operations that ONNX Runtime's CUDA has not.
_OPSET = 18


def convert(name: str, file: Path) -> None:
    """Write a model that takes float planes [batch, 3, height, width], scaled."""
    model = models.find(name)
    height, width = model.input.shape or (64, 96)
    dynamic = {"images": {0: "batch"}, "output0": {0: "batch"}}
    if model.input.shape is None:
        dynamic["images"] |= {2: "height", 3: "width"}
        dynamic["output0"] |= {2: "anchors"}
    torch2onnx(
        torch_engine.network(model, any_shape=model.input.shape is None),
        torch.zeros(1, 3, height, width),
        file,
        opset=_OPSET,
        dynamic=dynamic,
    )


if __name__ == "__main__":
    convert(sys.argv[1], Path(sys.argv[2]))
