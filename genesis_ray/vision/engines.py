"""The engines that run a model, behind one call."""

import importlib.util
import os
import re
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from genesis_ray.errors import ModelError
from genesis_ray.processors import usable_cores
from genesis_ray.vision import models
from genesis_ray.vision.catalog import Engine, Model
from genesis_ray.vision.memory_guard import MemoryGuard

Device = Literal["cpu", "cuda"]


class Runner(Protocol):
    """A model made ready for pictures of one shape; any number of threads may call it.

    A picture's result is the same to the last bit whatever else is in the stack.
    """

    def __call__(self, images: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.float32], ...]:
        """Run the model on uint8 [n, h, w, 3], BGR; each of its outputs is [n, ...].

        The model's own colour order and scale are part of it. Raises ValueError for
        pictures of another shape.
        """
        ...


def best_device() -> Device:
    """Return "cuda" where this process has an NVIDIA GPU; found out without torch."""
    if os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1"):
        return "cpu"
    return "cuda" if any(Path("/dev").glob("nvidia[0-9]*")) else "cpu"


def best_engine(model: str, device: Device) -> Engine:
    """Return the fastest engine known to run a model on a device without getting worse at it.

    The order on a processor, of those that the model has: OpenVINO in 8 bits, where the processor
    multiplies those; OpenVINO; ONNX Runtime; torch. On a GPU it is torch: TensorRT and ONNX Runtime
    have to be chosen, as their accuracy there has not been measured (docs/adr/0006).

    Raises:
        ModelError: No engine runs this model.
    """
    possible = _possible(model)
    wanted: list[Engine] = ["torch"]
    if device == "cpu":
        wanted = ["onnxruntime", "torch"]
        if importlib.util.find_spec("openvino"):
            wanted = ["openvino-int8", "openvino"] if _multiplies_int8() else ["openvino"]
    return next((engine for engine in wanted if engine in possible), possible[0])


def load(
    model: str,
    shape: tuple[int, int],
    *,
    engine: str = "auto",
    threads: int | None = None,
    device: Device | None = None,
) -> Runner:
    """Make a model ready for pictures of `shape`, (height, width), by default on the best device.

    `threads` is how many processor threads it may use, by default as many as there are
    for this process. The first load of a shape converts the model, which takes seconds.
    Raises ModelError for weights that are missing or wrong, or an engine that cannot
    run this model, or not on this machine.
    """
    device, threads = device or best_device(), threads or usable_cores()
    entry, chosen = models.find(model), _chosen(model, engine, device)
    files = export(model, shape, engine=chosen)
    match chosen:
        case "torch" if device == "cuda":
            from genesis_ray.vision.cuda_engine import CudaRunner

            return CudaRunner(entry, shape)
        case "torch":
            from genesis_ray.vision.torch_engine import TorchRunner

            return TorchRunner(entry, shape, threads=threads)
        case "onnxruntime":
            from genesis_ray.vision.onnxruntime_engine import OnnxRuntimeRunner

            return OnnxRuntimeRunner(files, entry.input, shape, device=device, threads=threads)
        case "tensorrt":
            from genesis_ray.vision.tensorrt_engine import TensorRtRunner

            return TensorRtRunner(files, entry.input)
        case "openvino" | "openvino-int8":
            from genesis_ray.vision.openvino_engine import OpenVinoRunner

            return OpenVinoRunner(files, threads=threads)


def load_guarded(model: str, shape: tuple[int, int], *, engine: str = "auto") -> MemoryGuard:
    """Load as `load` does, and go on with the processor's best engine where a GPU is too small."""
    guarded = MemoryGuard(
        lambda: load(model, shape, engine=engine), lambda: load(model, shape, device="cpu")
    )
    guarded(np.zeros((1, *shape, 3), np.uint8))  # which finds out now whether it is
    return guarded


def export(model: str, shape: tuple[int, int], *, engine: str = "auto") -> Path:
    """Make the files from which an engine loads a model at `shape`, and return where they are.

    For torch these are the weights themselves. Raises ModelError as `load` does.
    """
    entry, chosen = models.find(model), _chosen(model, engine)
    _check_shape(entry, shape)
    match chosen:
        case "torch":
            return models.weights(model)
        case "onnxruntime":
            from genesis_ray.vision import onnx_export

            return onnx_export.export(entry)
        case "tensorrt":
            from genesis_ray.vision import tensorrt_export

            return tensorrt_export.export(entry, shape, device=best_device())
        case "openvino" | "openvino-int8":
            from genesis_ray.vision import openvino_export

            return openvino_export.export(entry, shape, int8=chosen == "openvino-int8")


def is_exported(model: str, shape: tuple[int, int], *, engine: str = "auto") -> bool:
    """Tell whether `export` would find its files made; raises ModelError as `load` does."""
    entry, chosen = models.find(model), _chosen(model, engine)
    match chosen:
        case "torch":
            return True
        case "onnxruntime":
            from genesis_ray.vision import onnx_export

            return onnx_export.is_exported(entry)
        case "tensorrt":
            from genesis_ray.vision import tensorrt_export

            return tensorrt_export.is_exported(entry, shape, device=best_device())
        case "openvino" | "openvino-int8":
            from genesis_ray.vision import openvino_export

            return openvino_export.is_exported(entry, shape, int8=chosen == "openvino-int8")


@cache
def _multiplies_int8() -> bool:
    """Tell whether the processor has instructions for products of 8-bit numbers."""
    with suppress(OSError):
        flags = re.search(r"^flags\s*:(.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
        return bool(flags and {"avx512_vnni", "avx_vnni", "amx_int8"} & set(flags[1].split()))
    return False


def _possible(name: str) -> tuple[Engine, ...]:
    if possible := models.find(name).engines:
        return possible
    raise ModelError(f"{name} is run by the Python package it comes in, not by an engine")


def _chosen(name: str, engine: str, device: Device | None = None) -> Engine:
    possible = _possible(name)
    if engine == "auto":
        return best_engine(name, device or best_device())
    for candidate in possible:
        if candidate == engine:
            return candidate
    raise ModelError(
        f"expected an engine that can run {name} (auto, {', '.join(possible)}), got {engine!r}"
    )


def _check_shape(model: Model, shape: tuple[int, int]) -> None:
    if model.input.shape not in (None, shape):
        raise ModelError(f"{model.name} takes pictures of {model.input}, not of {shape}")
    if model.input.shape is None and any(side <= 0 or side % 32 for side in shape):
        raise ModelError(f"{model.name} takes sides in steps of 32 pixels, not {shape}")
