"""Models as ONNX files, made by ultralytics' export where they are none from the start."""

from importlib.metadata import version
from pathlib import Path

from genesis_ray.vision import export_cache, models
from genesis_ray.vision.catalog import Model

# Counts up when `onnx_convert` changes, so that older files are not used.
_REVISION = 1
_FILE = "model.onnx"


def export(model: Model) -> Path:
    """Return the ONNX file of a model, for any number of pictures of any shape that it takes.

    The names of its input's dimensions are ultralytics': batch, height, width.
    """
    if model.format == "onnx":
        return models.weights(model.name)
    folder = export_cache.folder(
        _path(model),
        lambda made: export_cache.in_own_process(
            model, "genesis_ray.vision.onnx_convert", model.name, str(made / _FILE)
        ),
    )
    return folder / _FILE


def is_exported(model: Model) -> bool:
    """Tell whether `export` would find the file made."""
    return model.format == "onnx" or _path(model).is_dir()


def _path(model: Model) -> Path:
    by = f"torch-{version('torch')}-{_REVISION}"
    return export_cache.path_of("onnx", model, "any", by=by)
