"""Conversion of models to OpenVINO's representation, once a shape.

What needs much, torch or the quantiser, is done for all shapes at once by a process of its
own, so that no other pays for it.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path

from genesis_ray.errors import ModelError
from genesis_ray.vision import models
from genesis_ray.vision.catalog import Model
from genesis_ray.vision.fetch import sha256_of, sole_writer

# Counts up when the conversion below changes, so that older files are not used.
_REVISION = 1
_FILE = "model.xml"
_SEAL = "SHA256SUMS"


def export(model: Model, shape: tuple[int, int], *, int8: bool = False) -> Path:
    """Return the folder with a model converted for `shape`, made if it is missing.

    Its name holds the digest of the weights, which are read only to make it. With `int8` its
    weights and activations have 8 bits, where that does not cost accuracy; see `quantise`.
    """
    return _folder(
        model,
        _variant(shape, int8),
        lambda folder: _save(_in_int8(model) if int8 else _readable(model), model, shape, folder),
    )


def is_exported(model: Model, shape: tuple[int, int], *, int8: bool = False) -> bool:
    """Tell whether `export` would find the folder made."""
    return _path(model, _variant(shape, int8)).is_dir()


def exported() -> dict[Path, bool]:
    """Hash every converted model in the cache; True for those that are as they were made."""
    seals = sorted((models.models_dir() / "openvino").glob(f"*/{_SEAL}"))
    return {seal.parent: _is_whole(seal) for seal in seals}


def _readable(model: Model) -> Path:
    """Return a file of the model that OpenVINO reads: ONNX and TensorFlow files as they are."""
    if model.format != "ultralytics":
        return models.weights(model.name)
    run = partial(_in_own_process, model, "genesis_ray.vision.openvino_convert", model.name)
    return _folder(model, "any", run) / _FILE


def _in_int8(model: Model) -> Path:
    """Return a file of the model in 8 bits, for any shape."""
    source = _readable(model)
    run = partial(_in_own_process, model, "genesis_ray.vision.quantise", str(source))
    return _folder(model, "any-int8", run) / _FILE


def _variant(shape: tuple[int, int], int8: bool) -> str:
    return f"{shape[0]}x{shape[1]}" + ("-int8" if int8 else "")


def _path(model: Model, variant: str) -> Path:
    key = f"{model.name}-{variant}-{model.sha256[:12]}-openvino-{version('openvino')}-{_REVISION}"
    return models.models_dir() / "openvino" / key


def _folder(model: Model, variant: str, write: Callable[[Path], None]) -> Path:
    """Return the folder of a conversion; if it is missing, it appears when `write` is done."""
    folder = _path(model, variant)
    if folder.is_dir():
        return folder
    with sole_writer(folder):
        if folder.is_dir():
            return folder
        try:
            with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".export-") as temporary:
                made = Path(temporary) / folder.name
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
    # A second to import, which whoever finds the folder made does without.
    from genesis_ray.vision.openvino_write import write
    from genesis_ray.vision.quiet_openvino import ov

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
    write(fold.build(), folder / _FILE)


def _in_own_process(model: Model, module: str, what: str, folder: Path) -> None:
    """Have `module` write the model into `folder`, made of `what`."""
    models.weights(model.name)  # its errors are raised here, not there
    finished = subprocess.run(  # noqa: S603  our own module
        [sys.executable, "-W", "ignore", "-m", module, what, str(folder / _FILE)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode != 0:
        raise ModelError(
            f"{model.name} could not be converted for OpenVINO; {module} ended with "
            f"{finished.returncode} and said:\n{finished.stderr.strip()[-2000:]}"
        )
