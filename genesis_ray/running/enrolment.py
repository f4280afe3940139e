"""Making a person known by photos."""

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import numpy as np
import pyarrow.compute as pc

from genesis_ray.domain.frames import Image
from genesis_ray.domain.people import Person
from genesis_ray.errors import ConfigurationError, FaceError
from genesis_ray.running.assembly import Embedder, embedder_traits
from genesis_ray.running.enrolments import Enrolment, WaitingEnrolments, take
from genesis_ray.running.identities import identity_folder, open_identities, who_is_who
from genesis_ray.running.intake import taker
from genesis_ray.running.protected import load_protected_embedder
from genesis_ray.running.tenant_keys import tenant_keys
from genesis_ray.running.turns import turn
from genesis_ray.settings import Settings
from genesis_ray.store.audit_entry import Access, this_user
from genesis_ray.store.kept_photos import seal
from genesis_ray.store.stored_faces import stored_faces
from genesis_ray.store.template_keys import KeyRing
from genesis_ray.vision.face_picture import face_picture
from genesis_ray.vision.faces import EmbeddedFace
from genesis_ray.vision.photo_file import read_photo


class Enrolled(NamedTuple):
    """What became of an enrolment.

    Attributes:
        person: Who has the faces; None where they wait to be taken in.
        process: That of the system that runs and takes them in; None where none does.
    """

    person: Person | None
    process: str | None


def enroll(settings: Settings, name: str, photos: Sequence[Path]) -> Person:
    """Add the faces of `photos` to the person called `name`, who is made if there is none.

    All photos are looked at before anything is written. Each face is stored and searched,
    however many there are: `identity.templates` bounds what the system chooses itself, not what
    somebody chose. Pictures of the faces are stored too where `faces.keep_photos` is set.

    Raises:
        SourceError: A photo cannot be read, or is too large.
        FaceError: A photo has no face, several, or one that tells little about whose it is.
        ConfigurationError: The name is empty, or several people have it.
        StoreError: The tenant's key is lost, others can read it, or another process writes.
    """
    keys = tenant_keys(settings)
    enrolment = _enrolment(settings, name, photos, keys, this_user())
    with turn(settings):
        return _added(settings, enrolment, keys)


def enroll_or_hand_over(
    settings: Settings, name: str, photos: Sequence[Path], *, within_s: float
) -> Enrolled:
    """Do the same; where a system runs, hand the faces over to it and wait until it has them.

    Raises what `enroll` does.
    """
    keys = tenant_keys(settings)
    enrolment = _enrolment(settings, name, photos, keys, this_user())
    waiting = WaitingEnrolments(settings)
    with turn(settings):
        system = taker(settings)
        if system is None:
            return Enrolled(_added(settings, enrolment, keys), None)
        process, embedder = system
        if embedder != enrolment.embedder:
            raise ConfigurationError(
                f"the system that runs, process {process}, knows people by {embedder}, and "
                f"here it is {enrolment.embedder}: use its configuration, or start it again where "
                f"somebody switched (`genesis people switch`)"
            )
        waiting.hand_over(enrolment)
    if not waiting.is_taken_in(enrolment, within_s=within_s):
        return Enrolled(None, process)
    return Enrolled(_owner(settings, enrolment), process)


def _owner(settings: Settings, enrolment: Enrolment) -> Person:
    """Return whose the faces are that a system took in."""
    faces = stored_faces(
        identity_folder(settings), enrolment.embedder, enrolment.templates.shape[1]
    )
    of_it = faces.filter(pc.field("face_id") == enrolment.face_ids[0])
    own: list[Any] = of_it["identity_id"].to_pylist()
    if not own:
        raise ConfigurationError(
            f"{enrolment.name!r} was forgotten meanwhile, and these faces with them; enrol the "
            f"photos again if that person is to be known"
        )
    return who_is_who(settings).person(own[0])


def _enrolment(
    settings: Settings, name: str, photos: Sequence[Path], keys: KeyRing, by: str
) -> Enrolment:
    """Return the faces of photos under the tenant's key, nothing being written."""
    name = name.strip()
    if not name:
        raise ConfigurationError("a person needs a name that is not empty")
    images = [read_photo(photo) for photo in photos]
    embedder = load_protected_embedder(settings.faces, keys.current)
    least = settings.faces.min_quality
    faces = [
        only_face(photo, image, embedder, least)
        for photo, image in zip(photos, images, strict=True)
    ]
    face_ids = tuple(uuid4().hex for _ in faces)
    pictures = zip(images, faces, face_ids, strict=True) if settings.faces.keep_photos else ()
    return Enrolment(
        name=name,
        identity_id=str(uuid4()),
        face_ids=face_ids,
        templates=np.stack([face.embedding for face in faces]),
        qualities=tuple(float(face.quality) for face in faces),
        embedder=embedder.name,
        key_version=keys.current.version,
        at=datetime.now(UTC),
        by=by,
        photos=tuple(
            seal(face_picture(image, face.xyxy), face_id, keys.current)
            for image, face, face_id in pictures
        ),
    )


def _added(settings: Settings, enrolment: Enrolment, keys: KeyRing) -> Person:
    """Add an enrolment's faces here; with photos as if it was handed over.

    So there are no photos without their faces for long: who writes next after a process that was
    killed takes in the whole of it.
    """
    waiting = WaitingEnrolments(settings)
    try:
        with ExitStack() as opened:
            if enrolment.photos:
                waiting.hand_over(enrolment)
            reading = Access(action="enroll", reason="opens the gallery to add faces")
            traits = embedder_traits(settings.faces)
            identities = open_identities(settings, traits, keys, opened, access=reading)
            if enrolment.photos:
                waiting.is_taken_in(enrolment, within_s=0)  # for why it was refused
            person = take(enrolment, settings, identities, keys)
            identities.flush()
    except BaseException:
        if enrolment.photos:
            waiting.withdraw(enrolment)
        raise
    return person


def take_in_waiting(settings: Settings) -> None:
    """Take in what was handed over to a system that runs no more.

    Raises:
        StoreError: One runs.
    """
    if WaitingEnrolments(settings):
        reading = Access(action="enroll", reason="takes in faces that were handed over")
        traits, keys = embedder_traits(settings.faces), tenant_keys(settings)
        with turn(settings), ExitStack() as opened:
            open_identities(settings, traits, keys, opened, access=reading)


def face_of(photo: Path, embedder: Embedder, *, least: float) -> EmbeddedFace:
    """Return the only face of a photo, of at least that quality.

    Raises:
        SourceError: The photo cannot be read, or is too large.
        FaceError: It has no face, several, or one that tells little about whose it is.
    """
    return only_face(photo, read_photo(photo), embedder, least)


def only_face(photo: Path, image: Image, embedder: Embedder, least: float) -> EmbeddedFace:
    """Return the only face in the pixels of a photo, of at least that quality.

    Raises:
        FaceError: It has no face, several, or one that tells little about whose it is.
    """
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
