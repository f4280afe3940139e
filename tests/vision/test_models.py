import re
from dataclasses import replace
from pathlib import Path

import pytest

from genesis_ray.errors import ModelError
from genesis_ray.vision import models
from genesis_ray.vision.catalog import CATALOG
from genesis_ray.vision.fetch import IndexMirror, sha256_of

FETCHED = [model for model in CATALOG.values() if model.format != "python-package"]

BROUGHT = ["osnet_x0_25_msmt17"]
"""Models that no source has: who wants one brings its file."""
WITH_SOURCE = [model for model in FETCHED if model.name not in BROUGHT]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GENESIS_MODELS_DIR", str(tmp_path))
    return tmp_path


def test_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(ModelError, match=r"no model is called 'yolo'.*yolov8n.*sface"):
        models.find("yolo")


@pytest.mark.parametrize("model", FETCHED, ids=lambda model: model.name)
def test_every_model_of_a_file_has_a_digest_a_size_and_an_engine(model):
    assert re.fullmatch("[0-9a-f]{64}", model.sha256)
    assert model.size > 0
    assert model.engines


@pytest.mark.parametrize("model", WITH_SOURCE, ids=lambda model: model.name)
def test_every_fetched_model_has_an_index_mirror(model):
    assert any(isinstance(source, IndexMirror) for source in model.sources)


@pytest.mark.parametrize("model", CATALOG.values(), ids=lambda model: model.name)
def test_every_model_states_its_licence_and_embedders_their_dimension(model):
    assert model.licence
    assert (model.dimension is not None) == (model.task in ("face-embedding", "person-appearance"))


def test_no_two_models_share_a_file():
    assert len({model.file for model in FETCHED}) == len(FETCHED)


def test_cache_is_where_the_variables_say(monkeypatch, tmp_path):
    monkeypatch.setenv("GENESIS_MODELS_DIR", str(tmp_path / "own"))
    assert models.models_dir() == tmp_path / "own"
    monkeypatch.delenv("GENESIS_MODELS_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert models.models_dir() == tmp_path / "genesis_ray" / "models"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert models.models_dir() == Path.home() / ".cache" / "genesis_ray" / "models"


def test_file_of_another_digest_is_refused_with_both_digests_and_the_remedy(cache):
    yunet = models.find("yunet")
    path = cache / yunet.file
    path.write_bytes(b"tampered with")
    with pytest.raises(ModelError) as raised:
        models.weights("yunet")
    for part in (str(path), yunet.sha256, sha256_of(path), "genesis models pull --force yunet"):
        assert part in str(raised.value)


def test_status_tells_missing_from_wrong_and_packaged(cache):
    assert models.status("yunet") == "missing"
    (cache / models.find("yunet").file).write_bytes(b"tampered with")
    assert models.status("yunet") == "wrong"
    assert models.status("mtcnn") == "packaged"


def test_mtcnn_comes_with_its_package():
    assert {"pnet.pt", "rnet.pt", "onet.pt"} <= {p.name for p in models.weights("mtcnn").iterdir()}
    assert models.pull("mtcnn") is None


@pytest.mark.models
def test_missing_model_is_fetched_and_found_the_next_time(cache):
    first = models.weights("yunet")
    assert sha256_of(first) == models.find("yunet").sha256
    assert models.status("yunet") == "ok"
    assert models.pull("yunet") is None
    assert models.weights("yunet") == first


@pytest.mark.models
@pytest.mark.timeout(600)  # all of it is 190 MB
@pytest.mark.parametrize("model", WITH_SOURCE, ids=lambda model: model.name)
def test_every_model_of_the_catalogue_can_be_had(model):
    assert models.weights(model.name).stat().st_size == model.size


@pytest.mark.parametrize("name", BROUGHT)
def test_a_model_without_an_address_says_which_file_to_bring_and_how(cache, name):
    model = models.find(name)
    with pytest.raises(ModelError) as raised:
        models.weights(name)
    for part in (model.file, f"{model.size:,} bytes", model.sha256, "genesis models add FILE"):
        assert part in str(raised.value)
    assert list(cache.iterdir()) == []


def test_a_file_that_is_brought_is_known_by_its_digest(cache, tmp_path, monkeypatch):
    file = tmp_path / "downloaded (3)"
    file.write_bytes(b"weights")
    own = replace(models.find("osnet_x0_25_msmt17"), sha256=sha256_of(file))
    monkeypatch.setitem(CATALOG, own.name, own)
    assert models.add(file) == own
    assert models.weights(own.name).read_bytes() == b"weights"
    assert models.status(own.name) == "ok"
    assert not list(cache.glob("*.part"))


def test_a_file_that_is_no_model_is_refused_with_its_digest(cache, tmp_path):
    file = tmp_path / "holiday.jpg"
    file.write_bytes(b"sand")
    with pytest.raises(ModelError, match=sha256_of(file)):
        models.add(file)
    with pytest.raises(ModelError, match=r"cannot read .*gone: No such file"):
        models.add(tmp_path / "gone")
    assert list(cache.iterdir()) == [file]
