import importlib.util
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import typer
from typer.testing import CliRunner, Result


@pytest.fixture(autouse=True)
def _models(models_loaded_once):
    """To load them is tested in tests/vision."""


@pytest.fixture
def evaluate(request) -> Callable[..., Result]:
    """Runs the module's COMMAND; what it raises comes out, as `genesis` expects."""
    app = typer.Typer()
    app.command()(request.module.COMMAND)

    def run(*args: object) -> Result:
        return CliRunner().invoke(app, [str(arg) for arg in args], catch_exceptions=False)

    return run


@pytest.fixture
def pictures(tmp_path) -> Path:
    """Three pictures of one man (z), two of another (a), one of both, and one of nobody."""
    package = importlib.util.find_spec("ultralytics")
    photo = cv2.imread(str(Path(package.origin).parent / "assets" / "zidane.jpg"))
    folder = tmp_path / "pictures"
    folder.mkdir()
    men = {"z": photo[40:420, 820:1140], "a": photo[200:560, 440:760]}
    for name, crop in men.items():
        cv2.imwrite(str(folder / f"{name}1.png"), crop)
        cv2.imwrite(str(folder / f"{name}2.jpg"), cv2.flip(crop, 1))
    cv2.imwrite(str(folder / "z3.png"), cv2.convertScaleAbs(men["z"], alpha=0.8))
    cv2.imwrite(str(folder / "both.jpg"), photo)
    cv2.imwrite(str(folder / "nobody.png"), np.full((100, 100, 3), 80, np.uint8))
    return folder
