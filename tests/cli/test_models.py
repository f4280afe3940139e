import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from genesis_ray.cli.models import app
from genesis_ray.errors import ConfigurationError, ModelError
from genesis_ray.vision import models
from genesis_ray.vision.catalog import CATALOG


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "models"
    monkeypatch.setenv("GENESIS_MODELS_DIR", str(folder))
    monkeypatch.chdir(tmp_path)
    return folder


def genesis_models(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def spoil(cache: Path, name: str) -> Path:
    cache.mkdir(exist_ok=True)
    path = cache / models.find(name).file
    path.write_bytes(b"tampered with")
    return path


def test_list_shows_models_licences_and_thresholds():
    result = genesis_models("list")
    assert result.exit_code == 0
    for part in (
        "yolov8n",
        "AGPL-3.0",
        "non-commercial",
        "facenet-vggface2",
        "threshold",
        "tensorrt",
    ):
        assert part in result.stdout


def test_list_as_json_tells_what_is_here(cache):
    spoil(cache, "yunet")
    entries = {
        entry["name"]: entry for entry in json.loads(genesis_models("list", "--json").stdout)
    }
    assert entries.keys() == CATALOG.keys()
    assert [name for name, entry in entries.items() if entry["here"]] == ["mtcnn", "yunet"]
    assert entries["sface"]["dimension"] == 128
    assert entries["sface"]["engines"] == ["openvino", "onnxruntime"]


def test_an_empty_cache_is_in_order():
    result = genesis_models("verify", "--json")
    assert (result.exit_code, json.loads(result.stdout)) == (0, [])


def test_verify_finds_what_is_wrong_and_leaves_with_one(cache):
    path = spoil(cache, "sface")
    result = genesis_models("verify", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout) == [
        {
            "name": "sface",
            "path": str(path),
            "status": "wrong",
            "remedy": "genesis models pull --force sface",
        }
    ]


def test_verify_for_people_shows_the_remedy(cache):
    spoil(cache, "sface")
    assert "genesis models pull --force sface" in genesis_models("verify").stdout


def test_path_of_an_unknown_model_is_an_error_of_the_users():
    assert isinstance(genesis_models("path", "nonsense").exception, ModelError)


@pytest.mark.parametrize("shape", ["480", "axb", "480x"])
def test_shape_must_be_height_and_width(shape):
    error = genesis_models("export", "yunet", "--shape", shape).exception
    assert isinstance(error, ConfigurationError)
    assert "480x640" in str(error)


@pytest.mark.models
def test_pulled_model_is_named_with_its_licence_and_verified(cache):
    pulled = genesis_models("pull", "yunet")
    assert pulled.exit_code == 0
    assert str(cache / "face_detection_yunet_2023mar.onnx") in pulled.stdout
    assert "licence of the weights: MIT" in pulled.stdout
    assert genesis_models("verify").exit_code == 0


@pytest.mark.models
def test_forced_pull_mends_a_wrong_file(cache):
    path = spoil(cache, "yunet")
    assert isinstance(genesis_models("path", "yunet").exception, ModelError)
    assert genesis_models("pull", "--force", "yunet").exit_code == 0
    result = genesis_models("path", "yunet")
    assert result.stdout.strip() == str(path)


@pytest.mark.models
def test_export_prints_where_the_files_are_and_verify_checks_them(cache):
    result = genesis_models("export", "yunet", "--shape", "320x320")
    folder = Path(result.stdout.strip())
    assert folder.is_relative_to(cache)
    assert genesis_models("verify").exit_code == 0
    (folder / "model.bin").write_bytes(b"tampered with")
    assert genesis_models("verify").exit_code == 1
