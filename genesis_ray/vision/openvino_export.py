"""Conversion of models to OpenVINO's representation, once a shape.

What needs torch or the quantiser is done for all shapes at once.
"""

from importlib.metadata import version
from pathlib import Path

from genesis_ray.vision import export_cache, models
from genesis_ray.vision.catalog import Model

# Counts up when the conversion below changes, so that older files are not used.
_REVISION = 1
_FILE = "model.xml"


def export(model: Model, shape: tuple[int, int], *, int8: bool = False) -> Path:
    """Return the folder with a model converted for `shape`, made if it is missing.

    Its name holds the digest of the weights, which are read only to make it. With `int8` its
    weights and activations have 8 bits, where that does not cost accuracy; see `quantise`.
    """
    return export_cache.folder(
        _path(model, _variant(shape, int8)),
        lambda folder: _save(_in_int8(model) if int8 else _readable(model), model, shape, folder),
    )


def is_exported(model: Model, shape: tuple[int, int], *, int8: bool = False) -> bool:
    """Tell whether `export` would find the folder made."""
    return _path(model, _variant(shape, int8)).is_dir()


def _readable(model: Model) -> Path:
    """Return a file of the model that OpenVINO reads: ONNX and TensorFlow files as they are."""
    if model.format != "ultralytics":
        return models.weights(model.name)
    return _made_by("genesis_ray.vision.openvino_convert", model.name, model, "any")


def _in_int8(model: Model) -> Path:
    """Return a file of the model in 8 bits, for any shape."""
    source = str(_readable(model))
    return _made_by("genesis_ray.vision.quantise", source, model, "any-int8")


def _made_by(module: str, source: str, model: Model, variant: str) -> Path:
    folder = export_cache.folder(
        _path(model, variant),
        lambda made: export_cache.in_own_process(model, module, source, str(made / _FILE)),
    )
    return folder / _FILE


def _variant(shape: tuple[int, int], int8: bool) -> str:
    return f"{shape[0]}x{shape[1]}" + ("-int8" if int8 else "")


def _path(model: Model, variant: str) -> Path:
    by = f"openvino-{version('openvino')}-{_REVISION}"
    return export_cache.path_of("openvino", model, variant, by=by)


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
    mean, scale = model.input.mean, model.input.scale
    steps.mean(list(mean) if isinstance(mean, tuple) else mean)
    steps.scale(list(scale) if isinstance(scale, tuple) else scale)
    write(fold.build(), folder / _FILE)
