import json

import pytest
from typer.testing import CliRunner

from genesis_ray.cli.keys import app
from genesis_ray.errors import ConfigurationError, StoreError
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.settings import Settings


@pytest.fixture
def genesis(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "genesis-data").mkdir()
    monkeypatch.setenv("GENESIS_TEMPLATES__KEY_STORE", f"file:{tmp_path / 'keys'}")
    monkeypatch.setenv("COLUMNS", "200")

    def command(*arguments: str, answer: str = "") -> str:
        result = CliRunner().invoke(app, arguments, input=answer)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.output

    return command


def test_keys_are_shown_by_their_fingerprints_and_never_themselves(genesis, tmp_path):
    assert "has no key yet" in genesis("show")
    key = tenant_keys(Settings()).current
    for shown in (genesis("show"), genesis("show", "--json")):
        assert key.fingerprint in shown
        assert str(tmp_path / "keys" / "default") in shown
        assert key.secret.hex() not in shown


def test_a_rotation_tells_the_new_key_and_keeps_the_old_one(genesis):
    tenant_keys(Settings())
    said = genesis("rotate")
    keys = json.loads(genesis("show", "--json"))["keys"]
    assert [(key["version"], key["is_current"]) for key in keys] == [(1, False), (2, True)]
    assert f"0 faces are protected with key 2, fingerprint {keys[1]['fingerprint']}" in said


def test_an_old_key_is_destroyed_once_that_is_confirmed(genesis):
    tenant_keys(Settings())
    genesis("rotate")
    genesis("forget", "1", answer="n\n")
    assert len(json.loads(genesis("show", "--json"))["keys"]) == 2
    assert "Key 1 is destroyed" in genesis("forget", "1", answer="y\n")
    assert len(json.loads(genesis("show", "--json"))["keys"]) == 1
    with pytest.raises(StoreError, match="key 2 protects what comes next"):
        genesis("forget", "2", "--yes")


@pytest.mark.parametrize("command", [["rotate"], ["forget", "1", "--yes"]])
def test_a_data_folder_that_is_not_there_changes_no_key(genesis, tmp_path, command):
    tenant_keys(Settings())
    before = genesis("show", "--json")
    with pytest.raises(ConfigurationError, match="no data folder genesis-dta"):
        genesis(*command, "--data", "genesis-dta")
    assert genesis("show", "--json") == before
    assert not (tmp_path / "genesis-dta").exists()
