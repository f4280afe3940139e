"""Conversion from torch: `python -m genesis_ray.vision.openvino_convert MODEL FILE`."""

import sys
from pathlib import Path

import torch

from genesis_ray.vision.quiet_openvino import ov  # isort: skip  before the rest of OpenVINO
from openvino.frontend import FrontEndManager
from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

from genesis_ray.vision import models, torch_engine
from genesis_ray.vision.openvino_write import write


def converted(name: str) -> ov.Model:
    """Convert for all shapes, by the front end that OpenVINO's `convert_model` uses."""
    network = torch_engine.network(models.find(name), any_shape=True)
    with torch.inference_mode():
        # Tracing is deprecated, but torch.export, its successor, takes ten times as long.
        traced = TorchScriptPythonDecoder(
            network,
            example_input=torch.zeros(1, 3, 64, 96),
            trace_kwargs={"check_trace": False},
        )
        front_end = FrontEndManager().load_by_framework("pytorch")
        return front_end.convert(front_end.load(traced))


if __name__ == "__main__":
    write(converted(sys.argv[1]), Path(sys.argv[2]))
