"""Where a camera's frames come from: clips in a row, or a live stream."""

import math
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from threading import Lock
from types import TracebackType
from typing import Self

from genesis_ray.domain.addresses import is_live, redacted
from genesis_ray.domain.frames import Frame, FrameStamp
from genesis_ray.domain.samplers import RateSampler
from genesis_ray.domain.source_policy import SourcePolicy
from genesis_ray.errors import ConfigurationError
from genesis_ray.vision.clips import Clip, open_clip
from genesis_ray.vision.hardware_decoding import Decoder
from genesis_ray.vision.stream import LiveStream, News
from genesis_ray.vision.stream_address import StreamAddress, Transport

_UNDATED = datetime(1970, 1, 1, tzinfo=UTC)

_LONGEST_FRAME_S = 2.0


class VideoSource:
    """One camera's video: frames stamped with capture times, at most `process_fps` a second.

    It plays once. Frames that are left out keep their number and are not turned into pixels.
    What plays in a row goes on without a gap, except where the files' own dates tell of one.

    Attributes:
        width, height: Pixels of every frame.
        fps: Rate of the video itself, before frames are left out.
        frame_count: About how many frames it has, before some are left out; None if not known.
        started_at: Capture time of the first frame, UTC.
    """

    is_live = False

    def __init__(
        self,
        urls: Sequence[str],
        *,
        camera_id: str,
        process_fps: float | None,
        start: datetime | None,
        decoder: Decoder = "software",
    ) -> None:
        """Open the first of `urls` and look into the others; see `open_source`."""
        if not urls:
            raise ConfigurationError("expected something to play, found an empty list")
        if start is not None and start.tzinfo is None:
            raise ConfigurationError(
                f"start {start.isoformat()} has no time zone; append Z, which means UTC"
            )
        self._urls = tuple(urls)
        self._camera_id = camera_id
        self._process_fps = process_fps
        self._decoder = decoder
        self._decoding, self._is_closed = Lock(), False
        self._problems: list[str] = []
        self._skipped_until: datetime | None = None
        self._clip = self._open(self._urls[0])
        self.width, self.height, self.fps = self._clip.width, self._clip.height, self._clip.fps
        recorded_at = self._clip.started_at
        self.started_at = (start or recorded_at or _UNDATED).astimezone(UTC)
        self._clock_error = self.started_at - recorded_at if recorded_at else None
        counts = [self._clip.frame_count, *map(self._count, self._urls[1:])]
        known = [count for count in counts if count is not None]
        self.frame_count = sum(known) if len(known) == len(counts) else None

    @property
    def expected_frames(self) -> int | None:
        """About how many frames will be played; None if not known."""
        if self.frame_count is None or self._process_fps is None:
            return self.frame_count
        return math.ceil(self.frame_count * min(1.0, self._process_fps / self.fps))

    @property
    def dropped(self) -> dict[str, int]:
        """How many frames were left out for want of time: none, a recording waits."""
        return {}

    def take_news(self) -> list[News]:
        """Return no news: a recording has none."""
        return []

    def rewind(self, after: datetime | None) -> None:
        """Play anew from the frame behind the one of capture time `after`, or from the start."""
        self._clip.close()
        self._clip, self._is_closed = self._open(self._urls[0]), False
        self._problems.clear()
        self._skipped_until = after or self._skipped_until

    def skip_until(self, at: datetime) -> None:
        """Begin behind the frame of capture time `at`; the others keep their numbers and times."""
        self._skipped_until = at

    @property
    def problem(self) -> str | None:
        """What was wrong with what has been played to its end, or None."""
        return "; ".join(self._problems) or None

    def __iter__(self) -> Iterator[Frame]:
        frames = self._frames()
        while not self._is_closed:
            with self._decoding:
                frame = next(frames, None)
            if frame is None:
                return
            yield frame
        self.close()  # where that did not wait for the frame which was the last

    def _frames(self) -> Iterator[Frame]:
        sampler = RateSampler(self._process_fps) if self._process_fps else None
        frame_index = 0
        begins_at = captured_at = over_at = self.started_at
        for number, url in enumerate(self._urls):
            if number:
                self._clip.close()
                self._clip = self._open(url)
                begins_at = self._begin_after(over_at)
            for elapsed, make_pixels in self._clip.frames():
                captured_at = begins_at + elapsed
                is_kept = sampler is None or sampler.keeps(captured_at)
                is_skipped = self._skipped_until and captured_at <= self._skipped_until
                if is_kept and not is_skipped:
                    stamp = FrameStamp(self._camera_id, frame_index, captured_at)
                    yield Frame(stamp, make_pixels())
                frame_index += 1
            over_at = captured_at + timedelta(seconds=1 / self._clip.fps)
            if self._clip.problem:
                name = f"{url}: " if len(self._urls) > 1 else ""
                self._problems.append(name + self._clip.problem)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release what is held, between two frames if another thread iterates.

        Where that is long at one, as of a file on a server that does not answer, it is left to it.
        """
        self._is_closed = True
        if self._decoding.acquire(timeout=_LONGEST_FRAME_S):
            try:
                self._clip.close()
            finally:
                self._decoding.release()

    def _open(self, url: str) -> Clip:
        return open_clip(url, decoder=self._decoder)

    def _begin_after(self, over_at: datetime) -> datetime:
        """Return when the clip just opened begins, if the one before was over at `over_at`."""
        if self._clip.started_at is None or self._clock_error is None:
            return over_at
        return max(over_at, self._clip.started_at + self._clock_error)

    def _count(self, url: str) -> int | None:
        """Return the number of frames of a later clip, having made sure that it fits."""
        with closing(open_clip(url)) as clip:
            if (clip.width, clip.height) != (self.width, self.height):
                self.close()
                raise ConfigurationError(
                    f"what plays in a row must have one size, but {self._urls[0]} is "
                    f"{self.width}x{self.height} and {url} is {clip.width}x{clip.height}; "
                    f"make them two cameras"
                )
            return clip.frame_count


def open_source(
    url: str | Sequence[str],
    *,
    camera_id: str,
    process_fps: float | None,
    start: datetime | None = None,
    transport: Transport = "tcp",
    policy: SourcePolicy = SourcePolicy(),  # noqa: B008  frozen
    decoder: Decoder = "software",
) -> VideoSource | LiveStream:
    """Open one camera: a recording, see `open_recording`, or a live stream.

    A stream is `rtsp://`, `rtsps://`, `http://`, `https://`, or `device:0` for a camera of this
    machine. Its frames are dated by the clock, whatever `start` says, and it is connected to
    when its first one is asked for. `transport` is what RTSP is carried by, `policy` says where
    it may be, `decoder` what decodes it.
    """
    urls = [url] if isinstance(url, str) else url
    if len(urls) == 1 and is_live(urls[0]):
        try:
            address = StreamAddress(urls[0], transport=transport, policy=policy)
        except ConfigurationError as error:
            raise ConfigurationError(f"camera {camera_id}: {error}") from error
        return LiveStream(address, camera_id=camera_id, process_fps=process_fps, decoder=decoder)
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
