"""Faces that somebody gives to a person or takes from one, by whoever writes people and galleries.

That is the command itself, or the system that runs: then they are handed over as a note in the
tenant's folder, with templates under the tenant's key. One that nobody took in is taken in by who
writes next.
"""

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from genesis_ray.domain.enrolment import unknown_faces
from genesis_ray.domain.ledger import WhoIsWho
from genesis_ray.domain.people import Person
from genesis_ray.errors import ConfigurationError, GenesisError, StoreError
from genesis_ray.running.auditing import note
from genesis_ray.running.enrolment_note import Enrolment
from genesis_ray.running.naming import namesakes
from genesis_ray.running.removal_note import Removal
from genesis_ray.running.resting_galleries import resting_galleries
from genesis_ray.settings import Settings
from genesis_ray.store.audit_entry import Access
from genesis_ray.store.disk import writing_to
from genesis_ray.store.kept_photos import KeptPhoto, KeptPhotos, opened, seal
from genesis_ray.store.spool import Spool
from genesis_ray.store.template_keys import KeyRing
from genesis_ray.store.templates import Protector
from genesis_ray.store.tenants import gallery_folder

if TYPE_CHECKING:
    from genesis_ray.running.identities import Identities

_log = logging.getLogger(__name__)

_LOOK_EVERY_S = 0.1


