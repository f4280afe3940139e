"""A camera that pans over a photograph: real people, known motion."""

import math
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated

import cv2
from pydantic import Field, PositiveInt, validate_call

from genesis_ray.domain.streams.frames import Image
from genesis_ray.errors import SourceError

_Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]

_LEAST_TRAVEL = 0.2  # of the window; a photo of the window's own shape is enlarged to leave it


class PhotoPan:
    """A window that glides over a photograph and back, starting and ending at rest.

    It spans the photo's height and moves from left to right, or spans its width and moves
    from top to bottom, whichever leaves it further to go.
    """

    @validate_call
    def __init__(
        self,
        path: Path,
        *,
        seconds: _Positive = 8.0,
        fps: _Positive = 10.0,
        mirror: bool = False,
        brightness: _Positive = 1.0,
        pause: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0,
        width: PositiveInt = 640,
        height: PositiveInt = 480,
    ) -> None:
        """Read the photo; raises SourceError.

        Args:
            path: A picture that OpenCV reads.
            seconds: Time for the way there and back.
            fps: Frames a second.
            mirror: Exchange left and right.
            brightness: Factor on every pixel.
            pause: Seconds without frames before the first, so that in a row of clips nobody
                is taken for who stood there in the clip before.
            width: Pixels of the window as shown.
            height: The same.
        """
        self.width, self.height, self.fps = width, height, fps
        self.frame_count = max(1, round(seconds * fps))
        self.started_at: datetime | None = None
        self.problem: str | None = None
        self._pause = pause
        photo = _read(path)
        across, down = width / photo.shape[1], height / photo.shape[0]
        self._sideways = down >= across
        spanning, other = max(across, down), min(across, down)
        scale = max(spanning, other * (1 + _LEAST_TRAVEL))
        shown = cv2.resize(
            cv2.flip(photo, 1) if mirror else photo,
            (round(photo.shape[1] * scale), round(photo.shape[0] * scale)),
            interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC,
        )
        self._shown = cv2.convertScaleAbs(shown, alpha=brightness)
        self._shrunk = shown.shape[1] / photo.shape[1], shown.shape[0] / photo.shape[0]

    def window_at(self, frame_index: int) -> tuple[float, float, float, float]:
        """Return what a frame shows of the photo (mirrored, where asked), xyxy in its pixels."""
        left, top = self._corner_at(frame_index)
        across, down = self._shrunk
        return (
            left / across,
            top / down,
            (left + self.width) / across,
            (top + self.height) / down,
        )

    def frames(self) -> Iterator[tuple[timedelta, Callable[[], Image]]]:
        """Yield the time of each frame since the pan began, and a call that makes its pixels."""
        for index in range(self.frame_count):
            yield timedelta(seconds=self._pause + index / self.fps), partial(self._pixels, index)

    def close(self) -> None:
        """Nothing is held."""

    def _corner_at(self, frame_index: int) -> tuple[float, float]:
        """Return the window's left and top in the photo as shown."""
        height, width = self._shown.shape[:2]
        room_x, room_y = width - self.width, height - self.height
        way = (1 - math.cos(2 * math.pi * frame_index / self.frame_count)) / 2
        return (room_x * way, room_y / 2) if self._sideways else (room_x / 2, room_y * way)

    def _pixels(self, frame_index: int) -> Image:
        left, top = self._corner_at(frame_index)
        center = left + (self.width - 1) / 2, top + (self.height - 1) / 2
        window: Image = cv2.getRectSubPix(self._shown, (self.width, self.height), center)
        return window


def _read(path: Path) -> Image:
    if not path.is_file():
        raise SourceError(f"{path}: no such photo; check the spelling and the folder")
    photo: Image | None = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if photo is None:
        raise SourceError(f"{path}: expected a photo, found no picture in it; give a JPEG or PNG")
    return photo
