"""What engines make of a model's weights: folders in the models' cache, whole or not there.

A folder's name says of which weights, by which version of what and for which shape it was made, so
that a change of one of them makes a new one. What needs much, torch or a quantiser, writes it in a
process of its own, so that no other pays for it.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from genesis_ray.errors import ModelError
from genesis_ray.vision import models
from genesis_ray.vision.catalog import Model
from genesis_ray.vision.fetch import sha256_of, sole_writer

_SEAL = "SHA256SUMS"


def path_of(kind: str, model: Model, variant: str, *, by: str) -> Path:
    """Return where a folder made of a model's weights is, whether it has been made or not.

    `variant` is what there are several of, a shape for instance; `by` names the maker with its
    version and counts up when the way of making changes.
    """
    return models.models_dir() / kind / f"{model.name}-{variant}-{model.sha256[:12]}-{by}"


def folder(path: Path, write: Callable[[Path], None]) -> Path:
    """Return the folder at `path`; if it is missing, it appears when `write` is done.

    Raises:
        ModelError: It cannot be written; and what `write` raises.
    """
    if path.is_dir():
        return path
    with sole_writer(path):
        if path.is_dir():
            return path
        try:
            with tempfile.TemporaryDirectory(dir=path.parent, prefix=".export-") as temporary:
                made = Path(temporary) / path.name
                made.mkdir()
                write(made)
                _seal(made)
                made.replace(path)
        except OSError as error:
            raise ModelError(
                f"cannot write {path}: {error.strerror}; make room or set GENESIS_MODELS_DIR"
            ) from error
    return path


def exported() -> dict[Path, bool]:
    """Hash everything made so; True for the folders that are as they were made."""
    seals = sorted(models.models_dir().glob(f"*/*/{_SEAL}"))
    return {seal.parent: _is_whole(seal) for seal in seals}


def in_own_process(model: Model, module: str, *arguments: str) -> None:
    """Have a module of ours convert a model; raises ModelError with what it said."""
    models.weights(model.name)  # its errors are raised here, not there
    finished = subprocess.run(  # noqa: S603  our own module
        [sys.executable, "-W", "ignore", "-m", module, *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode != 0:
        raise ModelError(
            f"{model.name} could not be converted; {module} ended with "
            f"{finished.returncode} and said:\n{finished.stderr.strip()[-2000:]}"
        )


def _seal(made: Path) -> None:
    lines = [f"{sha256_of(file)}  {file.name}\n" for file in sorted(made.iterdir())]
    (made / _SEAL).write_text("".join(lines))


def _is_whole(seal: Path) -> bool:
    pairs = [line.split() for line in seal.read_text().splitlines()]
    return all(
        (file := seal.with_name(name)).is_file() and sha256_of(file) == digest
        for digest, name in pairs
    )
