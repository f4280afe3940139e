"""Tags of a tenant's people: who has which, and putting them on."""

import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from genesis_ray.domain.recognition.people import Person
from genesis_ray.domain.recognition.person_names import remark
from genesis_ray.domain.recognition.tags import TagEntry, tags_now
from genesis_ray.errors import ConfigurationError
from genesis_ray.running.people.identities import identity_folder, who_is_who
from genesis_ray.running.people.naming import find
from genesis_ray.running.people.turns import turn
from genesis_ray.settings import Settings
from genesis_ray.store.tenant.tags import Tags

_TAG = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


class Tagged(NamedTuple):
    """A person, and the tags that they have, sorted."""

    person: Person
    tags: list[str]


def tags_of_all(settings: Settings) -> Mapping[str, frozenset[str]]:
    """Return the tags of each of the tenant's people who has any, by who is who now."""
    return tags_now(Tags(identity_folder(settings)).entries(), who_is_who(settings))


def tags_of(settings: Settings, person: str) -> Tagged:
    """Return the tags of a person, named by an identity, its beginning, or a name.

    Raises:
        GenesisError: The person is not known or not clear.
    """
    who = who_is_who(settings)
    found = who.person(find(who, person))
    entries = Tags(identity_folder(settings)).entries()
    return Tagged(found, sorted(tags_now(entries, who).get(found.identity_id, ())))


def put_tag(settings: Settings, person: str, tag: str, *, is_set: bool, by: str) -> Tagged:
    """Put a tag on a person, or take it off, at once and durably; return what they have then.

    Raises:
        ConfigurationError: That is no tag.
        GenesisError: The person is not known or not clear, or another process writes.
    """
    if not _TAG.fullmatch(tag):
        raise ConfigurationError(
            f"expected a tag of up to 64 letters, digits, dots, dashes and underscores, the "
            f"first a letter or digit, got {tag!r:.80}"
        )
    by = remark(by, "by")
    with turn(settings), Tags(identity_folder(settings), writer=True) as tags:
        who = who_is_who(settings)
        found = who.person(find(who, person))
        has = tag in tags_now(tags.entries(), who).get(found.identity_id, ())
        if has != is_set:
            tags.append(
                TagEntry(
                    entry_id=secrets.token_hex(8),
                    identity_id=found.identity_id,
                    tag=tag,
                    is_set=is_set,
                    at=datetime.now(UTC),
                    by=by,
                )
            )
    return tags_of(settings, found.identity_id)
