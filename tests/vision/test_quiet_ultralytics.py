import importlib
import os

from genesis_ray.vision import quiet_ultralytics


def test_packages_are_never_installed_even_where_the_environment_wants_it(monkeypatch):
    monkeypatch.setenv("YOLO_AUTOINSTALL", "true")
    importlib.reload(quiet_ultralytics)
    assert os.environ["YOLO_AUTOINSTALL"] == "false"


def test_its_settings_are_kept_in_the_models_cache_unless_told_otherwise(monkeypatch, tmp_path):
    monkeypatch.setenv("GENESIS_MODELS_DIR", str(tmp_path))
    monkeypatch.delenv("YOLO_CONFIG_DIR", raising=False)
    importlib.reload(quiet_ultralytics)
    assert os.environ["YOLO_CONFIG_DIR"] == str(tmp_path / "ultralytics")
