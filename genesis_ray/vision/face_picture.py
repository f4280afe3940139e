"""The part of a photo that another embedder needs of a face, and no more of it."""

import cv2
import numpy as np
import numpy.typing as npt

from genesis_ray.domain.streams.frames import Image
from genesis_ray.errors import SourceError

_AROUND = 1.0
"""Of the face's size, kept on each side: finders miss a face that fills the picture.

Of 58 photos, SFace's embedding of this is 0.996 like that of the whole photo (median; 0.958 at the
least), with half of it 0.982 (0.903), with more of it not better."""

_SIDE = 640
"""Pixels; a finder looks at no more of a photo, and an embedder takes up to 160 of a face."""

_JPEG_QUALITY = 95


def face_picture(photo: Image, xyxy: npt.NDArray[np.float32]) -> bytes:
    """Return a JPEG of a face and what is close to it, its longer side 640 pixels at most.

    Args:
        photo: uint8 [h, w, 3].
        xyxy: The face, float32 [4], normalised to the photo.
    """
    height, width = photo.shape[:2]
    corners = xyxy.reshape(2, 2) * (width, height)
    around = _AROUND * float((corners[1] - corners[0]).max())
    left, top = np.maximum(np.floor(corners[0] - around), 0).astype(int)
    right, bottom = np.ceil(corners[1] + around).astype(int)
    part = photo[top:bottom, left:right]
    shrink = _SIDE / max(part.shape[:2])
    if shrink < 1:
        part = cv2.resize(part, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    _, encoded = cv2.imencode(".jpg", part, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return encoded.tobytes()


def read_face_picture(content: bytes) -> Image:
    """Return the pixels of what `face_picture` made, uint8 [h, w, 3].

    Raises:
        SourceError: It is none.
    """
    picture: Image | None = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise SourceError("a kept photo is no picture; enrol the person again")
    return picture
