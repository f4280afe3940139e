"""An entry of the audit log: who read templates, whose, when and why.

People are in it as keyed digests of their identities: who has the tenant's key and knows an
identity can tell whether an entry is about it, and nobody can once that identity is forgotten.
"""

import hashlib
import hmac
import json
import os
import pwd
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Literal, Self

from genesis_ray.store.keys.template_keys import KeyRing, TemplateKey

Action = Literal[
    "match",
    "enroll",
    "re-embed",
    "switch",
    "propose",
    "search",
    "remove",
    "tidy",
    "forget",
    "verify-forgotten",
    "rotate",
    "forget-key",
    "backup",
    "snapshot",
    "restore",
    "damage",
]
"""What templates were read for; of the last kind is what the log notes of itself."""

NO_KEY = 0
"""The key version of an entry that was made where the tenant had no key."""

_CONSTRUCTION = "genesis-ray audit 1"
"""Its number changes with how entries are chained; logs cannot outlive that."""

_DIGEST_CHARACTERS = 32  # 128 bits of it


def this_user() -> str:
    """Return who this process belongs to, as the system calls them, whatever variables say."""
    number = os.geteuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:  # it has no name, as in some containers
        return str(number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """A reading of templates that is about to happen.

    Attributes:
        reason: In words, for who reads the log later; it names nobody.
        people: Identities whose templates are read; None: everybody's.
        by: Who reads.
    """

    action: Action
    reason: str
    people: tuple[str, ...] | None = None
    by: str = field(default_factory=this_user)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """A line of the log.

    Attributes:
        seq: From 1.
        people: Digests of identities, see `digest_of`; None: everybody.
        key_version: Of the key that the digests are made with.
        previous: The hash of the entry before, see `first_link`.
        hash: SHA-256 of all else, in hexadecimal digits.
    """

    seq: int
    at: datetime
    by: str
    action: str
    tenant_id: str
    people: tuple[str, ...] | None
    key_version: int
    reason: str
    previous: str
    hash: str = ""

    @classmethod
    def read(cls, line: bytes) -> Self:
        """Return the entry of a line.

        Raises:
            ValueError: It is none.
        """
        row = json.loads(line)
        if not isinstance(row, dict) or row.keys() != set(cls.__dataclass_fields__):
            raise ValueError("other fields than an entry has")
        try:
            at, people = datetime.fromisoformat(row["at"]), row["people"]
            people = None if people is None else tuple(people)
        except TypeError as error:
            raise ValueError(str(error)) from error
        if at.tzinfo is None:
            raise ValueError("a time without its zone")
        return cls(**{**row, "at": at, "people": people})

    def line(self) -> bytes:
        """Return the entry as it is stored, with the end of its line."""
        return _json(self._row()) + b"\n"

    def sealed(self) -> Self:
        """Return the entry with its hash."""
        return replace(self, hash=self.expected_hash())

    def expected_hash(self) -> str:
        """Return what the hash has to be."""
        row = self._row()
        del row["hash"]
        return hashlib.sha256(_json(row)).hexdigest()

    def _row(self) -> dict[str, Any]:
        return {**asdict(self), "at": self.at.isoformat()}


def first_link(tenant_id: str) -> str:
    """Return what the first entry of a tenant's log has as the hash of the one before."""
    return hashlib.sha256(f"{_CONSTRUCTION}/{tenant_id}".encode()).hexdigest()


def digest_of(identity_id: str, key: TemplateKey) -> str:
    """Return what stands for an identity in entries that are made with `key`."""
    digest = hmac.new(key.derived("audit/people"), identity_id.encode(), hashlib.sha256)
    return digest.hexdigest()[:_DIGEST_CHARACTERS]


def digests_of(identity_id: str, keys: KeyRing) -> set[tuple[int, str]]:
    """Return what stands for an identity in any entry: key versions and digests."""
    return {(key.version, digest_of(identity_id, key)) for key in keys.keys}


def _json(row: dict[str, Any]) -> bytes:
    return json.dumps(row, sort_keys=True, separators=(",", ":")).encode()