class WaitingEnrolments:
    """The enrolments and removals that wait in a tenant's folder to be taken in."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._folder = enrolments_folder(settings)
        self._spool = Spool(self._folder)
        self._refusals = Spool(self._folder / "refused")

    def __bool__(self) -> bool:
        """Whether any waits."""
        return bool(self.names())

    def names(self) -> list[str]:
        """Return what tells those that wait from others that did or will."""
        return self._spool.names()

    def readable(self) -> list[Enrolment]:
        """Return the enrolments that wait, in their order, but for notes that are none."""
        found = []
        for content in self._spool.notes().values():
            with suppress(ValueError):
                found.append(Enrolment.from_note(content))
        return found

    def hand_over(self, handed: Enrolment | Removal) -> None:
        """Leave one for who writes, durably.

        Raises:
            StoreError: The disk is full or refuses.
        """
        self._spool.put(_name_of(handed), handed.to_note())

    def withdraw(self, handed: Enrolment | Removal) -> None:
        """Take one back that is not taken in.

        Raises:
            StoreError: The disk refuses.
        """
        with writing_to(self._folder):
            self._spool.remove(_name_of(handed))

    def is_taken_in(self, handed: Enrolment | Removal, *, within_s: float) -> bool:
        """Wait until one was taken in; tell whether it was in that time.

        Raises:
            ConfigurationError: It was refused.
        """
        name, until = _name_of(handed), time.monotonic() + within_s
        while name in self.names():
            if time.monotonic() > until:
                return False
            time.sleep(_LOOK_EVERY_S)
        if refusal := self._refusals.notes().get(name):
            self._refusals.remove(name)
            raise ConfigurationError(str(refusal["reason"]))
        return True

    def take_in(
        self,
        identities: "Identities",
        keys: KeyRing,
        *,
        known: Callable[[], KeyRing] | None = None,
    ) -> list[str]:
        """Take in those for this gallery, to be stored by the next `flush`.

        It is under the current one of `keys`; others, some of which may have been made since, are
        those that `known` returns. Returns what `done` takes once they are. What cannot be taken
        in is refused for good; a removal that somebody else keeps from is tried the next time.

        Raises:
            StoreError: It cannot be noted in the audit log.
        """
        names = []
        for name, content in self._spool.notes().items():
            try:
                handed = Removal.from_note(content) or Enrolment.from_note(content)
            except ValueError as error:
                self._spool.refuse(name, str(error))
                continue
            if handed.embedder != identities.gallery.embedder:
                continue  # whoever writes that gallery takes it
            if isinstance(handed, Removal):
                if self._remove(handed, identities, keys):
                    names.append(name)
                continue
            enrolment = handed
            try:
                enrolment = _under_current(enrolment, keys, known)
                _check(enrolment, identities, keys)
            except GenesisError as error:
                _log.warning("an enrolment is refused: %s", error)
                self._refusals.put(name, {"reason": str(error)})
            else:
                take(enrolment, self._settings, identities, keys)
            names.append(name)
        return names

    def _remove(self, removal: Removal, identities: "Identities", keys: KeyRing) -> bool:
        try:
            remove(removal, self._settings, identities, keys)
        except StoreError as error:
            _log.warning("faces are not removed yet: %s", error)
            return False
        return True

    def done(self, names: list[str]) -> None:
        """Take it that these are stored."""
        for name in names:
            self._spool.remove(name)


def remove(removal: Removal, settings: Settings, identities: "Identities", keys: KeyRing) -> None:
    """Remove faces with every byte: kept photos of them, and those of all galleries.

    What was learned in the place of one stays, and what it replaced counts again. Cut off at any
    point, all of it can be done again.

    Raises:
        StoreError: Another process fills a gallery, it cannot be noted, or the disk refuses.
    """
    folder = gallery_folder(settings.data_dir, settings.tenant_id)
    access = Access(
        action="remove",
        reason=f"removes {_count(len(removal.face_ids), 'face')}",
        people=(removal.identity_id,),
        by=removal.by,
    )
    note(settings, keys, access)
    kept = KeptPhotos(folder)
    kept.remove([photo for photo in kept.all() if photo.face_id in removal.face_ids])
    for resting in resting_galleries(folder, besides=identities.gallery.embedder):
        resting.forget((), removal.face_ids)
    identities.remove_faces(removal.face_ids)


def take(
    enrolment: Enrolment, settings: Settings, identities: "Identities", keys: KeyRing
) -> Person:
    """Add an enrolment's faces to whom it is about, each once; durable after `flush`.

    Those that the person is known by meanwhile are not added again.

    Raises:
        ConfigurationError: Several people are called so.
        StoreError: It cannot be noted, or the templates are no faces of this gallery.
    """
    _check(enrolment, identities, keys)
    person = _person_called(enrolment, identities)
    gallery = identities.gallery
    if len(gallery.here(enrolment.face_ids)) == len(enrolment.face_ids):
        return person
    own = gallery.vectors_of(identities.decided.members(person.identity_id))
    enrolment = enrolment.only(unknown_faces(enrolment.templates, own))
    count = len(enrolment.face_ids)
    if not count:
        return person
    access = Access(
        action="enroll",
        reason=f"adds the faces of {_count(count, 'photo')}",
        people=(person.identity_id,),
        by=enrolment.by,
    )
    note(settings, keys, access)
    _keep(person, identities)
    identities.people.flush()  # a face without a person would be recognised as nobody
    _keep_photos(enrolment, person, settings, keys)
    gallery.enroll(
        person.identity_id,
        enrolment.templates,
        qualities=enrolment.qualities,
        at=enrolment.at,
        face_ids=enrolment.face_ids,
        places=enrolment.places,
    )
    return person


def _keep_photos(enrolment: Enrolment, person: Person, settings: Settings, keys: KeyRing) -> None:
    """Store the pictures that came with an enrolment, which is under the current key.

    Of those that are elsewhere, under whichever key, it is noted where: nothing is reached for.
    """
    kept = KeptPhotos(gallery_folder(settings.data_dir, settings.tenant_id))

    def of(face_id: str, version: int, fingerprint: str, address: str = "") -> KeptPhoto:
        return KeptPhoto(
            face_id=face_id,
            identity_id=person.identity_id,
            key_version=version,
            fingerprint=fingerprint,
            at=enrolment.at,
            address=address,
        )

    key = keys.current
    for face_id, sealed in zip(enrolment.face_ids, enrolment.photos, strict=False):
        kept.put(of(face_id, key.version, key.fingerprint), sealed)
    for face_id, address in zip(enrolment.face_ids, enrolment.addresses, strict=False):
        kept.note(of(face_id, *enrolment.sealed_with, address))


def enrolments_folder(settings: Settings) -> Path:
    """Return where enrolments wait, with those that were refused."""
    return gallery_folder(settings.data_dir, settings.tenant_id) / "enrolments"


def _name_of(handed: Enrolment | Removal) -> str:
    return f"{handed.at:%Y%m%dT%H%M%S%f}-{handed.face_ids[0]}"


def _count(number: int, what: str) -> str:
    return f"1 {what}" if number == 1 else f"{number} {what}s"


def _under_current(
    enrolment: Enrolment, keys: KeyRing, known: Callable[[], KeyRing] | None
) -> Enrolment:
    """Return an enrolment under the current key, which was handed over under another.

    Where its own key is not here it stays as it is.

    Raises:
        StoreError: A photo of it is damaged.
    """
    key, before = keys.current, keys.get(enrolment.key_version)
    if before is None and known:
        before = known().get(enrolment.key_version)
    if before is None or before == key:
        return enrolment
    dimension = enrolment.templates.shape[1]
    protector = Protector(key, embedder=enrolment.embedder, dimension=dimension)
    return replace(
        enrolment,
        templates=protector.renew(enrolment.templates, before),
        key_version=key.version,
        photos=tuple(
            seal(opened(photo, face_id, before), face_id, key)
            for photo, face_id in zip(enrolment.photos, enrolment.face_ids, strict=False)
        ),
    )


def _check(enrolment: Enrolment, identities: "Identities", keys: KeyRing) -> None:
    identities.gallery.check(enrolment.templates)
    if enrolment.key_version != keys.current.version:
        raise ConfigurationError(
            f"the faces of {enrolment.name!r} are under key {enrolment.key_version}, the gallery "
            f"is under key {keys.current.version}; enrol them again"
        )
    _person_called(enrolment, identities)


def person_meant(enrolment: Enrolment, who: WhoIsWho, new: Sequence[Person]) -> Person:
    """Return whom an enrolment is about; `new` are people who are not among those of `who` yet.

    Raises:
        ConfigurationError: Several people are called so.
    """
    meant = who.now(enrolment.identity_id)
    known = [each for each in (*who.people, *new) if each.identity_id == meant]
    known = known or [
        each
        for each in (*who.by_name(enrolment.name), *new)
        if (each.name, each.kind) == (enrolment.name, "enrolled")
    ]
    if len(known) > 1:
        raise ConfigurationError(namesakes(enrolment.name, known))
    if known:
        return known[0]
    return Person(
        identity_id=enrolment.identity_id,
        name=enrolment.name,
        kind="enrolled",
        enrolled_at=enrolment.at,
    )


def _person_called(enrolment: Enrolment, identities: "Identities") -> Person:
    who, people = identities.decided, identities.people
    decided = {*who.aliases, *(person.identity_id for person in who.people)}
    new = [each for each in people.by_name(enrolment.name) if each.identity_id not in decided]
    return person_meant(enrolment, who, new)


def _keep(person: Person, identities: "Identities") -> None:
    """Note somebody new; whom a split made, so that they stay should it be undone."""
    who = identities.decided
    if person.identity_id in who.born:
        identities.people.add(who.born[person.identity_id])
    elif person not in who.people:
        identities.people.add(person)
