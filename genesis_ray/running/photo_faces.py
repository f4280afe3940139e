"""The face of a photo that shows one person."""

from pathlib import Path

from genesis_ray.domain.frames import Image
from genesis_ray.errors import FaceError
from genesis_ray.running.assembly import Embedder
from genesis_ray.vision.faces import EmbeddedFace
from genesis_ray.vision.photo_file import read_photo


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
