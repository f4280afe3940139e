"""Conversion of models to OpenVINO's representation, once a shape.

`python -m genesis_ray.vision.openvino_export NAME FOLDER` does the part that needs torch,
for all shapes, so that no other process pays for torch.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from genesis_ray.errors import ModelError
from genesis_ray.vision import models
from genesis_ray.vision.catalog import Model
from genesis_ray.vision.fetch import sha256_of, sole_writer
from genesis_ray.vision.quiet_openvino import ov

# Counts up when the conversion below changes, so that older files are not used.
_REVISION = 1
_FILE = "model.xml"
_SEAL = "SHA256SUMS"


def export(model: Model, shape: tuple[int, int]) -> Path:
    """Return the folder with a model converted for `shape`, made if it is missing.

    Its name holds the digest of the weights, which are read only to make it.
    """
    size = f"{shape[0]}x{shape[1]}"
    return _folder(model, size, lambda folder: _save(_readable(model), model, shape, folder))


def exported() -> dict[Path, bool]:
    """Hash every converted model in the cache; True for those that are as they were made."""
    seals = sorted((models.models_dir() / "openvino").glob(f"*/{_SEAL}"))
    return {seal.parent: _is_whole(seal) for seal in seals}


def _readable(model: Model) -> Path:
    """Return a file of the model that OpenVINO reads: ONNX and TensorFlow files as they are."""
    if model.format != "ultralytics":
        return models.weights(model.name)
    return _folder(model, "any", partial(_convert_in_own_process, model.name)) / _FILE


def _folder(model: Model, size: str, write: Callable[[Path], None]) -> Path:
    """Return the folder of a conversion; if it is missing, it appears when `write` is done."""
    version = ov.get_version().split("-")[0]
    key = f"{model.name}-{size}-{model.sha256[:12]}-openvino-{version}-{_REVISION}"
    folder = models.models_dir() / "openvino" / key
    if folder.is_dir():
        return folder
    with sole_writer(folder):
        if folder.is_dir():
            return folder
        try:
            with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".export-") as temporary:
                made = Path(temporary) / key
                made.mkdir()
                write(made)
                _seal(made)
                made.replace(folder)
        except OSError as error:
            raise ModelError(
                f"cannot write {folder}: {error.strerror}; make room or set GENESIS_MODELS_DIR"
            ) from error
    return folder


def _seal(folder: Path) -> None:
    lines = [f"{sha256_of(file)}  {file.name}\n" for file in sorted(folder.iterdir())]
    (folder / _SEAL).write_text("".join(lines))


def _is_whole(seal: Path) -> bool:
    pairs = [line.split() for line in seal.read_text().splitlines()]
    return all(
        (file := seal.with_name(name)).is_file() and sha256_of(file) == digest
        for digest, name in pairs
    )


def _save(source: Path, model: Model, shape: tuple[int, int], folder: Path) -> None:
    """Fix the shape, fold the model's input convention into the network, and write it."""
    network = ov.Core().read_model(source)
    # FaceNet's graph is TensorFlow's, which keeps the colours of a pixel together.
    together = model.format == "facenet-graph"
    network.reshape([1, *shape, 3] if together else [1, 3, *shape])
    fold = ov.preprocess.PrePostProcessor(network)
    pictures, steps = fold.input().tensor(), fold.input().preprocess()
    pictures.set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC"))
    pictures.set_color_format(ov.preprocess.ColorFormat.BGR)
    fold.input().model().set_layout(ov.Layout("NHWC" if together else "NCHW"))
    steps.convert_element_type(ov.Type.f32)
    if model.input.colour == "RGB":
        steps.convert_color(ov.preprocess.ColorFormat.RGB)
    steps.mean(model.input.mean).scale(model.input.scale)
    _write(fold.build(), folder)


def _write(network: ov.Model, folder: Path) -> None:
    try:
        ov.save_model(network, folder / _FILE, compress_to_fp16=False)
    except RuntimeError as error:  # what OpenVINO makes of a full disk
        raise ModelError(
            f"OpenVINO cannot write in {models.models_dir()}: {error}; "
            "make room or set GENESIS_MODELS_DIR"
        ) from error


def _convert_in_own_process(name: str, folder: Path) -> None:
    models.weights(name)  # its errors are raised here, not there
    finished = subprocess.run(  # noqa: S603  our own module
        [sys.executable, "-W", "ignore", "-m", __name__, name, str(folder)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode != 0:
        raise ModelError(
            f"{name} could not be converted for OpenVINO; the converter ended with "
            f"{finished.returncode} and said:\n{finished.stderr.strip()[-2000:]}"
        )


def _convert(name: str, folder: Path) -> None:
    """Convert for all shapes, by the front end that OpenVINO's `convert_model` uses."""
    import torch
    from openvino.frontend import FrontEndManager
    from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

    from genesis_ray.vision import torch_engine

    network = torch_engine.network(models.find(name), any_shape=True)
    with torch.inference_mode():
        # Tracing is deprecated, but torch.export, its successor, takes ten times as long.
        traced = TorchScriptPythonDecoder(
            network,
            example_input=torch.zeros(1, 3, 64, 96),
            trace_kwargs={"check_trace": False},
        )
        front_end = FrontEndManager().load_by_framework("pytorch")
        _write(front_end.convert(front_end.load(traced)), folder)


if __name__ == "__main__":
    _convert(sys.argv[1], Path(sys.argv[2]))
