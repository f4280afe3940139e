"""What it does to people and gallery that faces are given to a person, or taken from one."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from genesis_ray.domain.recognition.enrolment import unknown_faces
from genesis_ray.domain.recognition.ledger import WhoIsWho
from genesis_ray.domain.recognition.people import Person
from genesis_ray.domain.recognition.person_names import is_same_name
from genesis_ray.errors import ConfigurationError
from genesis_ray.running.enrolling.enrolment_note import Enrolment
from genesis_ray.running.enrolling.removal_note import Removal
from genesis_ray.running.people.auditing import note
from genesis_ray.running.people.naming import namesakes
from genesis_ray.running.templates.resting_galleries import resting_galleries
from genesis_ray.settings import Settings
from genesis_ray.store.audit.audit_entry import Access
from genesis_ray.store.keys.template_keys import KeyRing
from genesis_ray.store.tenant.kept_photos import KeptPhoto, KeptPhotos
from genesis_ray.store.tenant.tenants import gallery_folder

if TYPE_CHECKING:
    from genesis_ray.running.people.identities import Identities


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
    check(enrolment, identities, keys)
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


def check(enrolment: Enrolment, identities: "Identities", keys: KeyRing) -> None:
    """Make sure that an enrolment's faces can be taken.

    Raises:
        ConfigurationError: They are under another key, or several people are called so.
        StoreError: The templates are no faces of this gallery.
    """
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
        if each.kind == "enrolled" and is_same_name(each.name, enrolment.name)
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


def _count(number: int, what: str) -> str:
    return f"1 {what}" if number == 1 else f"{number} {what}s"
