"""Making a person known by photos."""

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import cv2
import numpy as np

from genesis_ray.domain.frames import Image
from genesis_ray.domain.ledger import WhoIsWho
from genesis_ray.domain.people import Person
from genesis_ray.errors import ConfigurationError, FaceError, SourceError
from genesis_ray.running.assembly import Embedder
from genesis_ray.running.identities import Identities, open_identities
from genesis_ray.running.protected import load_protected_embedder
from genesis_ray.running.tenant_keys import tenant_keys
from genesis_ray.settings import Settings
from genesis_ray.vision.faces import EmbeddedFace


def enroll(settings: Settings, name: str, photos: Sequence[Path]) -> Person:
    """Add the faces of `photos` to the person called `name`, who is made if there is none.

    All photos are looked at before anything is written.

    Raises:
        SourceError: A photo cannot be read.
        FaceError: A photo has no face, or several.
        ConfigurationError: The name is empty, or several people have it.
        StoreError: The tenant's key is lost, or others can read it.
    """
    name = name.strip()
    if not name:
        raise ConfigurationError("a person needs a name that is not empty")
    images = [_read(photo) for photo in photos]
    keys = tenant_keys(settings)
    embedder = load_protected_embedder(settings.faces, keys.current)
    faces = [
        _only_face(photo, image, embedder) for photo, image in zip(photos, images, strict=True)
    ]
    with ExitStack() as opened:
        identities = open_identities(settings, embedder, keys, opened)
        person = _person_called(name, identities.decided)
        _keep(person, identities)
        identities.gallery.enroll(
            person.identity_id,
            np.stack([face.embedding for face in faces]),
            qualities=[face.quality for face in faces],
            at=datetime.now(UTC),
        )
    return person


def face_of(photo: Path, embedder: Embedder) -> EmbeddedFace:
    """Return the only face of a photo.

    Raises:
        SourceError: The photo cannot be read.
        FaceError: It has no face, or several.
    """
    return _only_face(photo, _read(photo), embedder)


def _read(photo: Path) -> Image:
    try:
        content = np.frombuffer(photo.read_bytes(), np.uint8)
    except OSError as error:
        raise SourceError(f"{photo}: {error.strerror}; name the file of a photo") from error
    try:
        image: Image | None = cv2.imdecode(content, cv2.IMREAD_COLOR) if len(content) else None
    except cv2.error as error:
        raise SourceError(f"{photo}: a picture of too many pixels; make it smaller") from error
    if image is None:
        raise SourceError(f"{photo}: not a picture that can be read; use JPEG or PNG")
    return image


def _only_face(photo: Path, image: Image, embedder: Embedder) -> EmbeddedFace:
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
