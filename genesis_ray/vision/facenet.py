"""FaceNet's weights, read from its frozen TensorFlow graph.

The graph is a protocol buffer (tensorflow/core/framework/graph.proto). Only the few
fields that hold constants are read, so TensorFlow is not needed and nothing is executed.
Freezing folded batch normalisation into the convolutions: what is left of it is an offset.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

Weights = npt.NDArray[np.float32]
Value = int | memoryview

_ROOT = "InceptionResnetV1/"
_BATCH_NORM_EPSILON = 0.001  # of facenet-pytorch's layers, and of the original's
_FLOAT = 1  # tensorflow.DataType.DT_FLOAT

# TensorFlow's names of the convolutions along each branch of a block.
_Branches = tuple[tuple[str, ...], ...]
_BLOCK35 = (("1x1",), ("0a_1x1", "0b_3x3"), ("0a_1x1", "0b_3x3", "0c_3x3"))
_BLOCK17 = (("1x1",), ("0a_1x1", "0b_1x7", "0c_7x1"))
_BLOCK8 = (("1x1",), ("0a_1x1", "0b_1x3", "0c_3x1"))
_MIXED_6A = (("1a_3x3",), ("0a_1x1", "0b_3x3", "1a_3x3"))
_MIXED_7A = (("0a_1x1", "1a_3x3"), ("0a_1x1", "1a_3x3"), ("0a_1x1", "0b_3x3", "1a_3x3"))

_STEM = ("1a_3x3", "2a_3x3", "2b_3x3", "3b_1x1", "4a_3x3", "4b_3x3")
_REDUCTIONS = (("mixed_6a", "Mixed_6a", _MIXED_6A), ("mixed_7a", "Mixed_7a", _MIXED_7A))
_RESIDUALS: tuple[tuple[str, str, _Branches], ...] = (
    *((f"repeat_1.{k}", f"Repeat/block35_{k + 1}", _BLOCK35) for k in range(5)),
    *((f"repeat_2.{k}", f"Repeat_1/block17_{k + 1}", _BLOCK17) for k in range(10)),
    *((f"repeat_3.{k}", f"Repeat_2/block8_{k + 1}", _BLOCK8) for k in range(5)),
    ("block8", "Block8", _BLOCK8),
)


def read_weights(graph: Path) -> dict[str, Weights]:
    """Return the state of facenet-pytorch's InceptionResnetV1, by its own names.

    `graph` is a frozen `InceptionResnetV1` of the facenet project, batch norm folded.
    """
    constants = dict(_constants(graph))
    state: dict[str, Weights] = {}
    for ours, theirs in _convolutions():
        kernel = constants[f"{_ROOT}{theirs}/weights"]
        state[f"{ours}.conv.weight"] = _planes_first(kernel)
        state |= _identity_norm(f"{ours}.bn", constants[f"{_ROOT}{theirs}/Conv2D_bn_offset"])
    for ours, theirs, _ in _RESIDUALS:
        kernel = constants[f"{_ROOT}{theirs}/Conv2d_1x1/weights"]
        state[f"{ours}.conv2d.weight"] = _planes_first(kernel)
        state[f"{ours}.conv2d.bias"] = constants[f"{_ROOT}{theirs}/Conv2d_1x1/biases"]

    bottleneck = f"{_ROOT}Bottleneck/"
    state["last_linear.weight"] = np.ascontiguousarray(constants[f"{bottleneck}weights"].T)
    for ours, theirs in (
        ("weight", "Const"),
        ("bias", "beta"),
        ("running_mean", "moving_mean"),
        ("running_var", "moving_variance"),
    ):
        state[f"last_bn.{ours}"] = constants[f"{bottleneck}BatchNorm/{theirs}"]
    return state


def _convolutions() -> Iterator[tuple[str, str]]:
    """Yield the names, here and in TensorFlow, of every convolution with batch norm."""
    for layer in _STEM:
        yield f"conv2d_{layer[:2]}", f"Conv2d_{layer}"
    for ours, theirs, branches in (*_REDUCTIONS, *_RESIDUALS):
        for b, layers in enumerate(branches):
            for k, layer in enumerate(layers):
                place = f"branch{b}" if len(layers) == 1 else f"branch{b}.{k}"
                yield f"{ours}.{place}", f"{theirs}/Branch_{b}/Conv2d_{layer}"


def _planes_first(kernel: Weights) -> Weights:
    """Turn [height, width, in, out] into [out, in, height, width]."""
    return np.ascontiguousarray(kernel.transpose(3, 2, 0, 1))


def _identity_norm(name: str, offset: Weights) -> dict[str, Weights]:
    """Return a batch norm that only adds `offset`, to the last bit."""
    ones = np.ones_like(offset)
    return {
        f"{name}.weight": ones,
        f"{name}.bias": offset,
        f"{name}.running_mean": np.zeros_like(offset),
        f"{name}.running_var": ones - np.float32(_BATCH_NORM_EPSILON),
    }


def _constants(graph: Path) -> Iterator[tuple[str, Weights]]:
    """Yield the float constants of a GraphDef by name."""
    for number, node in _fields(memoryview(graph.read_bytes())):
        if number != 1:  # GraphDef.node
            continue
        name = operation = b""
        tensor: memoryview | None = None
        for field, value in _fields(_message(node)):
            if field == 1:
                name = bytes(_message(value))
            elif field == 2:
                operation = bytes(_message(value))
            elif field == 5:  # NodeDef.attr, an entry of a map
                entry = dict(_fields(_message(value)))
                if bytes(_message(entry[1])) == b"value":
                    tensor = _message(dict(_fields(_message(entry[2])))[8])
        if operation == b"Const" and tensor is not None:
            array = _float_tensor(tensor)
            if array is not None:
                yield name.decode(), array


def _float_tensor(tensor: memoryview) -> Weights | None:
    """Read a TensorProto; None where it does not hold floats."""
    shape: list[int] = []
    content = memoryview(b"")
    for field, value in _fields(tensor):
        if field == 1 and value != _FLOAT:
            return None
        if field == 2:  # TensorShapeProto, whose field 2 are the dimensions
            dimensions = (_message(d) for number, d in _fields(_message(value)) if number == 2)
            shape = [_number(dict(_fields(dimension)).get(1, 0)) for dimension in dimensions]
        elif field in (4, 5):  # tensor_content, or packed float_val
            content = _message(value)
    values = np.frombuffer(content, "<f4").astype(np.float32)
    # A tensor whose values are all the same is stored as one.
    return np.full(shape, values[0]) if values.size == 1 else values.reshape(shape)


def _fields(message: memoryview) -> Iterator[tuple[int, Value]]:
    """Yield the numbered fields of an encoded protocol buffer message."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        number, wire_type = key >> 3, key & 7
        if wire_type == 0:
            value, at = _varint(message, at)
            yield number, value
            continue
        if wire_type == 2:
            length, at = _varint(message, at)
        else:
            length = {1: 8, 5: 4}[wire_type]
        yield number, message[at : at + length]
        at += length


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    """Return a variable-length integer and where it ends."""
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def _message(value: Value) -> memoryview:
    if isinstance(value, int):
        raise ValueError("expected bytes in a protocol buffer field, got a number")
    return value


def _number(value: Value) -> int:
    if not isinstance(value, int):
        raise ValueError("expected a number in a protocol buffer field, got bytes")
    return value
