import os
from datetime import UTC, datetime

import cv2
import numpy as np
import pytest

from genesis_ray import doctor
from genesis_ray.machine import Finding
from genesis_ray.running.enrolling.enrolment import enroll
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.settings import Settings
from genesis_ray.store.tenant.gallery_choice import GalleryChoice
from genesis_ray.store.tenant.tenants import gallery_folder
from genesis_ray.testing import SyntheticFilm
from genesis_ray.vision import models


@pytest.fixture(autouse=True)
def _a_plain_machine(monkeypatch, tmp_path):
    """Without our variables, and with an empty cache of models."""
    for name in list(os.environ):
        if name.startswith(("GENESIS_", "RAY_")) or name in ("OMP_NUM_THREADS", "TMPDIR"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("GENESIS_MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.chdir(tmp_path)


def level_and_message(finding: Finding) -> tuple[str, str]:
    return finding.level, finding.message


def test_whatever_is_not_well_comes_with_a_remedy_of_one_line(monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "nowhere")
    findings = doctor.examine()
    assert {finding.level for finding in findings} >= {"ok", "warning", "problem"}
    for finding in findings:
        assert bool(finding.remedy) == (finding.level != "ok"), finding
        assert "\n" not in finding.remedy


def test_an_examination_changes_nothing(tmp_path):
    doctor.examine()
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_configuration_is_one_finding_among_the_others(tmp_path):
    file = tmp_path / "c.yaml"
    file.write_text("processed_fps: 5\n")
    by_name = {finding.name: finding for finding in doctor.examine(file)}
    assert by_name["configuration"].level == "problem"
    assert by_name["configuration"].message.startswith(f"{file}:1: unknown setting 'processed_fps'")
    assert by_name["Python"].level == "ok"


def test_a_misspelt_variable_is_told(monkeypatch):
    monkeypatch.setenv("GENESIS_PROCESSED_FPS", "5")
    monkeypatch.setenv("GENESIS_DETECTOR__IOU", "0.4")
    monkeypatch.setenv("GENESIS_TEST_DATA", "/x")
    assert level_and_message(doctor.environment()) == (
        "warning",
        "GENESIS_PROCESSED_FPS: no setting is called so",
    )


def test_an_engine_that_this_machine_has_no_gpu_for_is_a_problem(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    finding = doctor.engine(Settings(detector={"engine": "tensorrt"}))
    assert finding.level == "problem"
    assert "needs an NVIDIA GPU" in finding.message


def test_the_models_that_will_be_used_are_named():
    message = doctor.engine(Settings()).message
    assert "people: yolov8n on" in message
    assert "faces: fused with yunet on" in message
    assert "faces" not in doctor.engine(Settings(faces={"enabled": False})).message


def test_models_that_are_not_here_are_told_with_their_size_and_licence():
    first = doctor.weights(Settings())[0]
    assert (first.name, first.level) == ("model yolov8n", "warning")
    assert "6.5 MB" in first.message
    assert "AGPL-3.0" in first.message
    assert "genesis models pull yolov8n" in first.remedy


def test_a_damaged_model_is_a_problem(tmp_path):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / models.find("yolov8n").file).write_bytes(b"damaged")
    finding = doctor.weights(Settings(faces={"enabled": False}))[0]
    assert (finding.level, finding.remedy) == ("problem", "`genesis models pull --force yolov8n`")


@pytest.mark.parametrize(
    "wrong", [{"detector": {"model": "yolov99"}}, {"faces": {"embedder": "eigenfaces"}}]
)
def test_a_model_that_nobody_knows_is_a_problem(wrong):
    assert "problem" in {finding.level for finding in doctor.weights(Settings(**wrong))}


def test_stand_ins_need_no_models():
    assert (
        doctor.weights(Settings(detector={"model": "synthetic"}, faces={"embedder": "synthetic"}))
        == []
    )


def test_a_library_that_cannot_be_loaded_is_told(monkeypatch):
    def broken(settings):
        raise ImportError("libGL.so.1: cannot open shared object file")

    monkeypatch.setattr(doctor, "engine", broken)
    last = doctor.examine()[-1]
    assert (last.level, last.remedy) == ("problem", "`make setup`")
    assert "libGL.so.1" in last.message


@pytest.mark.parametrize(
    "wrong", [{"detector": {"model": "yolov99"}}, {"faces": {"embedder": "nobody"}}]
)
def test_a_model_that_does_not_exist_is_a_finding(wrong):
    found = doctor.engine(Settings(**wrong))
    assert (found.level, found.remedy) == ("problem", "correct the configuration")


def test_the_key_that_protects_faces_is_told_by_its_fingerprint_and_none_is_made(
    monkeypatch, tmp_path
):
    monkeypatch.setenv("GENESIS_TEMPLATES__KEY_STORE", f"file:{tmp_path / 'keys'}")
    settings = Settings(data_dir=tmp_path / "data")
    assert "none yet" in doctor.template_key(settings).message
    assert not (tmp_path / "keys").exists()
    key = tenant_keys(settings).current
    found = doctor.template_key(settings)
    assert (found.level, key.fingerprint in found.message) == ("ok", True)
    assert key.secret.hex() not in found.message


def test_a_key_that_others_can_read_is_a_problem(monkeypatch, tmp_path):
    monkeypatch.setenv("GENESIS_TEMPLATES__KEY_STORE", f"file:{tmp_path / 'keys'}")
    settings = Settings(data_dir=tmp_path / "data")
    tenant_keys(settings)
    (tmp_path / "keys" / "default").chmod(0o644)
    found = doctor.template_key(settings)
    assert (found.level, found.remedy[:10]) == ("problem", "`chmod 600")


def test_kept_photos_are_told_where_any_are_and_when_their_key_is_missing(tmp_path, monkeypatch):
    monkeypatch.setenv("GENESIS_TEMPLATES__KEY_STORE", f"file:{tmp_path / 'keys'}")
    settings = Settings(data_dir=tmp_path / "data", faces={"embedder": "synthetic"})
    assert list(doctor.kept_photos(settings)) == []
    image = SyntheticFilm(people=1, width=320, height=240).image_at(0)
    cv2.imwrite(str(tmp_path / "ada.png"), np.asarray(image))
    keeping = settings.faces.model_copy(update={"keep_photos": True})
    enroll(settings.model_copy(update={"faces": keeping}), "Ada", [tmp_path / "ada.png"])
    (told,) = doctor.kept_photos(settings)
    assert (told.level, "1 of 1 person, encrypted, though" in told.message) == ("ok", True)
    (tmp_path / "keys" / "default").unlink()
    (told,) = doctor.kept_photos(settings)
    assert (told.level, "1 of them cannot be opened" in told.message) == ("warning", True)


def test_the_place_for_photos_is_tried_and_what_is_missing_there_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("GENESIS_TEMPLATES__KEY_STORE", f"file:{tmp_path / 'keys'}")
    near = {"embedder": "synthetic", "keep_photos": True}
    assert list(doctor.photo_places(Settings(data_dir=tmp_path / "data", faces=near))) == []
    faces = near | {"photos_at": f"file://{tmp_path / 'nas'}"}
    settings = Settings(data_dir=tmp_path / "data", faces=faces)
    image = SyntheticFilm(people=1, width=320, height=240).image_at(0)
    cv2.imwrite(str(tmp_path / "ada.png"), np.asarray(image))
    enroll(settings, "Ada", [tmp_path / "ada.png"])
    (told,) = doctor.photo_places(settings)
    assert (told.level, "nas/default has 1 pictures" in told.message) == ("ok", True)
    (picture,) = (tmp_path / "nas" / "default").glob("*.sealed")
    picture.rename(picture.with_name("another.sealed"))
    (told,) = doctor.photo_places(settings)
    assert (told.level, "1 more should be there" in told.message) == ("warning", True)
    (tmp_path / "nas").rename(tmp_path / "unmounted")
    (told,) = doctor.photo_places(settings)
    assert (told.level, "is not where photos were kept" in told.message) == ("problem", True)
    assert not (tmp_path / "nas").exists()


def test_a_configuration_that_contradicts_a_switch_is_told(tmp_path):
    choice = GalleryChoice(embedder="sface", before="fused", at=datetime(2026, 1, 5, tzinfo=UTC))
    choice.save(gallery_folder(tmp_path / "data", "default"))
    config = tmp_path / "genesis.yaml"
    config.write_text("faces: {embedder: fused}\n")
    found = {each.name: each for each in doctor.examine(config, tmp_path / "data")}
    assert found["gallery in use"].level == "warning"
    assert found["gallery in use"].remedy.endswith("genesis people switch fused")
    assert "faces: sface" in found["models in use"].message
    config.write_text("{}\n")
    found = {each.name: each for each in doctor.examine(config, tmp_path / "data")}
    assert "gallery in use" not in found
