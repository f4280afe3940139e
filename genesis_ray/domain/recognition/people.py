"""People: an identity, and what it is called."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Kind = Literal["enrolled", "visitor"]
"""Known to somebody by a name, or a pseudonymous visitor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An identity and its name; names need not differ, identities do."""

    identity_id: str
    name: str
    kind: Kind
    enrolled_at: datetime


def visitor(identity_id: str, *, at: datetime) -> Person:
    """Return a pseudonymous person, under a name that says nothing about them."""
    name = f"visitor {identity_id[:4]}"
    return Person(identity_id=identity_id, name=name, kind="visitor", enrolled_at=at)
