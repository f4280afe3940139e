"""Reading a photo that somebody gives: whatever it is, it may not take all memory."""

import warnings
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
from PIL import Image as Header

from genesis_ray.domain.frames import Image
from genesis_ray.errors import SourceError

MOST_BYTES = 64 * 2**20
"""Of a file: several times what the JPEG of a camera has."""

MOST_PIXELS = 100_000_000
"""Of a photo, 300 MB of memory: twice what most cameras take."""


def read_photo(path: Path) -> Image:
    """Return a photo's pixels, uint8 [h, w, 3], the right way up.

    The file's header says how large it is before any pixel is decoded: a small file can be a
    picture of billions.

    Raises:
        SourceError: It is missing, unreadable, too large, or no picture.
    """
    content = _content(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Header.DecompressionBombWarning)
            with Header.open(BytesIO(content)) as header:
                width, height = header.size
    except Header.DecompressionBombError as error:
        raise _too_large(path) from error
    except (OSError, ValueError, ImportError) as error:
        # The last where ultralytics was imported: it has PIL look for a plug-in then.
        raise _no_picture(path) from error
    if width * height > MOST_PIXELS:
        raise _too_large(path)
    image: Image | None = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise _no_picture(path)
    return image


def _content(path: Path) -> bytes:
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            raise SourceError(f"{path}: not a file; name the file of a photo")
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise SourceError(
                f"{path}: {size / 2**20:,.0f} MB, expected {MOST_BYTES // 2**20} MB or less; give "
                f"a smaller copy: faces are looked for in one of 640 pixels"
            )
        return path.read_bytes()
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror}; name the file of a photo") from error


def _too_large(path: Path) -> SourceError:
    return SourceError(
        f"{path}: a picture of too many pixels, expected {MOST_PIXELS // 10**6} million or less; "
        f"make it smaller"
    )


def _no_picture(path: Path) -> SourceError:
    return SourceError(f"{path}: not a picture that can be read; use JPEG or PNG")
