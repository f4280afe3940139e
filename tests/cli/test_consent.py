import json
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from genesis_ray.cli.main import app
from genesis_ray.domain.recognition.people import Person
from genesis_ray.errors import ConfigurationError
from genesis_ray.settings import Settings
from genesis_ray.store.tenant.people import People
from genesis_ray.store.tenant.tenants import gallery_folder

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
ADA = Person(identity_id="ada-1", name="Ada", kind="enrolled", enrolled_at=NOON)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GENESIS_FACES__EMBEDDER", "synthetic")
    folder = gallery_folder(Settings().data_dir, "default")
    with People(folder, writer=True) as people:
        people.add(ADA)
    return folder


@pytest.fixture
def genesis(folder):
    def command(*arguments: str) -> str:
        result = CliRunner().invoke(app, ["people", *arguments])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.output

    return command


def test_what_a_person_said_is_noted_and_shown_with_all_that_was_said_before(genesis):
    assert "Ada, identity ada-1: consent none." in genesis("consent", "Ada")
    genesis("consent", "Ada", "given", "--at", "2026-01-05", "--why", "form 17", "--by", "eve")
    said = genesis("consent", "Ada", "withdrawn", "--why", "a letter")
    assert "Ada, identity ada-1: consent withdrawn at" in said
    shown = genesis("consent", "Ada")
    assert shown.index("form 17") < shown.index("a letter")
    found = json.loads(genesis("consent", "Ada", "--json"))
    assert found["consent"]["state"] == "withdrawn"
    assert [(each["said"], each["why"]) for each in found["history"]] == [
        ("given", "form 17"),
        ("withdrawn", "a letter"),
    ]
    assert found["history"][0]["at"] == "2026-01-05T00:00:00+00:00"
    assert found["history"][0]["by"] == "eve"


def test_when_they_said_so_is_of_the_sites_clock(genesis, monkeypatch):
    monkeypatch.setenv("GENESIS_TIME_ZONE", "Asia/Tokyo")
    said = genesis("consent", "Ada", "given", "--at", "2026-01-05T08:00")
    assert "consent given at 2026-01-04 23:00 UTC" in said


def test_the_list_of_people_tells_who_agreed_and_when(genesis):
    assert "none" in genesis("list")
    genesis("consent", "Ada", "given", "--at", "2026-01-05")
    assert "given 2026-01-05" in genesis("list")
    (row,) = json.loads(genesis("list", "--json"))
    assert row["consent"] == {"state": "given", "since": "2026-01-05T00:00:00+00:00"}


def test_where_consent_does_not_count_that_is_told(genesis, monkeypatch):
    assert "does not count: identity.consent is not-needed" in genesis("consent", "Ada", "given")
    monkeypatch.setenv("GENESIS_IDENTITY__CONSENT", "required")
    assert "not-needed" not in genesis("consent", "Ada", "given")


def test_a_time_or_a_reason_without_a_word_is_refused(genesis):
    with pytest.raises(ConfigurationError, match="say given or withdrawn, too"):
        genesis("consent", "Ada", "--why", "form 17")
    with pytest.raises(ConfigurationError, match="expected a time as"):
        genesis("consent", "Ada", "given", "--at", "noon")
