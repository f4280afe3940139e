"""One picture of a camera, for drawing on it."""

from contextlib import closing
from itertools import islice
from threading import Timer

from genesis_ray.domain.streams.frames import Image
from genesis_ray.errors import SourceError
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.settings import Settings
from genesis_ray.vision.sources import open_source

PATIENCE_S = 15.0
"""How long a live stream has for its first picture."""


def take_frame(settings: Settings, camera: CameraSettings, *, at_s: float = 0.0) -> Image:
    """Return what a camera sees, uint8 [height, width, 3], blue-green-red; nothing is stored.

    Args:
        settings: Of the site.
        camera: Whose picture.
        at_s: Of a recording, how many seconds from its start; of a stream, from when it connects.

    Raises:
        SourceError: It cannot be opened, shows nothing in time, or is not so long.
    """
    source = open_source(
        camera.source,
        camera_id=camera.camera_id,
        process_fps=settings.fps_of(camera),
        start=camera.start,
        transport=camera.transport,
        policy=settings.sources.policy,
    )
    with closing(source):
        giving_up = Timer(PATIENCE_S + at_s, source.close)
        if camera.is_live:
            giving_up.start()
        skipped = round(at_s * settings.fps_of(camera))
        frame = next(islice(iter(source), skipped, None), None)
        giving_up.cancel()
    if frame is None:
        why = f"is not {at_s:g} s long" if not camera.is_live else "showed no picture"
        raise SourceError(
            f"camera {camera.camera_id} {why}; see `genesis doctor`, or take another moment"
        )
    return frame.image
