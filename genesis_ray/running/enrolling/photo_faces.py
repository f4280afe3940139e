"""The faces of photos that somebody gives, and the one of a photo that shows one person."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from genesis_ray.errors import FaceError, LostKeyError
from genesis_ray.running.assembly import Embedder, EmbedderTraits
from genesis_ray.store.keys.template_keys import KeyRing
from genesis_ray.store.keys.templates import Protector
from genesis_ray.vision.faces import EmbeddedFace
from genesis_ray.vision.photo_file import Photo, read_photo


class PhotoFaces(Protocol):
    """Finds and embeds the faces of photos, with models of this process or of another."""

    def of(self, photo: Photo) -> list[EmbeddedFace]:
        """Return the templates of all faces of a photo, the largest first; each says its key.

        That may be an older or a newer one than is known here while keys change, see `under_key`.

        Raises:
            SourceError: The photo cannot be read, or is too large.
            GenesisError: The models do not answer.
        """


class LoadedPhotoFaces:
    """Does so with an embedder that was loaded here."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def of(self, photo: Photo) -> list[EmbeddedFace]:
        """Return the templates of all faces of a photo; see `PhotoFaces`."""
        return self._embedder.faces_in(read_photo(photo))


def under_key(
    faces: Sequence[EmbeddedFace], keys: KeyRing, embedder: EmbedderTraits
) -> list[EmbeddedFace]:
    """Return faces of `embedder` under the current one of `keys`.

    Raises:
        LostKeyError: One is under a key that is none of these.
    """
    own = Protector(keys.current, embedder=embedder.name, dimension=embedder.dimension)
    brought = []
    for face in faces:
        before = keys.named(face.key)
        if before is None:
            raise LostKeyError(
                f"faces are embedded under a key of fingerprint {face.key}, which is not in "
                f"{keys.place}; nothing is changed: if somebody changes keys just now, try again, "
                f"else give all machines the same keys"
            )
        if before != keys.current:
            (template,) = own.renew(face.embedding[None], before)
            face = replace(face, embedding=template, key=keys.current.fingerprint)
        brought.append(face)
    return brought


def face_of(photo: Path, embedder: Embedder, *, least: float) -> EmbeddedFace:
    """Return the only face of a photo, of at least that quality.

    Raises:
        SourceError: The photo cannot be read, or is too large.
        FaceError: It has no face, several, or one that tells little about whose it is.
    """
    return only_face(photo, embedder.faces_in(read_photo(photo)), least)


def only_face(photo: Photo, faces: Sequence[EmbeddedFace], least: float) -> EmbeddedFace:
    """Return the only one of a photo's faces, of at least that quality.

    Raises:
        FaceError: There is none, there are several, or it tells little about whose it is.
    """
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
