"""Writing a network in OpenVINO's representation."""

from pathlib import Path

from genesis_ray.errors import ModelError
from genesis_ray.vision.quiet_openvino import ov


def write(network: ov.Model, file: Path) -> None:
    """Write a network to `file` and its weights beside it; raises ModelError."""
    try:
        ov.save_model(network, file, compress_to_fp16=False)
    except RuntimeError as error:  # what OpenVINO makes of a full disk
        raise ModelError(
            f"OpenVINO cannot write {file.parent}: {error}; make room or set GENESIS_MODELS_DIR"
        ) from error
