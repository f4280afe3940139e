"""Commands beside a system that runs: what they wait for, and what they say."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import cv2
import pytest
from typer.testing import CliRunner

from genesis_ray.cli import enrolling, running_system
from genesis_ray.cli.main import app
from genesis_ray.domain.recognition.people import Person
from genesis_ray.running.enrolling.waiting_enrolments import enrolments_folder
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.settings import Settings
from genesis_ray.store.tenant.people import People
from genesis_ray.store.tenant.tenants import gallery_folder
from genesis_ray.testing import SyntheticFilm

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.fixture
def system(tmp_path, monkeypatch):
    """A system that runs in this process, so far as it says so: it has so many decisions."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GENESIS_TEMPLATES__KEY_STORE", f"file:{tmp_path / 'keys'}")
    monkeypatch.setenv("GENESIS_FACES__EMBEDDER", "synthetic")
    monkeypatch.setenv("GENESIS_IDENTITY__CONSENT", "required")
    monkeypatch.setattr(running_system, "WAIT_S", 0.1)
    monkeypatch.setattr(enrolling, "WAIT_S", 0.1)
    settings = Settings()
    tenant_keys(settings)
    folder = gallery_folder(settings.data_dir, "default")

    def has(*, ledger: int = 0, consent: int = 0) -> None:
        told = {"process": str(os.getpid()), "embedder": "colour", "ledger": ledger}
        (folder / "taken-in.json").write_text(json.dumps({**told, "consent": consent}))

    with People(folder, writer=True) as people:
        people.add(Person(identity_id="ada-1", name="Ada", kind="enrolled", enrolled_at=NOON))
        people.flush()
        has()
        yield has


def genesis(*arguments: object) -> str:
    result = CliRunner().invoke(app, ["people", *map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


WAITS = f"the system that runs, process {os.getpid()}, takes it in when a camera next shows it"
COUNTS = f"The system that runs, process {os.getpid()}, goes by it now."


def test_a_decision_and_a_word_of_consent_are_waited_for(system):
    assert WAITS in genesis("rename", "Ada", "Augusta")
    system(ledger=2)
    assert COUNTS in genesis("rename", "Augusta", "Ada")
    assert WAITS in genesis("consent", "Ada", "given")
    system(ledger=2, consent=2)
    assert COUNTS in genesis("consent", "Ada", "withdrawn")


def test_alerts_are_said_to_go_by_a_tag_soon(system):
    assert "go by it from the next second or two on" in genesis("tag", "Ada", "vip")


def test_photos_are_handed_over_and_said_to_wait(system, tmp_path):
    photo: Path = tmp_path / "cleo.png"
    cv2.imwrite(str(photo), SyntheticFilm(people=1, width=160, height=120).image_at(0))
    said = genesis("enroll", "Cleo", photo)
    assert "Cleo is to be enrolled with 1 photo." in said
    assert WAITS in said
    (note,) = enrolments_folder(Settings()).glob("*.json")
    assert json.loads(note.read_bytes())["name"] == "Cleo"
    again = genesis("enroll", "Cleo", photo)
    assert "Cleo is to be enrolled with this already." in again
    assert WAITS in again
    assert [*enrolments_folder(Settings()).glob("*.json")] == [note]
