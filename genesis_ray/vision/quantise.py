"""A detector in 8 bits: `python -m genesis_ray.vision.quantise FILE.xml NEW_FILE.xml`.

Post-training quantisation by NNCF, OpenVINO's own tool: weights and the inputs of convolutions
become 8-bit integers, whose ranges are found by running real pictures through the network. What
turns the head's outputs into boxes and confidences stays as it is, as in ultralytics' own export.
"""

import sys
from pathlib import Path

import numpy as np

from genesis_ray.vision.quiet_openvino import ov  # isort: skip  before the rest of OpenVINO
import nncf

from genesis_ray.vision.calibration import pictures
from genesis_ray.vision.openvino_write import write

_HEAD = "model.22"  # where the layers of yolov8 end and its head begins


def quantised(network: ov.Model) -> ov.Model:
    """Return a detector in 8 bits that takes what `network` does: RGB in planes, 0 to 1."""
    planes = pictures()[..., ::-1].transpose(0, 3, 1, 2)
    inputs = [np.ascontiguousarray(each[None], np.float32) / 255 for each in planes]
    return nncf.quantize(
        network,
        nncf.Dataset(inputs),
        preset=nncf.QuantizationPreset.MIXED,
        subset_size=len(inputs),
        target_device=nncf.TargetDevice.CPU,
        ignored_scope=nncf.IgnoredScope(
            patterns=[f".*{_HEAD}.*/(Add|Sub|Mul|Div).*", ".*dfl.*"],
            types=["Sigmoid"],
            validate=False,
        ),
    )


if __name__ == "__main__":
    write(quantised(ov.Core().read_model(sys.argv[1])), Path(sys.argv[2]))
