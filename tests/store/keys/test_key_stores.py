import os
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from genesis_ray.errors import ConfigurationError, StoreError
from genesis_ray.store.keys.key_stores import VARIABLE, EnvironmentKeys, FileKeys, open_key_store
from genesis_ray.store.keys.template_keys import KeyRing, TemplateKey


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "config" / "keys"


def mode(path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_first_key_is_made_in_a_file_that_nobody_else_can_read(folder):
    old = os.umask(0)
    try:
        made = FileKeys(folder).add("default", after=0)
    finally:
        os.umask(old)
    assert (mode(folder), mode(folder / "default")) == (0o700, 0o600)
    assert [key.version for key in made.keys] == [1]
    assert FileKeys(folder).read("default") == made
    assert os.listdir(folder) == ["default"]


def test_reading_makes_nothing(folder):
    assert FileKeys(folder).read("default").keys == ()
    assert not folder.exists()
    with pytest.raises(StoreError, match=r"no key in .*keys/default"):
        _ = FileKeys(folder).read("default").current


def test_who_asks_for_a_key_at_the_same_time_gets_the_same_one(folder):
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: FileKeys(folder).add("default", after=0), range(16)))
    assert {ring.current.fingerprint for ring in made} == {made[0].current.fingerprint}


def test_a_further_key_is_added_once_and_an_old_one_can_be_destroyed(folder):
    store = FileKeys(folder)
    first = store.add("default", after=0).current
    two = store.add("default", after=1)
    assert store.add("default", after=1) == two
    assert two.keys[0] == first
    assert store.remove("default", 1).keys == (two.current,)
    assert first.secret.hex() not in (folder / "default").read_text()


def test_each_tenant_has_keys_of_its_own(folder):
    store = FileKeys(folder)
    one, other = store.add("one", after=0), store.add("other", after=0)
    assert one.current.secret != other.current.secret
    with pytest.raises(StoreError, match="cannot name a folder"):
        store.read("../other")


@pytest.mark.parametrize("bits", [0o640, 0o604, 0o660])
def test_a_file_that_others_can_read_is_refused_with_what_to_do(folder, bits):
    FileKeys(folder).add("default", after=0)
    (folder / "default").chmod(bits)
    with pytest.raises(StoreError, match=rf"can be read by others \(mode {bits:o}\); `chmod 600"):
        FileKeys(folder).read("default")


def test_a_folder_in_which_others_could_replace_the_file_is_refused(folder):
    FileKeys(folder).add("default", after=0)
    folder.chmod(0o777)
    with pytest.raises(StoreError, match=r"can be written to by others.*chmod 700"):
        FileKeys(folder).read("default")


@pytest.mark.parametrize("content", ["1", "one ab", "1 abz", f"1 {'ab' * 31}", "0 " + "ab" * 32])
def test_a_damaged_file_is_told_without_what_is_in_it(folder, content):
    folder.mkdir(parents=True, mode=0o700)
    (folder / "default").write_text(content)
    (folder / "default").chmod(0o600)
    with pytest.raises(StoreError, match="is damaged") as raised:
        FileKeys(folder).read("default")
    assert "abab" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_two_keys_of_one_version_are_refused(monkeypatch):
    monkeypatch.setenv(VARIABLE, f"default/1/{'ab' * 32} default/1/{'cd' * 32}")
    with pytest.raises(StoreError, match="two keys of tenant 'default' with one version"):
        EnvironmentKeys().read("default")


def test_the_environment_has_the_keys_of_many_tenants(monkeypatch):
    monkeypatch.setenv(VARIABLE, f"a/1/{'ab' * 32}  b/2/{'cd' * 32} a/3/{'ef' * 32}")
    keys = EnvironmentKeys().read("a").keys
    assert [(key.version, key.secret.hex()[:2]) for key in keys] == [(1, "ab"), (3, "ef")]
    assert EnvironmentKeys().read("nobody").keys == ()


def test_keys_in_the_environment_are_whoever_sets_it_s_to_change(monkeypatch):
    monkeypatch.setenv(VARIABLE, f"a/1/{'ab' * 32}")
    store = EnvironmentKeys()
    assert store.add("a", after=0).current.version == 1
    with pytest.raises(StoreError, match=r"add a/2/HEX, whose HEX `openssl rand -hex 32` makes"):
        store.add("a", after=1)
    with pytest.raises(StoreError, match=r"remove a/1/\.\.\. from GENESIS_TENANT_KEYS yourself"):
        store.remove("a", 1)
    assert store.remove("a", 2).current.version == 1


def test_a_store_is_found_by_what_the_setting_says(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert open_key_store("auto").read("a").place == str(tmp_path / "genesis_ray/keys/a")
    assert open_key_store(f"file:{tmp_path}/x").read("a").place == f"{tmp_path}/x/a"
    monkeypatch.setenv(VARIABLE, f"a/1/{'ab' * 32}")
    assert open_key_store("auto").read("a").current.version == 1
    assert open_key_store("file").read("a").keys == ()


class Vault:
    """A key store of somebody else's."""

    def read(self, tenant_id: str) -> KeyRing:
        key = TemplateKey(tenant_id, 7, bytes(32))
        return KeyRing(f"{__name__}:Vault", tenant_id, "the vault", (key,))


def test_a_store_can_be_somebody_else_s():
    assert open_key_store(f"{__name__}:Vault").read("a").ref.version == 7


@pytest.mark.parametrize("name", ["vault", "no.such.module:Vault", "json:Vault", "file:"])
def test_a_store_that_does_not_exist_is_refused(name):
    with pytest.raises(ConfigurationError, match=r"templates\.key_store: expected auto, file"):
        open_key_store(name)
