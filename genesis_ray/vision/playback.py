"""Recordings, played once: clips in a row, from their start or from a mark."""

import math
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock
from types import TracebackType
from typing import Self

from genesis_ray.domain.streams.frames import Frame, FrameStamp
from genesis_ray.domain.streams.samplers import RateSampler
from genesis_ray.errors import ConfigurationError
from genesis_ray.vision.clips import Clip, open_clip
from genesis_ray.vision.decode import FileMark, VideoFile
from genesis_ray.vision.hardware_decoding import Decoder
from genesis_ray.vision.stream import News

_UNDATED = datetime(1970, 1, 1, tzinfo=UTC)

_LONGEST_FRAME_S = 2.0


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a recording is, right behind one of its frames.

    Attributes:
        clip: Number of what plays.
        begins_at, first_index: Capture time and number of the clip's first frame.
        captured_at: Capture time of the frame.
        within: Where the clip is; None: it is played from its start.
        sampler: State of what keeps `process_fps`.
        problems: What was wrong with the clips before.
    """

    clip: int
    begins_at: datetime
    first_index: int
    captured_at: datetime
    within: FileMark | None
    sampler: object
    problems: tuple[str, ...]


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
    clock_offset_s = None
    may_be_held_up = is_waited_for = False  # see LiveStream

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
        self._mark: Mark | None = None
        self._last_mark: Mark | None = None
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
        if after:
            self._skipped_until = after
            if self._last_mark and self._last_mark.captured_at <= after:
                self._mark = self._last_mark

    def skip_until(self, at: datetime, mark: object = None) -> None:
        """Begin behind the frame of capture time `at`; the others keep their numbers and times.

        With the `mark` of that frame, or of one before it, little of what comes before is decoded.
        """
        self._skipped_until = at
        self._mark = mark if isinstance(mark, Mark) else None

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
        number, first_index, frame_index = 0, 0, 0
        begins_at = captured_at = self.started_at
        if mark := self._mark:
            number, first_index = mark.clip, mark.first_index
            begins_at, captured_at = mark.begins_at, mark.captured_at
            frame_index = first_index + self._go_to(mark)
            self._problems[:] = mark.problems
            if sampler:
                sampler.resume(mark.sampler)
        while True:
            for elapsed, make_pixels in self._clip.frames():
                captured_at = begins_at + elapsed
                is_kept = sampler is None or sampler.keeps(captured_at)
                is_skipped = self._skipped_until and captured_at <= self._skipped_until
                if is_kept and not is_skipped:
                    stamp = FrameStamp(self._camera_id, frame_index, captured_at)
                    self._last_mark = Mark(
                        number,
                        begins_at,
                        first_index,
                        captured_at,
                        self._clip.mark if isinstance(self._clip, VideoFile) else None,
                        sampler and sampler.state,
                        tuple(self._problems),
                    )
                    yield Frame(stamp, make_pixels(), self._last_mark)
                frame_index += 1
            if self._clip.problem:
                name = f"{self._urls[number]}: " if len(self._urls) > 1 else ""
                self._problems.append(name + self._clip.problem)
            number += 1
            if number == len(self._urls):
                return
            over_at = captured_at + timedelta(seconds=1 / self._clip.fps)
            self._clip.close()
            self._clip = self._open(self._urls[number])
            begins_at, first_index = self._begin_after(over_at), frame_index

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

    def _go_to(self, mark: Mark) -> int:
        """Open a mark's clip there, or at its start; return how many frames are left out."""
        self._clip.close()
        self._clip = self._open(self._urls[mark.clip])
        if not isinstance(self._clip, VideoFile) or mark.within is None:
            return 0
        if self._clip.go_to(mark.within):
            return mark.within.count
        self._clip.close()
        self._clip = self._open(self._urls[mark.clip])
        return 0

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
