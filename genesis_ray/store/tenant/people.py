"""One tenant's people: what their identities are called."""

from collections.abc import Collection, Iterable
from dataclasses import asdict
from datetime import UTC
from pathlib import Path
from typing import Any

import pyarrow as pa

from genesis_ray.domain.recognition.people import Person
from genesis_ray.domain.recognition.person_names import is_same_name
from genesis_ray.errors import NotFoundError, StoreError
from genesis_ray.store.lance.lance_table import LanceTable
from genesis_ray.store.lance.one_table import OneTable
from genesis_ray.store.tenant.identity_schemas import PEOPLE_SCHEMA

PEOPLE_LOCK = "people.lock"
"""In a tenant's folder: who holds it names the tenant's people, or writes who they are."""


class People(OneTable):
    """The people of one tenant: all in memory, stored beside the tenant's galleries.

    As with a gallery any number of processes may read and one may write. Flush people before
    their faces: after a crash a person without a face is harmless, a face without a person
    would be recognised as nobody.
    """

    def __init__(self, folder: Path, *, writer: bool = False) -> None:
        """Open the people in a tenant's folder; a writer makes them where they are missing.

        Raises:
            StoreError: Another process writes to them, or they have another schema.
        """
        super().__init__(LanceTable(folder, "people", PEOPLE_SCHEMA, writer=writer))
        stored = [_person(row) for row in self._table.rows().to_pylist()]
        self._by_id = {person.identity_id: person for person in stored}

    def add(self, person: Person) -> None:
        """Add a person: found at once, durable after `flush`. The same one again is no change.

        Raises:
            StoreError: The identity is another person already, or this is open for reading.
        """
        known = self._by_id.get(person.identity_id)
        if known == person:
            return
        if known:
            raise StoreError(
                f"identity {person.identity_id!r} is {known.name!r} already, got {person.name!r}; "
                f"a new person needs a new identity"
            )
        self._table.add(pa.Table.from_pylist([asdict(person)], schema=PEOPLE_SCHEMA))
        self._by_id[person.identity_id] = person

    def get(self, identity_id: str) -> Person:
        """Return the person of an identity.

        Raises:
            NotFoundError: This tenant has no such identity.
        """
        try:
            return self._by_id[identity_id]
        except KeyError:
            raise NotFoundError(
                f"no person with identity {identity_id!r}; `genesis people list` shows who there is"
            ) from None

    def has(self, identity_id: str) -> bool:
        """Tell whether somebody has this identity."""
        return identity_id in self._by_id

    def name_of(self, identity_id: str) -> str:
        """Return what an identity is called; the identity itself where nobody is."""
        person = self._by_id.get(identity_id)
        return person.name if person else identity_id

    def everyone(self) -> list[Person]:
        """Return all people, by when they were enrolled."""
        return sorted(
            self._by_id.values(), key=lambda person: (person.enrolled_at, person.identity_id)
        )

    def table(self) -> pa.Table:
        """Return all people as `PEOPLE_SCHEMA` has them."""
        return as_table(self.everyone())

    def by_name(self, name: str) -> list[Person]:
        """Return the people who are called `name`, stored in whatever form, by their enrolment."""
        return [person for person in self.everyone() if is_same_name(person.name, name)]

    def remove(self, identity_ids: Collection[str]) -> None:
        """Remove people, and every byte of them; killed at any point, all of them or none.

        Raises:
            StoreError: This is open for reading, or the disk is full or refuses.
        """
        self.flush()
        kept = {key: each for key, each in self._by_id.items() if key not in identity_ids}
        self._table.replace(as_table(kept.values()))
        self._by_id = kept

    def versions(self) -> list[int]:
        """Return the versions that are on the disk, see `LanceTable.versions`."""
        return self._table.versions()

    def recover(self, pending: pa.Table) -> None:
        """Add those again who were pending in a process that was killed, each once.

        Raises:
            StoreError: This is open for reading, or somebody else has such an identity.
        """
        for row in pending.to_pylist():
            self.add(_person(row))


def as_table(people: Iterable[Person]) -> pa.Table:
    """Return people as `PEOPLE_SCHEMA` has them."""
    return pa.Table.from_pylist([asdict(person) for person in people], schema=PEOPLE_SCHEMA)


def _person(row: dict[str, Any]) -> Person:
    return Person(**{**row, "enrolled_at": row["enrolled_at"].astimezone(UTC)})
