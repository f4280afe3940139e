"""A detector in 8 bits: `python -m genesis_ray.vision.quantise FILE.xml NEW_FILE.xml`.

Post-training quantisation by NNCF, OpenVINO's own tool: weights and the inputs of convolutions
become 8-bit integers, whose ranges are found by running real pictures through the network. What
turns the head's outputs into boxes and confidences stays as it is, as in ultralytics' own export.
"""

import sys
from itertools import product
from pathlib import Path

import numpy as np
import numpy.typing as npt

from genesis_ray.vision.quiet_openvino import ov  # isort: skip  before the rest of OpenVINO
import nncf

from genesis_ray.vision.letterbox import Letterbox
from genesis_ray.vision.openvino_write import write
from genesis_ray.vision.sources import open_recording

_PHOTOS = ("bus.jpg", "zidane.jpg")
"""People far and near, in every installation. Ranges found on 169 frames of eight surveillance
videos instead gave the same accuracy: benchmarks/README.md."""

_HEAD = "model.22"  # where the layers of yolov8 end and its head begins


def pictures() -> npt.NDArray[np.uint8]:
    """Return pictures of people to calibrate by, uint8 [n, 480, 640, 3], BGR.

    Pans over photographs: dark and bright, sharp and soft, as they are and mirrored.
    """
    stack = []
    for photo, mirror, brightness, (width, height) in product(
        _PHOTOS, ("true", "false"), (0.5, 1.0, 1.4), ((640, 480), (320, 240))
    ):
        url = (
            f"photo:package:ultralytics/assets/{photo}?seconds=1&fps=4&mirror={mirror}"
            f"&brightness={brightness}&width={width}&height={height}"
        )
        letterbox = Letterbox.fit(width, height)
        with open_recording(url, camera_id="photo", process_fps=None, start=None) as source:
            stack += [letterbox.apply(frame.image) for frame in source]
    return np.stack(stack)


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
