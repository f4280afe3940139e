"""Conversion of models to OpenVINO's representation, once a shape.

`python -m genesis_ray.vision.openvino_export NAME HxW FOLDER` does it in a process of its own.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import openvino as ov
from openvino.preprocess import ColorFormat, PrePostProcessor

from genesis_ray.errors import ModelError
from genesis_ray.vision import models
from genesis_ray.vision.fetch import sha256_of, sole_writer
from genesis_ray.vision.models import Model

# Counts up when the conversion below changes, so that older files are not used.
_REVISION = 1
_SEAL = "SHA256SUMS"


def export(model: Model, shape: tuple[int, int]) -> Path:
    """Return the folder with a model converted for `shape`, made if it is missing.

    Its name holds the digest of the weights, which are read only to make it. OpenVINO reads
    ONNX and TensorFlow files itself; what only torch can read is converted in another
    process, so that this one never pays for torch.
    """
    version = ov.get_version().split("-")[0]
    size = f"{shape[0]}x{shape[1]}"
    key = f"{model.name}-{size}-{model.sha256[:12]}-openvino-{version}-{_REVISION}"
    folder = models.models_dir() / "openvino" / key
    if folder.is_dir():
        return folder
    weights = models.weights(model.name)
    with sole_writer(folder):
        if folder.is_dir():
            return folder
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".export-") as temporary:
            made = Path(temporary) / folder.name
            made.mkdir()
            if model.format == "ultralytics":
                _save_in_own_process(model.name, size, made)
            else:
                _save(ov.Core().read_model(weights), model, shape, made)
            _seal(made)
            made.replace(folder)
    return folder


def exported() -> dict[Path, bool]:
    """Hash every converted model in the cache; True for those that are as they were made."""
    sealed = sorted((models.models_dir() / "openvino").glob(f"*/{_SEAL}"))
    return {seal.parent: _is_whole(seal) for seal in sealed}


def _seal(folder: Path) -> None:
    lines = [f"{sha256_of(file)}  {file.name}\n" for file in sorted(folder.iterdir())]
    (folder / _SEAL).write_text("".join(lines))


def _is_whole(seal: Path) -> bool:
    pairs = [line.split() for line in seal.read_text().splitlines()]
    return all(
        (file := seal.with_name(name)).is_file() and sha256_of(file) == digest
        for digest, name in pairs
    )


def _save_in_own_process(name: str, size: str, folder: Path) -> None:
    finished = subprocess.run(  # noqa: S603  our own module
        [sys.executable, "-W", "ignore", "-m", __name__, name, size, str(folder)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode != 0:
        raise ModelError(
            f"{name} could not be converted for OpenVINO at {size}; the converter ended with "
            f"{finished.returncode} and said:\n{finished.stderr.strip()[-2000:]}"
        )


def _save(network: ov.Model, model: Model, shape: tuple[int, int], folder: Path) -> None:
    """Fold the model's input convention into the network and write it."""
    # FaceNet's graph is TensorFlow's, which keeps the colours of a pixel together.
    layout = ov.Layout("NHWC" if model.format == "facenet-graph" else "NCHW")
    network.reshape([1, *shape, 3] if layout == ov.Layout("NHWC") else [1, 3, *shape])
    fold = PrePostProcessor(network)
    source, steps = fold.input().tensor(), fold.input().preprocess()
    source.set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC"))
    source.set_color_format(ColorFormat.BGR)
    fold.input().model().set_layout(layout)
    steps.convert_element_type(ov.Type.f32)
    if model.input.colour == "RGB":
        steps.convert_color(ColorFormat.RGB)
    steps.mean(model.input.mean).scale(model.input.scale)
    try:
        ov.save_model(fold.build(), folder / "model.xml", compress_to_fp16=False)
    except RuntimeError as error:
        raise ModelError(
            f"cannot write {model.name} to {folder.parent.parent}: {error}; "
            "make room or set GENESIS_MODELS_DIR"
        ) from error


def _from_torch(model: Model, shape: tuple[int, int]) -> ov.Model:
    """Convert by OpenVINO's own front end, below `convert_model`, which reports its use."""
    import torch
    from openvino.frontend import FrontEndManager
    from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

    from genesis_ray.vision import torch_engine

    network = torch_engine.network(model)
    with torch.inference_mode():
        # Tracing is deprecated, but torch.export, its successor, takes ten times as long.
        traced = TorchScriptPythonDecoder(
            network,
            example_input=torch.zeros(1, 3, *shape),
            trace_kwargs={"check_trace": False},
        )
        front_end = FrontEndManager().load_by_framework("pytorch")
        return front_end.convert(front_end.load(traced))


def _main(name: str, size: str, folder: str) -> None:
    height, width = (int(side) for side in size.split("x"))
    model, shape = models.find(name), (height, width)
    _save(_from_torch(model, shape), model, shape, Path(folder))


if __name__ == "__main__":
    _main(*sys.argv[1:])
