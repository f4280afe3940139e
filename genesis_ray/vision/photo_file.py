"""Reading a photo that somebody gives: whatever it is, it may not take all memory."""

import warnings
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
from PIL import Image as Header

from genesis_ray.domain.streams.frames import Image
from genesis_ray.errors import SourceError

MOST_BYTES = 64 * 2**20
"""Of a file: several times what the JPEG of a camera has."""

MOST_PIXELS = 100_000_000
"""Of a photo, 300 MB of memory: twice what most cameras take."""


@dataclass(frozen=True, slots=True, eq=False)
class SentPhoto:
    """A photo that somebody sent, which is no file and becomes none.

    Attributes:
        name: What the sender calls it.
    """

    name: str
    content: bytes = field(repr=False)

    def __str__(self) -> str:
        return self.name


Photo = Path | SentPhoto
"""A photo that somebody gives; as text it is what they call it."""


def read_photo(photo: Photo) -> Image:
    """Return a photo's pixels, uint8 [h, w, 3], the right way up.

    Raises:
        SourceError: It is missing, unreadable, too large, or no picture.
    """
    image = pixels_of(checked_content(photo))
    if image is None:
        raise no_picture(photo)
    return image


def checked_content(photo: Photo) -> bytes:
    """Return a photo as it is, once its header says that it is a picture of a bearable size.

    No pixel is decoded: a small file can be a picture of billions.

    Raises:
        SourceError: It is missing, unreadable, too large, or no picture.
    """
    content = _content(photo)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Header.DecompressionBombWarning)
            with Header.open(BytesIO(content)) as header:
                width, height = header.size
    except Header.DecompressionBombError as error:
        raise _too_large(photo) from error
    except (OSError, ValueError, ImportError) as error:
        # The last where ultralytics was imported: it has PIL look for a plug-in then.
        raise no_picture(photo) from error
    if width * height > MOST_PIXELS:
        raise _too_large(photo)
    return content


def pixels_of(content: bytes) -> Image | None:
    """Return the pixels of what `checked_content` returned; None where they cannot be decoded."""
    image: Image | None = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    return image


def no_picture(photo: Photo) -> SourceError:
    """Return the error that says that something is no picture."""
    return SourceError(f"{photo}: not a picture that can be read; use JPEG or PNG")


def _content(photo: Photo) -> bytes:
    if isinstance(photo, SentPhoto):
        _check_size(photo, len(photo.content))
        return photo.content
    path = photo
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            raise SourceError(f"{path}: not a file; name the file of a photo")
        _check_size(path, path.stat().st_size)
        return path.read_bytes()
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror}; name the file of a photo") from error


def _check_size(photo: Photo, size: int) -> None:
    if size > MOST_BYTES:
        raise SourceError(
            f"{photo}: {size / 2**20:,.0f} MB, expected {MOST_BYTES // 2**20} MB or less; give "
            f"a smaller copy: faces are looked for in one of 640 pixels"
        )


def _too_large(photo: Photo) -> SourceError:
    return SourceError(
        f"{photo}: a picture of too many pixels, expected {MOST_PIXELS // 10**6} million or less; "
        f"make it smaller"
    )
