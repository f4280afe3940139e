"""The annotated video of a camera, written only where the operator asked for it."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import cv2
import numpy as np

from genesis_ray.running.station_values import Seen
from genesis_ray.running.zones.places import lines_of, masks_of, zones_of
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.store.disk import writing_to
from genesis_ray.vision.annotate import Annotator
from genesis_ray.vision.recording import VideoWriter


class Recorder:
    """Draws what was seen into every frame, with the names known by then, and records it.

    A camera that is begun with anew, as when it was changed, has a further film.
    """

    def __init__(self, camera: CameraSettings, media: Path, *, fps: float, time_zone: str) -> None:
        self._annotator = Annotator(
            zones=zones_of(camera, time_zone=time_zone),
            lines=lines_of(camera, time_zone=time_zone),
            camera_id=camera.camera_id,
            masks=masks_of(camera),
            time_zone=time_zone,
        )
        self._media, self._camera_id = media, camera.camera_id
        self._fps = fps
        self._writer: VideoWriter | None = None
        self._size = (0, 0)
        self._names: dict[int, str] = {}

    def name(self, names: dict[int, str]) -> None:
        """Take names of tracks, by track id, for the frames from here on; "" takes one away."""
        self._names = {track: name for track, name in (self._names | names).items() if name}

    def draw(self, seen: Seen) -> None:
        """Record a frame.

        Raises:
            StoreError: It cannot be written.
        """
        tracks = seen.observation.tracks
        if tracks is None:
            return
        image = self._annotator.draw(seen.frame.image, tracks, self._names, seen.observation.at)
        if self._writer is None:
            height, width = image.shape[:2]
            with writing_to(self._media):
                self._media.mkdir(exist_ok=True)
            self._writer = VideoWriter(self._free_path(), width, height, fps=self._fps)
            self._size = width, height
        elif image.shape[1::-1] != self._size:  # a camera that was set to another resolution
            image = np.asarray(cv2.resize(image, self._size), np.uint8)
        self._writer.write(image, seen.observation.at)

    def close(self) -> None:
        """Finish the file; raises StoreError."""
        if self._writer:
            self._writer.close()

    def discard(self) -> None:
        """Drop what was recorded."""
        if self._writer:
            self._writer.discard()

    def _free_path(self) -> Path:
        paths = (self._media / f"{self._camera_id}{part}.mp4" for part in _parts())
        return next(path for path in paths if not path.exists())


def _parts() -> Iterator[str]:
    yield ""
    yield from (f"-{number}" for number in count(2))
