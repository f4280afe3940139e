"""The models on this machine: a cache of weights that are fetched once and checked always."""

import importlib.util
import os
import shutil
from pathlib import Path
from typing import Literal

from genesis_ray.errors import ModelError
from genesis_ray.vision.catalog import CATALOG, Model
from genesis_ray.vision.fetch import Fetched, Progress, fetch, sha256_of, sole_writer

Status = Literal["ok", "missing", "wrong", "packaged"]


def models_dir() -> Path:
    """Return the cache folder: GENESIS_MODELS_DIR, or one in the user's cache."""
    if folder := os.environ.get("GENESIS_MODELS_DIR"):
        return Path(folder).expanduser().absolute()
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "genesis_ray" / "models"


def find(name: str) -> Model:
    """Return a model of the catalogue; raises ModelError for a name it does not have."""
    try:
        return CATALOG[name]
    except KeyError:
        raise ModelError(f"no model is called {name!r}; there are {', '.join(CATALOG)}") from None


def weights(name: str) -> Path:
    """Return a model's weights in the cache, fetched if they are missing, checked always.

    For a model that comes inside a Python package: the folder it has them in.
    Raises ModelError where no source can be reached, or the file has another digest.
    """
    model = find(name)
    if model.format == "python-package":
        return _packaged()
    pull(name)
    path = models_dir() / model.file
    if (actual := sha256_of(path)) != model.sha256:
        raise ModelError(
            f"{path} is not the {name} it should be: expected sha256 {model.sha256}, got {actual}; "
            f"fetch it anew with `genesis models pull --force {name}`"
        )
    return path


def pull(name: str, *, force: bool = False, progress: Progress | None = None) -> Fetched | None:
    """Bring a model's weights into the cache; None where they are there already."""
    model = find(name)
    if model.format == "python-package":
        return None
    path = models_dir() / model.file
    if path.is_file() and not force:
        return None
    return fetch(
        path,
        sha256=model.sha256,
        size=model.size,
        sources=model.sources,
        force=force,
        progress=progress,
    )


def add(file: Path) -> Model:
    """Copy a file into the cache as the model of the catalogue that it is, told by its digest.

    Raises:
        ModelError: It is none of them, or cannot be read or written.
    """
    try:
        digest = sha256_of(file)
    except OSError as error:
        raise ModelError(f"cannot read {file}: {error.strerror}") from error
    model = next((each for each in CATALOG.values() if each.sha256 == digest), None)
    if model is None:
        raise ModelError(
            f"{file} is no model of the catalogue: its sha256 is {digest}; "
            f"`genesis models list --json` has the digests of all"
        )
    target = models_dir() / model.file
    part = target.with_name(target.name + ".part")
    with sole_writer(target):
        try:
            shutil.copyfile(file, part)
            if sha256_of(part) != digest:
                raise ModelError(f"{file} changed while it was copied; try again")
            part.replace(target)
        except OSError as error:
            raise ModelError(f"cannot write {part}: {error.strerror}") from error
        finally:
            part.unlink(missing_ok=True)
    return model


def status(name: str) -> Status:
    """Hash a model's weights in the cache and tell how they are."""
    model = find(name)
    if model.format == "python-package":
        return "packaged"
    path = models_dir() / model.file
    if not path.is_file():
        return "missing"
    return "ok" if sha256_of(path) == model.sha256 else "wrong"


def _packaged() -> Path:
    package = importlib.util.find_spec("facenet_pytorch")
    if package is None or package.origin is None:
        raise ModelError("mtcnn comes inside facenet-pytorch, which is not installed here")
    return Path(package.origin).parent / "data"
