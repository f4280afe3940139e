"""Consent of a tenant's people: what somebody notes becomes an entry of the register."""

import secrets
from datetime import UTC, datetime
from typing import NamedTuple

from genesis_ray.domain.recognition.consent import Consent, ConsentEntry, Consents, Said
from genesis_ray.domain.recognition.people import Person
from genesis_ray.domain.recognition.person_names import remark
from genesis_ray.errors import ConfigurationError
from genesis_ray.running.people.identities import identity_folder, who_is_who
from genesis_ray.running.people.naming import find
from genesis_ray.running.people.turns import turn
from genesis_ray.settings import Settings
from genesis_ray.store.tenant.consent import ConsentRegister


class PersonsConsent(NamedTuple):
    """A person, what holds for them, and by which entries."""

    person: Person
    consent: Consent
    history: list[ConsentEntry]


def consents(settings: Settings) -> Consents:
    """Return what all people of the tenant said until now."""
    entries = ConsentRegister(identity_folder(settings)).entries()
    return Consents(entries, who_is_who(settings))


def consent_of(settings: Settings, person: str) -> PersonsConsent:
    """Return what holds for a person, named by an identity, its beginning, or a name.

    Raises:
        GenesisError: The person is not known or not clear.
    """
    who = who_is_who(settings)
    found = who.person(find(who, person))
    everyone = Consents(ConsentRegister(identity_folder(settings)).entries(), who)
    return PersonsConsent(
        found, everyone.of(found.identity_id), everyone.history(found.identity_id)
    )


def is_blocked(settings: Settings, identity_id: str) -> bool:
    """Tell whether a person is not recognised for want of consent."""
    needed = settings.identity.consent == "required"
    return needed and consents(settings).of(identity_id).state != "given"


def note_consent(
    settings: Settings,
    person: str,
    said: Said,
    *,
    at: datetime | None,
    by: str,
    why: str,
) -> PersonsConsent:
    """Note what a person said, at once and durably; return what holds now.

    The person is named as `consent_of` takes it; `at` is when they said so, now where it is None.

    Raises:
        ConfigurationError: That is to come, or lies before what they said last, or `by` or `why`
            is no text.
        GenesisError: The person is not known or not clear, or another process writes.
    """
    by, why = remark(by, "by"), remark(why, "why")
    noted_at = datetime.now(UTC)
    said_at = noted_at if at is None else at
    if said_at > noted_at:
        raise ConfigurationError(
            f"--at {said_at:%Y-%m-%d %H:%M} UTC is to come; consent counts from when it is given"
        )
    with turn(settings), ConsentRegister(identity_folder(settings), writer=True) as register:
        who = who_is_who(settings)
        found = who.person(find(who, person))
        history = Consents(register.entries(), who).history(found.identity_id)
        if history and said_at < history[-1].at:
            raise ConfigurationError(
                f"{found.name!r} said {history[-1].said} at {history[-1].at:%Y-%m-%d %H:%M} UTC, "
                f"after {said_at:%Y-%m-%d %H:%M} UTC, so this would change nothing; give the time "
                f"of what they said last"
            )
        register.append(
            ConsentEntry(
                entry_id=secrets.token_hex(8),
                identity_id=found.identity_id,
                member_ids=tuple(who.members(found.identity_id)),
                said=said,
                at=said_at,
                noted_at=noted_at,
                by=by,
                why=why,
            )
        )
    return consent_of(settings, found.identity_id)
