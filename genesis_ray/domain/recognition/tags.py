"""Tags of people, as vip, banned or staff: what was put on whom, and what holds by it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from genesis_ray.domain.recognition.ledger import WhoIsWho

TagsOf = Mapping[str, frozenset[str]]
"""The tags of those who have any, by the identity that each is now."""

NO_TAGS: TagsOf = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class TagEntry:
    """That a tag was put on somebody, or taken off; never changed.

    Attributes:
        identity_id: The person, as they were called then.
        by: Who did it.
    """

    entry_id: str
    identity_id: str
    tag: str
    is_set: bool
    at: datetime
    by: str


def tags_now(entries: Iterable[TagEntry], who: WhoIsWho) -> TagsOf:
    """Return the tags of each person by who is who now, of those who have any.

    Entries come in the order in which they were made. Of identities that were merged all count, so
    the last word on a tag holds for the one person that they are.
    """
    tags: defaultdict[str, set[str]] = defaultdict(set)
    for entry in entries:
        own = tags[who.now(entry.identity_id)]
        own.add(entry.tag) if entry.is_set else own.discard(entry.tag)
    return {identity_id: frozenset(own) for identity_id, own in tags.items() if own}


def having(tag: str, tags: TagsOf) -> frozenset[str]:
    """Return the identities of those who have a tag."""
    return frozenset(identity_id for identity_id, own in tags.items() if tag in own)
