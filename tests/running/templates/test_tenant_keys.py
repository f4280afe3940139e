import pickle

import pytest

from genesis_ray.errors import StoreError
from genesis_ray.running.templates.tenant_keys import keys_named, passing_keys, tenant_keys
from genesis_ray.settings import Settings
from genesis_ray.store.keys.gallery_keys import GalleryKeys
from genesis_ray.store.keys.key_stores import VARIABLE, open_key_store
from genesis_ray.store.tenant.tenants import gallery_folder
from tests.store.some_keys import ring


@pytest.fixture
def settings(tmp_path, monkeypatch) -> Settings:
    monkeypatch.setenv("GENESIS_TEMPLATES__KEY_STORE", f"file:{tmp_path / 'keys'}")
    return Settings(data_dir=tmp_path / "data", faces={"embedder": "synthetic"})


def protect(settings: Settings, gallery: str = "faces_colour", seed: int = 0) -> None:
    """Leave a gallery that a key protects."""
    folder = gallery_folder(settings.data_dir, settings.tenant_id)
    GalleryKeys(folder, gallery).note(ring(seed=seed))


def test_a_first_key_is_made_once_and_everything_that_is_started_finds_it(settings):
    keys = tenant_keys(settings)
    assert tenant_keys(settings) == keys
    assert keys_named(pickle.loads(pickle.dumps(keys.ref))) == keys


def test_where_a_key_is_lost_no_new_one_is_made_and_what_to_do_is_told(settings, tmp_path):
    protect(settings, "faces_any")
    with pytest.raises(StoreError) as raised:
        tenant_keys(settings)
    assert str(tmp_path / "keys" / "default") in str(raised.value)
    assert "Put that key back from your copy" in str(raised.value)
    assert not (tmp_path / "keys").exists()


def test_another_key_than_the_gallery_s_is_told_before_anything_starts(settings):
    tenant_keys(settings)
    protect(settings)
    with pytest.raises(StoreError, match="there is another key"):
        tenant_keys(settings)


def test_a_gallery_of_another_embedder_keeps_nobody_from_starting(settings):
    tenant_keys(settings)
    protect(settings, "faces_sface")
    assert tenant_keys(settings).current.version == 1


def test_what_was_started_makes_no_key_of_its_own(settings, tmp_path):
    ref = tenant_keys(settings).ref
    (tmp_path / "keys" / "default").unlink()
    with pytest.raises(StoreError, match="give each node that embeds or names faces the keys"):
        keys_named(ref)
    assert not (tmp_path / "keys" / "default").exists()


def test_the_environment_of_a_node_can_have_the_key_that_another_has_in_a_file(
    settings, monkeypatch, tmp_path
):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("GENESIS_TEMPLATES__KEY_STORE", "auto")
    keys = tenant_keys(Settings(data_dir=tmp_path / "data", faces={"embedder": "synthetic"}))
    assert keys.place == str(tmp_path / "config" / "genesis_ray" / "keys" / "default")
    monkeypatch.setenv(VARIABLE, f"default/1/{keys.current.secret.hex()}")
    assert keys_named(keys.ref).place == f"the environment variable {VARIABLE}"


def test_a_key_for_what_is_thrown_away_is_kept_nowhere(settings):
    assert passing_keys("default").current != passing_keys("default").current
    assert open_key_store(settings.templates.key_store).read("default").keys == ()
