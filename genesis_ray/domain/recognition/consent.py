"""Consent to being recognised: what people said, and what holds by all of it.

An entry is never changed. Consent is a person's: where identities were merged, what was said for
each of them counts, and the most restrictive of it holds.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from genesis_ray.domain.recognition.ledger import WhoIsWho

Said = Literal["given", "withdrawn"]
"""What a person can say."""

ConsentState = Literal["none", "given", "withdrawn"]
"""What can hold: also that nobody said anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentEntry:
    """What a person said at a time.

    Attributes:
        identity_id: The person, as they were called then.
        member_ids: All identities that were this person when it was noted, itself among them.
        at: When the person said so.
        noted_at: When it was noted, which may be later.
        by: Who noted it.
        why: On what ground: a form that was signed, a letter.
    """

    entry_id: str
    identity_id: str
    member_ids: tuple[str, ...]
    said: Said
    at: datetime
    noted_at: datetime
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class Consent:
    """What holds for a person, and since when."""

    state: ConsentState
    since: datetime | None


_NONE = Consent("none", None)


class Consents:
    """What all people said, by who is who now."""

    def __init__(self, entries: Iterable[ConsentEntry], who: WhoIsWho) -> None:
        """Take entries in the order in which they were noted."""
        self._who = who
        self._entries = sorted(entries, key=lambda entry: entry.at)
        self._about: defaultdict[str, set[int]] = defaultdict(set)  # places in that, by identity
        for place, entry in enumerate(self._entries):
            for identity_id in entry.member_ids:
                self._about[identity_id].add(place)
        self._merged: defaultdict[str, list[str]] = defaultdict(list)
        for identity_id, present in who.aliases.items():
            self._merged[present].append(identity_id)

    def history(self, identity_id: str) -> list[ConsentEntry]:
        """Return what counts for a person, in the order in which it was said.

        What was given for an identity counts for whoever is that identity. What was withdrawn
        counts for all who were one person with it then, even where they are no longer.
        """
        members = self._members(identity_id)
        places = set().union(*(self._about.get(each, ()) for each in members))
        return [
            entry
            for entry in map(self._entries.__getitem__, sorted(places))
            if entry.said == "withdrawn" or entry.identity_id in members
        ]

    def of(self, identity_id: str) -> Consent:
        """Return what holds for a person: of the last words for each identity, the strictest."""
        members = self._members(identity_id)
        last = {
            each: entry
            for entry in self.history(identity_id)
            for each in members.intersection(entry.member_ids)
        }
        if not last:
            return _NONE
        withdrawn = [entry for entry in last.values() if entry.said == "withdrawn"]
        deciding = max(withdrawn or last.values(), key=lambda entry: entry.at)
        return Consent(deciding.said, deciding.at)

    def given(self) -> frozenset[str]:
        """Return the identities of those people whose consent holds."""
        return frozenset(
            person.identity_id
            for person in self._who.people
            if self.of(person.identity_id).state == "given"
        )

    def _members(self, identity_id: str) -> frozenset[str]:
        present = self._who.now(identity_id)
        return frozenset((present, *self._merged.get(present, ())))


def without(entries: Iterable[ConsentEntry], identity_ids: Collection[str]) -> list[ConsentEntry]:
    """Return entries without identities that are to be forgotten.

    A withdrawal that counted for others too stays theirs. What was given was given by one person
    for themselves: it goes, as nobody may have consent that somebody else gave.
    """
    kept = []
    for entry in entries:
        members = tuple(each for each in entry.member_ids if each not in identity_ids)
        if entry.identity_id not in identity_ids:
            kept.append(replace(entry, member_ids=members))
        elif entry.said == "withdrawn" and members:
            kept.append(replace(entry, identity_id=members[0], member_ids=members))
    return kept


class MatchingByConsent:
    """What was decided about who is who, among those only who gave their consent."""

    def __init__(self, decided: WhoIsWho, given: frozenset[str]) -> None:
        self._decided = decided
        self._given = given

    def now(self, identity_id: str) -> str:
        """Return whom an identity is now that some were merged."""
        return self._decided.now(identity_id)

    def is_withheld(self, identity_id: str) -> bool:
        """Tell whether nothing may be told of somebody, not even that they were there."""
        return self.now(identity_id) not in self._given

    def may_be(self, identity_id: str, camera_id: str, track_id: int, at: datetime) -> bool:
        """Tell whether a track may be this identity: it consented, and nobody said it is not."""
        return not self.is_withheld(identity_id) and self._decided.may_be(
            identity_id, camera_id, track_id, at
        )
