from datetime import UTC, datetime, timedelta

import pytest

from genesis_ray.domain.recognition.people import Person
from genesis_ray.errors import ConfigurationError, NotFoundError
from genesis_ray.running.people.consent import consent_of, consents, is_blocked, note_consent
from genesis_ray.running.people.identities import identity_folder
from genesis_ray.running.people.repairs import Repairs
from genesis_ray.settings import Settings
from genesis_ray.store.tenant.people import People

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path) -> Settings:
    settings = Settings(data_dir=tmp_path / "data", identity={"consent": "required"})
    with People(identity_folder(settings), writer=True) as people:
        for number, name in enumerate(("Ada", "Ben")):
            at = NOON + timedelta(minutes=number)
            people.add(Person(identity_id=f"{name}-1", name=name, kind="enrolled", enrolled_at=at))
    return settings


def says(settings: Settings, who: str, said: str, at: datetime | None = None):
    return note_consent(settings, who, said, at=at, by="eve", why="form 17")


def test_what_is_noted_holds_from_when_it_was_said(settings):
    noted = says(settings, "Ada", "given", NOON)
    assert (noted.consent.state, noted.consent.since) == ("given", NOON)
    assert noted == consent_of(settings, "Ada-1") == consent_of(settings, "Ada")
    (entry,) = noted.history
    assert (entry.by, entry.why, entry.identity_id) == ("eve", "form 17", "Ada-1")
    assert entry.noted_at > entry.at
    assert consents(settings).of("Ben-1").state == "none"


def test_without_a_time_it_is_said_now(settings):
    (entry,) = says(settings, "Ada", "given").history
    assert entry.at == entry.noted_at


def test_who_may_be_recognised_is_who_agreed_where_that_is_required(settings):
    assert is_blocked(settings, "Ada-1")
    says(settings, "Ada", "given")
    assert not is_blocked(settings, "Ada-1")
    says(settings, "Ada", "withdrawn")
    assert is_blocked(settings, "Ada-1")
    assert not is_blocked(Settings(data_dir=settings.data_dir), "Ada-1")


def test_what_lies_before_the_last_word_or_is_to_come_is_refused(settings):
    says(settings, "Ada", "withdrawn", NOON)
    with pytest.raises(ConfigurationError, match="said withdrawn at 2026-01-05 12:00 UTC"):
        says(settings, "Ada", "given", NOON - timedelta(days=1))
    with pytest.raises(ConfigurationError, match="is to come"):
        says(settings, "Ada", "given", datetime.now(UTC) + timedelta(hours=1))
    assert len(consent_of(settings, "Ada").history) == 1


def test_nobody_known_can_say_nothing(settings):
    with pytest.raises(NotFoundError, match="nobody is called 'Carl'"):
        says(settings, "Carl", "given")


def test_who_was_merged_speaks_for_all_of_their_identities(settings):
    says(settings, "Ben", "withdrawn", NOON)
    with Repairs(settings, by="eve", why="") as repairs:
        merge = repairs.merge("Ada", "Ben")
    assert consent_of(settings, "Ada").consent.state == "withdrawn"
    says(settings, "Ada", "given")
    assert consent_of(settings, "Ben-1").consent.state == "given"
    with Repairs(settings, by="eve", why="") as repairs:
        repairs.undo(merge.entry_id)
    states = [consent_of(settings, name).consent.state for name in ("Ada", "Ben")]
    assert states == ["given", "withdrawn"]
