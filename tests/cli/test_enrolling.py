import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from genesis_ray.batch import photos as batch_photos
from genesis_ray.cli.people import app
from genesis_ray.errors import ConfigurationError, GenesisError
from genesis_ray.running.enrolling.photo_faces import LoadedPhotoFaces, PhotoFaces
from genesis_ray.running.templates.protected import load_protected_embedder
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.settings import Settings
from genesis_ray.testing import SyntheticFilm

NOBODY = "127.0.0.1:1"
"""An address at which no cluster answers."""


@pytest.fixture
def staff(tmp_path, monkeypatch) -> Path:
    """A folder of one person with a photo."""
    monkeypatch.setenv("GENESIS_DETECTOR__MODEL", "synthetic")
    monkeypatch.setenv("GENESIS_FACES__EMBEDDER", "synthetic")
    monkeypatch.setenv("GENESIS_TEMPLATES__KEY_STORE", f"file:{tmp_path / 'keys'}")
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    (tmp_path / "staff" / "Ada").mkdir(parents=True)
    image = SyntheticFilm(people=1, width=320, height=240).image_at(0)
    cv2.imwrite(str(tmp_path / "staff" / "Ada" / "1.png"), np.asarray(image))
    return tmp_path / "staff"


def enroll(data: Path, *arguments: object) -> Result:
    told = ["enroll", *map(str, arguments), "--data", str(data)]
    return CliRunner().invoke(app, told, catch_exceptions=False)


def test_without_workers_or_an_address_this_process_does_it_alone(tmp_path, staff):
    assert "1 photo of 1 person added" in enroll(tmp_path / "data", "--folder", staff).stdout


@pytest.mark.parametrize("how", ["option", "environment"])
def test_an_address_has_its_cluster_look_at_many_peoples_photos(tmp_path, staff, monkeypatch, how):
    more = ["--address", NOBODY] if how == "option" else []
    monkeypatch.setenv("RAY_ADDRESS", NOBODY if how == "environment" else "")
    with pytest.raises(GenesisError, match=f"no Ray cluster answers at {NOBODY}"):
        enroll(tmp_path / "data", "--folder", staff, *more)


def test_one_persons_photos_are_looked_at_here_whatever_cluster_there_is(
    tmp_path, staff, monkeypatch
):
    monkeypatch.setenv("RAY_ADDRESS", NOBODY)
    done = enroll(tmp_path / "data", "Ada", staff / "Ada" / "1.png")
    assert "Ada is enrolled with 1 photo" in done.stdout


def test_workers_for_one_person_are_refused(tmp_path, staff):
    with pytest.raises(ConfigurationError, match="--workers is for many people"):
        enroll(tmp_path / "data", "Ada", staff / "Ada" / "1.png", "--workers", 2)


def test_what_ray_says_of_workers_is_not_among_the_json(tmp_path, staff, monkeypatch):
    @contextmanager
    def talkative(settings: Settings, *_: object, **options: object) -> Iterator[PhotoFaces]:
        assert options == {"workers": 2, "address": None}
        print("(raylet) A worker died")  # Ray does so on stdout
        key = tenant_keys(settings).current
        yield LoadedPhotoFaces(load_protected_embedder(settings.faces, key))

    monkeypatch.setattr(batch_photos, "photo_workers", talkative)
    done = enroll(tmp_path / "data", "--folder", staff, "--workers", 2, "--json")
    assert json.loads(done.stdout)["added"] == {"Ada": 1}
    assert "A worker died" in done.stderr
