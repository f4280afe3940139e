import json
import os
import shutil

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from genesis_ray import doctor
from genesis_ray.cli import switching
from genesis_ray.cli.people import app
from genesis_ray.errors import ConfigurationError
from genesis_ray.running.people.identities import Entries, identity_folder
from genesis_ray.running.people.intake import Intake
from genesis_ray.running.templates import switching as switching_to
from genesis_ray.running.templates.gallery_in_use import with_gallery_in_use
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.settings import Settings
from genesis_ray.store.tenant.people import People
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


@pytest.fixture
def keeping(tmp_path, photos, monkeypatch):
    """A data folder in which SFace is in use, and Ada's photo is kept that she has no face of."""
    monkeypatch.setenv("GENESIS_TEMPLATES__KEY_STORE", f"file:{tmp_path / 'keys'}")
    monkeypatch.setenv("GENESIS_DETECTOR__MODEL", "synthetic")
    monkeypatch.setenv("GENESIS_FACES__EMBEDDER", "synthetic")
    monkeypatch.setenv("GENESIS_FACES__KEEP_PHOTOS", "true")
    data = tmp_path / "data"
    said = people(data, "enroll", "Ada", str(photos / "Ada" / "1.png")).stdout
    assert "A picture of the face is kept, encrypted" in said
    monkeypatch.setenv("GENESIS_FACES__EMBEDDER", "sface")
    return data


def in_use(data) -> list[str]:
    rows = json.loads(people(data, "galleries", "--json").stdout)
    return [row["embedder"] for row in rows if row["is_current"]]


def test_kept_photos_are_told_and_used_where_no_folder_is_named(keeping):
    assert "Photos are kept of everybody who is enrolled, 1 in all." in people(
        keeping, "galleries"
    ).stdout.replace("\n", " ")
    assert "1 photo kept" in people(keeping, "show", "Ada").stdout
    for path in (keeping / "gallery" / "default").glob("faces_colour*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    said = people(keeping, "re-embed", "--to", "synthetic")
    assert (said.exit_code, "colour: 1 person is new in it" in said.stdout) == (0, True)
    assert "genesis people switch synthetic" in said.stdout


def test_a_switch_counts_more_than_the_setting_and_says_what_it_means(keeping):
    said = people(keeping, "switch", "synthetic")
    assert said.exit_code == 0
    assert "named by synthetic from now on, and were by sface: 1 enrolled person" in said.stdout
    assert "Threshold: 0.500, its own" in said.stdout
    assert "The way back: genesis people switch sface" in said.stdout
    assert in_use(keeping) == ["colour"]
    assert "has faces.embedder: sface" in people(keeping, "list").stderr


def test_a_switch_that_loses_people_is_refused_unless_asked_for(keeping, monkeypatch):
    monkeypatch.setenv("GENESIS_FACES__EMBEDDER", "synthetic")
    with pytest.raises(ConfigurationError, match=r"1 of the people .* by sface: Ada\. Take them"):
        people(keeping, "switch", "sface")
    assert in_use(keeping) == ["colour"]
    said = people(keeping, "switch", "sface", "--yes")
    assert "Not recognised by it: Ada." in said.stderr
    assert in_use(keeping) == ["sface"]
    told = json.loads(people(keeping, "switch", "synthetic", "--json").stdout)
    assert (told["embedder"], told["before"], told["lost"]) == ("synthetic", "sface", [])


@pytest.mark.parametrize(
    ("follows", "said", "until"),
    [
        (False, "until it ends or is started again", "it is started again"),
        (True, "goes over when it has the models of the other loaded", "it has the other loaded"),
    ],
)
def test_where_a_system_runs_by_the_other_gallery_it_is_said_until_when(
    keeping, monkeypatch, follows, said, until
):
    monkeypatch.setattr(switching, "_WITHIN_S", 0)
    monkeypatch.setenv("GENESIS_FACES__EMBEDDER", "synthetic")
    settings = Settings(data_dir=keeping)
    keys = tenant_keys(settings)
    with People(identity_folder(settings), writer=True):
        Intake(settings, keys, follows=follows).stored(Entries(0, 0))
        assert "still" not in people(keeping, "galleries").stderr
        assert list(doctor.gallery_of_system(settings)) == []
        for arguments in (("switch", "sface", "--yes"), ("galleries",)):
            told = people(keeping, *arguments).stderr
            assert "names people by colour still" in told
            assert said in told
        monkeypatch.setenv("GENESIS_FACES__EMBEDDER", "sface")
        (found,) = doctor.gallery_of_system(Settings(data_dir=keeping))
        assert (found.level, until in found.message) == ("warning", True)


def test_where_a_system_that_runs_goes_over_it_is_said_once_it_has(keeping, monkeypatch):
    monkeypatch.setenv("GENESIS_FACES__EMBEDDER", "synthetic")
    settings = Settings(data_dir=keeping)
    keys = tenant_keys(settings)
    taken_up = switching_to.switch

    def switch(*arguments) -> None:
        taken_up(*arguments)
        Intake(with_gallery_in_use(settings), keys, follows=True).stored(Entries(0, 0))

    monkeypatch.setattr(switching_to, "switch", switch)
    with People(identity_folder(settings), writer=True):
        Intake(settings, keys, follows=True).stored(Entries(0, 0))
        said = people(keeping, "switch", "sface", "--yes")
    assert f"process {os.getpid()}, names people by it" in said.stdout
    assert "still" not in said.stderr
