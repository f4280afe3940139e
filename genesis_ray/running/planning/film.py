"""A film with real people in it, for measuring where nobody has given a video."""

from datetime import UTC, datetime
from pathlib import Path

from genesis_ray.vision.recording import VideoWriter
from genesis_ray.vision.sources import open_recording

_PHOTOS = ("zidane.jpg", "bus.jpg")
"""People near and far, in ultralytics' package."""

_SECONDS_A_PHOTO = 3
"""Longer films measure the same and take longer to make: 25 ms a frame of 1280x720."""


def make_film(path: Path, *, width: int, height: int, fps: float) -> None:
    """Write pans over photographs as an H.264 file, some 1.2 Mbit/s at 1280x720 and 25 frames/s.

    Played over and over it shows four new people every six seconds, near enough for their faces.
    A camera's own picture has noise and so more bits, and takes longer to decode.

    Raises:
        StoreError: It cannot be written.
    """
    pans = [
        f"photo:package:ultralytics/assets/{photo}"
        f"?seconds={_SECONDS_A_PHOTO}&fps={fps:g}&width={width}&height={height}"
        for photo in _PHOTOS
    ]
    start = datetime(2026, 1, 5, 9, tzinfo=UTC)
    with (
        open_recording(pans, camera_id="film", process_fps=None, start=start) as photos,
        VideoWriter(path, width, height, fps) as video,
    ):
        for frame in photos:
            video.write(frame.image, frame.stamp.captured_at)
