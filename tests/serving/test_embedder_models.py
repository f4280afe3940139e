from genesis_ray.sections.models import FaceSettings
from genesis_ray.serving import embedder_models
from genesis_ray.serving.embedder_models import Models
from tests.store.some_keys import ring

SETTINGS = FaceSettings(embedder="synthetic")


def loads(monkeypatch) -> list[str]:
    """Return the names of embedders as they are loaded."""
    loaded, load = [], embedder_models.load_protected_embedder

    def noted(settings, key):
        loaded.append(settings.embedder)
        return load(settings, key)

    monkeypatch.setattr(embedder_models, "load_protected_embedder", noted)
    return loaded


def test_the_embedder_is_loaded_before_it_is_asked_for_and_once(monkeypatch):
    loaded = loads(monkeypatch)
    models = Models(SETTINGS, ring().current)
    assert loaded == ["synthetic"]
    assert models.get("synthetic") is models.latest
    assert loaded == ["synthetic"]


def test_where_no_camera_looks_at_faces_none_is_loaded_until_a_photo_is_searched_for(monkeypatch):
    loaded = loads(monkeypatch)
    models = Models(SETTINGS.model_copy(update={"enabled": False}), ring().current)
    assert loaded == []
    assert models.get("synthetic") is models.latest
    assert loaded == ["synthetic"]
