import json

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from genesis_ray.cli.people import app
from genesis_ray.testing import SyntheticFilm


@pytest.fixture
def photos(tmp_path):
    """A folder with a photo of Ada, and one of somebody unknown."""
    image = SyntheticFilm(people=1, width=320, height=240).image_at(0)
    for name in ("Ada", "Zoe"):
        (tmp_path / "photos" / name).mkdir(parents=True)
        cv2.imwrite(str(tmp_path / "photos" / name / "1.png"), np.asarray(image))
    return tmp_path / "photos"


def people(data, *arguments: str):
    return CliRunner().invoke(app, [*arguments, "--data", str(data)], catch_exceptions=False)


def test_people_are_taken_into_another_gallery_and_told(tmp_path, photos, monkeypatch):
    monkeypatch.setenv("GENESIS_DETECTOR__MODEL", "synthetic")
    monkeypatch.setenv("GENESIS_FACES__EMBEDDER", "synthetic")
    data = tmp_path / "data"
    assert people(data, "enroll", "Ada", str(photos / "Ada" / "1.png")).exit_code == 0

    monkeypatch.setenv("GENESIS_FACES__EMBEDDER", "sface")
    (before,) = (
        row for row in json.loads(people(data, "galleries", "--json").stdout) if row["is_current"]
    )
    assert (before["embedder"], before["missing"]) == ("sface", ["Ada"])
    shown = people(data, "galleries").stdout
    assert all(part in shown for part in ("colour", "sface", "Ada", "nobody"))

    result = people(data, "re-embed", str(photos), "--to", "synthetic")
    assert result.exit_code == 1  # of Zoe nothing is known
    assert "colour: 0 people are new in it, 1 was there before" in result.stdout
    assert "Zoe: nobody is called 'Zoe'" in result.stdout
    told = json.loads(people(data, "re-embed", str(photos), "--to", "synthetic", "--json").stdout)
    assert (told["before"], list(told["failed"]), told["missing"]) == (["Ada"], ["Zoe"], [])
