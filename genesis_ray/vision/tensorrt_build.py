"""A TensorRT plan: `python -m genesis_ray.vision.tensorrt_build ONNX PLAN BATCH 3 HEIGHT WIDTH`.

In float32, with TensorFloat-32 where the GPU has it. Half precision waits for a measurement.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from genesis_ray.vision import quiet_ultralytics  # noqa: F401  # isort: skip
import onnx
from ultralytics.utils.export.engine import onnx2engine


def fixed(network: onnx.ModelProto, sides: Sequence[int]) -> onnx.ModelProto:
    """Return a network of any input shape as one that takes only the shape `sides`."""
    one = onnx.ModelProto()
    one.CopyFrom(network)
    for side, size in zip(one.graph.input[0].type.tensor_type.shape.dim, sides, strict=True):
        side.dim_value = size
    return one


def build(source: Path, file: Path, sides: tuple[int, int, int, int]) -> None:
    """Write the plan of an ONNX file for one input shape."""
    of_one_shape = file.with_suffix(".onnx")
    onnx.save(fixed(onnx.load(source), sides), of_one_shape)
    try:
        onnx2engine(str(of_one_shape), file, shape=sides)
    finally:
        of_one_shape.unlink()


if __name__ == "__main__":
    batch, colours, height, width = map(int, sys.argv[3:])
    build(Path(sys.argv[1]), Path(sys.argv[2]), (batch, colours, height, width))
