"""Whom the audit log means: its digests and the people there are, matched by the tenant's keys."""

from genesis_ray.running.people.identities import who_is_who
from genesis_ray.running.people.naming import find
from genesis_ray.settings import Settings
from genesis_ray.store.audit.audit_entry import digests_of
from genesis_ray.store.keys.key_stores import open_key_store
from genesis_ray.store.keys.template_keys import KeyRing


def names_in_log(settings: Settings) -> dict[tuple[int, str], str]:
    """Return what people are called now, by key version and digest of each of their identities."""
    keys, who = _keys(settings), who_is_who(settings)
    return {
        digest: person.name
        for person in who.people
        for identity_id in who.members(person.identity_id)
        for digest in digests_of(identity_id, keys)
    }


def digests_of_person(settings: Settings, person: str) -> set[tuple[int, str]]:
    """Return what stands for a person in entries: key versions and digests.

    Raises:
        GenesisError: The person is not known or not clear.
    """
    keys, who = _keys(settings), who_is_who(settings)
    members = who.members(who.now(find(who, person)))
    return {digest for each in members for digest in digests_of(each, keys)}


def _keys(settings: Settings) -> KeyRing:
    return open_key_store(settings.templates.key_store).read(settings.tenant_id)
