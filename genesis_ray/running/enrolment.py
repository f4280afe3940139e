"""Making a person known by photos."""

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import numpy as np

from genesis_ray.domain.frames import Image
from genesis_ray.domain.ledger import WhoIsWho
from genesis_ray.domain.people import Person
from genesis_ray.errors import ConfigurationError, FaceError
from genesis_ray.running.assembly import Embedder
from genesis_ray.running.auditing import note
from genesis_ray.running.identities import Identities, open_identities
from genesis_ray.running.protected import load_protected_embedder
from genesis_ray.running.tenant_keys import tenant_keys
from genesis_ray.settings import Settings
from genesis_ray.store.audit_entry import Access
from genesis_ray.vision.faces import EmbeddedFace
from genesis_ray.vision.photo_file import read_photo


def enroll(settings: Settings, name: str, photos: Sequence[Path]) -> Person:
    """Add the faces of `photos` to the person called `name`, who is made if there is none.

    All photos are looked at before anything is written. Each is kept and searched, however many
    there are: `identity.templates` bounds what the system chooses itself, not what somebody chose.

    Raises:
        SourceError: A photo cannot be read, or is too large.
        FaceError: A photo has no face, several, or one that tells little about whose it is.
        ConfigurationError: The name is empty, or several people have it.
        StoreError: The tenant's key is lost, or others can read it.
    """
    name = name.strip()
    if not name:
        raise ConfigurationError("a person needs a name that is not empty")
    images = [read_photo(photo) for photo in photos]
    keys = tenant_keys(settings)
    embedder = load_protected_embedder(settings.faces, keys.current)
    least = settings.faces.min_quality
    faces = [
        _only_face(photo, image, embedder, least)
        for photo, image in zip(photos, images, strict=True)
    ]
    templates = np.stack([face.embedding for face in faces])
    count = "1 photo" if len(faces) == 1 else f"{len(faces)} photos"
    with ExitStack() as opened:
        reading = Access(action="enroll", reason="opens the gallery to add faces")
        identities = open_identities(settings, embedder, keys, opened, access=reading)
        identities.gallery.check(templates)
        person = _person_called(name, identities.decided)
        _keep(person, identities)
        identities.people.flush()  # a face without a person would be recognised as nobody
        adding = Access(
            action="enroll", reason=f"adds the faces of {count}", people=(person.identity_id,)
        )
        note(settings, keys, adding)
        identities.gallery.enroll(
            person.identity_id,
            templates,
            qualities=[face.quality for face in faces],
            at=datetime.now(UTC),
        )
    return person


def face_of(photo: Path, embedder: Embedder, *, least: float) -> EmbeddedFace:
    """Return the only face of a photo, of at least that quality.

    Raises:
        SourceError: The photo cannot be read, or is too large.
        FaceError: It has no face, several, or one that tells little about whose it is.
    """
    return _only_face(photo, read_photo(photo), embedder, least)


def _only_face(photo: Path, image: Image, embedder: Embedder, least: float) -> EmbeddedFace:
    faces = embedder.faces_in(image)
    if not faces:
        raise FaceError(
            f"{photo}: no face found; use a photo that shows the face from the front, "
            f"large and sharp"
        )
    if len(faces) > 1:
        raise FaceError(
            f"{photo}: {len(faces)} faces found; cut the photo so that it shows one person only"
        )
    if faces[0].quality < least:
        raise FaceError(
            f"{photo}: the face is too small, too blurred or turned away too far to tell whose it "
            f"is (quality {faces[0].quality:.2f}, expected {least:.2f} or more); use a photo that "
            f"shows it from the front, large and sharp"
        )
    return faces[0]


def _person_called(name: str, who: WhoIsWho) -> Person:
    known = [person for person in who.by_name(name) if person.kind == "enrolled"]
    if len(known) > 1:
        ids = ", ".join(person.identity_id for person in known)
        raise ConfigurationError(
            f"{len(known)} people are called {name!r} ({ids}); use another name"
        )
    if known:
        return known[0]
    return Person(
        identity_id=str(uuid4()), name=name, kind="enrolled", enrolled_at=datetime.now(UTC)
    )


def _keep(person: Person, identities: Identities) -> None:
    """Note somebody new; whom a split made, so that they stay should it be undone."""
    who = identities.decided
    if person.identity_id in who.born:
        identities.people.add(who.born[person.identity_id])
    elif person not in who.people:
        identities.people.add(person)
