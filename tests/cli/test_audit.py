import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from genesis_ray.cli.main import app
from genesis_ray.domain.recognition.people import Person
from genesis_ray.errors import ConfigurationError
from genesis_ray.running.people.auditing import audit_log
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.settings import Settings
from genesis_ray.store.audit.audit_entry import Access
from genesis_ray.store.tenant.people import People
from genesis_ray.store.tenant.tenants import gallery_folder

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
LOG = Path("genesis-data/audit/default/log.jsonl")
NAMES = ("Ada", "Ben")


@pytest.fixture
def genesis(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GENESIS_TEMPLATES__KEY_STORE", f"file:{tmp_path / 'keys'}")
    settings = Settings()
    with People(gallery_folder(settings.data_dir, "default"), writer=True) as people:
        for name in NAMES:
            people.add(
                Person(identity_id=f"{name}-1", name=name, kind="enrolled", enrolled_at=NOON)
            )
    log = audit_log(settings, tenant_keys(settings))
    readings = [
        Access(action="match", reason="names tracks", by="eve"),
        Access(action="enroll", reason="adds faces", people=("Ada-1",), by="eve"),
        Access(action="enroll", reason="adds faces", people=("Ben-1", "gone-1"), by="bob"),
    ]
    for day, reading in enumerate(readings):
        log.append(reading, at=NOON + timedelta(days=day))

    def command(*arguments: str, code: int = 0) -> str:
        result = CliRunner().invoke(app, arguments)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, result.output
        return result.output

    return command


def listed(genesis, *options: str) -> list[int]:
    return [row["seq"] for row in json.loads(genesis("audit", "list", "--json", *options))]


def test_readings_are_listed_with_who_whose_and_why(genesis):
    shown = genesis("audit", "list").splitlines()
    assert any("eve" in line and "match" in line and "everybody" in line for line in shown)
    assert any("eve" in line and "enroll" in line and "Ada" in line for line in shown)
    assert any("bob" in line and "Ben, unknown" in line for line in shown)


def test_they_are_found_by_time_action_and_person(genesis):
    assert listed(genesis) == [1, 2, 3]
    assert listed(genesis, "--since", "2026-01-06T12:00") == [2, 3]
    assert listed(genesis, "--action", "enroll") == [2, 3]
    assert listed(genesis, "--person", "Ada") == [1, 2]
    assert listed(genesis, "--person", "Ben-1", "--action", "enroll") == [3]


def test_an_action_that_there_is_not_is_told_which_there_are(genesis):
    with pytest.raises(ConfigurationError, match=r"expected one of match, enroll, .*got 'enrol'"):
        genesis("audit", "list", "--action", "enrol")


def test_a_person_is_found_behind_a_rotation_and_a_merge(genesis):
    genesis("keys", "rotate")
    assert listed(genesis, "--person", "Ada", "--action", "enroll") == [2]
    genesis("people", "merge", "Ada", "Ben")
    assert listed(genesis, "--person", "Ada", "--action", "enroll") == [2, 3]


def test_once_the_old_key_is_gone_nobody_can_tell_whom_old_entries_mean(genesis):
    genesis("keys", "rotate")
    genesis("keys", "forget", "1", "--yes")
    assert listed(genesis, "--person", "Ada", "--action", "enroll") == []
    assert "5 entries are whole" in genesis("audit", "verify")


def test_a_whole_log_tells_its_end_to_be_noted_elsewhere(genesis):
    said = genesis("audit", "verify")
    assert "3 entries are whole. The last is 3:" in said
    known = said.split("The last is ")[1].strip(" .\n")
    assert "whole" in genesis("audit", "verify", "--known", known)
    assert json.loads(genesis("audit", "verify", "--json"))["whole"] is True


def test_a_damaged_log_leaves_with_one_and_names_the_first_bad_entry(genesis):
    LOG.write_bytes(LOG.read_bytes().replace(b"adds faces", b"adds foces", 1))
    said = genesis("audit", "verify", code=1)
    assert "entry 2 was changed" in said
    assert "1 entry is good before that" in said
    assert "The log is damaged" in genesis("audit", "list")
    LOG.write_bytes(b"".join(LOG.read_bytes().splitlines(keepends=True)[:1]))
    found = json.loads(genesis("audit", "verify", "--json", code=1))
    assert found["problem"] == "3 entries were signed, and it ends with entry 1"


def test_a_log_put_back_from_a_copy_is_noticed_by_what_was_noted_elsewhere(genesis):
    copy = {path: path.read_bytes() for path in LOG.parent.iterdir()}
    genesis("keys", "rotate")
    known = json.loads(genesis("audit", "verify", "--json"))["last"]
    for path, content in copy.items():
        path.write_bytes(content)
    genesis("audit", "verify")
    noted = f"{known['entry']}:{known['hash']}"
    assert "is not there" in genesis("audit", "verify", "--known", noted, code=1)


def test_what_is_no_entry_and_hash_is_refused(genesis):
    for text in ("3", "x:00", "3:", "3:xyz"):
        with pytest.raises(ConfigurationError, match="expected ENTRY:HASH"):
            genesis("audit", "verify", "--known", text)


def test_without_a_log_nothing_is_noted_and_nothing_is_made(genesis):
    assert "No reading" in genesis("audit", "list", "--data", "elsewhere")
    assert "No reading" in genesis("audit", "verify", "--data", "elsewhere")
    assert not Path("elsewhere").exists()
