"""The faces of photos that somebody gives, and the one of a photo that shows one person."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from genesis_ray.errors import FaceError
from genesis_ray.running.assembly import Embedder
from genesis_ray.vision.faces import EmbeddedFace
from genesis_ray.vision.photo_file import Photo, read_photo


class PhotoFaces(Protocol):
    """Finds and embeds the faces of photos, with models of this process or of another."""

    def of(self, photo: Photo) -> list[EmbeddedFace]:
        """Return the templates of all faces of a photo, the largest first.

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
