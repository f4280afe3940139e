"""Writing frames to an MP4 that browsers play.

Pictures of people reach a disk here and nowhere else in `vision`: make a `VideoWriter` only
where the operator has asked for video.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import numpy as np
from av.video.frame import VideoFrame

from genesis_ray.domain.streams.frames import Image
from genesis_ray.errors import StoreError

_TICKS_PER_S = 90_000  # the clock of MPEG
# Without B-frames, which make the file misstate its length where the rate varies.
_X264 = {"preset": "veryfast", "crf": "23", "bf": "0"}


class VideoWriter:
    """An H.264 video in the making, whose frames are shown when they were captured.

    It has its name once it is whole: `close` gives it, `discard` and a failed `with` block
    leave nothing.
    """

    def __init__(self, path: Path, width: int, height: int, fps: float) -> None:
        """Begin a video of pictures of one size; raises StoreError.

        H.264 wants even sides, so an odd last row or column is not shown. `fps` is what the
        coder should expect.
        """
        self._path = path
        self._unfinished = path.with_name(f".{path.name}.part")
        self._shape = height, width
        self._began_at: datetime | None = None
        self._last_tick = -1
        with self._writing():
            self._unfinished.touch()
            self._container = av.open(
                self._unfinished, "w", format="mp4", options={"movflags": "faststart"}
            )
        rate = Fraction(fps).limit_denominator(1001)
        self._stream = self._container.add_stream("libx264", rate=rate, options=_X264)
        self._stream.width, self._stream.height = width // 2 * 2, height // 2 * 2
        self._stream.pix_fmt = "yuv420p"
        self._stream.codec_context.time_base = Fraction(1, _TICKS_PER_S)
        self._stream.codec_context.thread_count = 1  # the other cores are for the models

    def write(self, image: Image, at: datetime) -> None:
        """Add a picture captured at `at`, after the one before; raises StoreError."""
        if image.shape[:2] != self._shape:
            raise ValueError(f"expected pictures of {self._shape}, got {image.shape[:2]}")
        self._began_at = self._began_at or at
        tick = round((at - self._began_at).total_seconds() * _TICKS_PER_S)
        if tick <= self._last_tick:
            raise ValueError(f"expected a time after the last picture's, got {at.isoformat()}")
        self._last_tick = tick
        even = image[: self._stream.height, : self._stream.width]
        frame = VideoFrame.from_ndarray(np.ascontiguousarray(even), format="bgr24")
        frame.pts, frame.time_base = tick, Fraction(1, _TICKS_PER_S)
        with self._writing():
            self._container.mux(self._stream.encode(frame))

    def close(self) -> None:
        """Finish the video and give it its name; without any picture there is none."""
        if self._began_at is None:
            self.discard()
            return
        with self._writing():
            self._container.mux(self._stream.encode())
            self._container.close()
            os.replace(self._unfinished, self._path)

    def discard(self) -> None:
        """Drop what has been written."""
        with suppress(av.FFmpegError):
            self._container.close()
        self._unfinished.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if exc_type is None:
            self.close()
        else:
            self.discard()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except (av.FFmpegError, OSError) as error:
            raise StoreError(
                f"{self._path}: the video cannot be written ({error}); "
                "free or choose another disk, or turn annotated video off"
            ) from error
