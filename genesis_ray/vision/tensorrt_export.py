"""Detectors as TensorRT plans: made for one GPU, one TensorRT, one shape, and no other."""

import importlib.util
import re
from pathlib import Path

from genesis_ray.errors import ModelError
from genesis_ray.vision import export_cache, onnx_export
from genesis_ray.vision.catalog import Model

BATCH = 8
"""Pictures a run. Kernels are chosen by it, so there is one for all: a picture's result would else
depend on how many came with it."""

# Counts up when `tensorrt_build` changes, so that older files are not used.
_REVISION = 1
_FILE = "model.engine"

_PACKAGE = "tensorrt-cu13==11.4.0.106"
_DRIVER = Path("/proc/driver/nvidia/version")


def export(model: Model, shape: tuple[int, int], *, device: str) -> Path:
    """Return the plan of a model for pictures of `shape`, made if it is missing.

    Making it takes minutes: TensorRT tries out its kernels on the GPU.

    Raises:
        ModelError: There is no GPU or no TensorRT here, or the plan cannot be made.
    """
    source = onnx_export.export(model) if _is_possible(device) else Path()
    sides = (str(side) for side in (BATCH, 3, *shape))
    folder = export_cache.folder(
        _path(model, shape),
        lambda made: export_cache.in_own_process(
            model, "genesis_ray.vision.tensorrt_build", str(source), str(made / _FILE), *sides
        ),
    )
    return folder / _FILE


def is_exported(model: Model, shape: tuple[int, int], *, device: str) -> bool:
    """Tell whether `export` would find the plan made; raises ModelError as it does."""
    return _is_possible(device) and _path(model, shape).is_dir()


def _is_possible(device: str) -> bool:
    if device != "cuda":
        raise ModelError(
            "the engine tensorrt needs an NVIDIA GPU, and there is none for this process; "
            "choose another engine, or auto"
        )
    if importlib.util.find_spec("tensorrt") is None:
        raise ModelError(
            "the engine tensorrt needs NVIDIA's package of that name, which is not installed; "
            f"`.venv/bin/uv pip install {_PACKAGE}`, or choose another engine, or auto"
        )
    return True


def _path(model: Model, shape: tuple[int, int]) -> Path:
    by = f"{_gpu_name()}-driver-{_driver_version()}-tensorrt-{_tensorrt_version()}-{_REVISION}"
    return export_cache.path_of("tensorrt", model, f"{shape[0]}x{shape[1]}", by=by)


def _gpu_name() -> str:
    import torch  # which holds the GPU's memory for TensorRT anyway

    return re.sub(r"[^A-Za-z0-9]+", "-", torch.cuda.get_device_name())


def _driver_version() -> str:
    """Return the version of the driver, which tells of itself in one line."""
    try:
        found = re.search(r"\s(\d+\.\d+(\.\d+)?)\s", _DRIVER.read_text())
    except OSError:
        found = None
    return found[1] if found else "unknown"


def _tensorrt_version() -> str:
    import tensorrt  # its distribution has one name for each version of CUDA

    named: str = tensorrt.__version__
    return named
