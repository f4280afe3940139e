"""Where a camera's frames come from: clips in a row, or a live stream."""

from collections.abc import Sequence
from datetime import datetime

from genesis_ray.domain.load.roles import Role
from genesis_ray.domain.streams.addresses import is_live, redacted
from genesis_ray.domain.streams.source_policy import SourcePolicy
from genesis_ray.errors import ConfigurationError
from genesis_ray.vision.hardware_decoding import Decoder
from genesis_ray.vision.playback import VideoSource
from genesis_ray.vision.stream import LiveStream
from genesis_ray.vision.stream_address import StreamAddress, Transport


def open_source(
    url: str | Sequence[str],
    *,
    camera_id: str,
    process_fps: float | None,
    start: datetime | None = None,
    transport: Transport = "tcp",
    policy: SourcePolicy = SourcePolicy(),  # noqa: B008  frozen
    decoder: Decoder = "software",
    role: Role = "tracking",
) -> VideoSource | LiveStream:
    """Open one camera: a recording, see `open_recording`, or a live stream.

    A stream is `rtsp://`, `rtsps://`, `http://`, `https://`, or `device:0` for a camera of this
    machine. Its frames are dated by the clock, whatever `start` says, and it is connected to
    when its first one is asked for. `transport` is what RTSP is carried by, `policy` says where
    it may be, `decoder` what decodes it, `role` what the camera is for, and so how much of a burst
    is taken.
    """
    urls = [url] if isinstance(url, str) else url
    if len(urls) == 1 and is_live(urls[0]):
        try:
            address = StreamAddress(urls[0], transport=transport, policy=policy)
        except ConfigurationError as error:
            raise ConfigurationError(f"camera {camera_id}: {error}") from error
        return LiveStream(
            address, camera_id=camera_id, process_fps=process_fps, role=role, decoder=decoder
        )
    return open_recording(
        urls, camera_id=camera_id, process_fps=process_fps, start=start, decoder=decoder
    )


def open_recording(
    url: str | Sequence[str],
    *,
    camera_id: str,
    process_fps: float | None,
    start: datetime | None,
    decoder: Decoder = "software",
) -> VideoSource:
    """Open one camera's recording.

    Args:
        url: What to play, or a list of what plays without a gap:
            the path of a video file;
            `photo:PATH?seconds=8&fps=10&mirror=true&brightness=0.6&width=640&height=480`,
            where PATH may be `package:NAME/FILE` for a file of an installed package;
            `synthetic:?people=3&seconds=10&fps=10&width=640&height=480`.
        camera_id: Written on every frame.
        process_fps: Frames a second to keep by capture time; None keeps all.
        start: Capture time of the first frame; where it is None, what the first file says,
            else 1970-01-01T00:00Z.
        decoder: What decodes files.

    Raises:
        ConfigurationError: The address, an option of it or `start` is wrong.
        SourceError: A file is missing or is not what it should be.
    """
    urls = [url] if isinstance(url, str) else url
    try:
        if live := next(filter(is_live, urls), None):
            raise ConfigurationError(
                f"expected a recording, which has an end, found the live stream {redacted(live)}; "
                f"make it a camera of its own and watch it with `genesis run`"
            )
        return VideoSource(
            urls, camera_id=camera_id, process_fps=process_fps, start=start, decoder=decoder
        )
    except ConfigurationError as error:
        raise ConfigurationError(f"camera {camera_id}: {error}") from error
