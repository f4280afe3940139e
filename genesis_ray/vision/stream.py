"""Live streams over a network or from a device, decoded with PyAV and connected to again."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from errno import EIO
from fractions import Fraction
from random import Random
from typing import NamedTuple, cast

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from genesis_ray.domain.clocks.capture_clock import CaptureClock
from genesis_ray.domain.clocks.site_clock import SiteClock
from genesis_ray.domain.load.roles import Role, burst_of, drop_class_of
from genesis_ray.domain.streams.backoff import Backoff
from genesis_ray.domain.streams.frames import Frame, FrameStamp, Image
from genesis_ray.domain.streams.samplers import RateSampler, TokenBucket
from genesis_ray.domain.streams.stream_health import (
    Diagnosis,
    Picture,
    StreamDoctor,
    StreamLimits,
)
from genesis_ray.vision.hardware_decoding import Decoder, pixels
from genesis_ray.vision.live_decoder import LiveDecoder
from genesis_ray.vision.stream_address import NotAllowedError, StreamAddress
from genesis_ray.vision.stream_connection import connect, packets
from genesis_ray.vision.stream_reasons import NoVideoError, reason_of

_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.5, 8.0
"""Waits between attempts: one attempt and one wait together stay well below 30 seconds."""

_HUNG_AFTER_S = 20.0
"""All that FFmpeg is told to wait for takes less: what is waited for longer may never come."""


class News(NamedTuple):
    """A change of a stream's state."""

    at: datetime
    diagnosis: Diagnosis


class LiveStream:
    """One camera's live frames, at most `process_fps` a second, stamped with times of capture.

    Where decoding cannot keep up with it, fewer of its frames are decoded. It never ends by
    itself: where the stream ends or fails it is connected to again, until `close`. Only the
    thread that iterates may do so; `take_news`, `close` and the attributes are anybody's.

    Attributes:
        may_be_held_up: Whether frames that were captured since the last one may still come, however
            late, as it is connected to.
    """

    is_live = True
    expected_frames = None
    problem = None

    def __init__(
        self,
        address: StreamAddress,
        *,
        camera_id: str,
        process_fps: float | None,
        role: Role = "tracking",
        decoder: Decoder = "software",
        limits: StreamLimits = StreamLimits(),  # noqa: B008  frozen
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Take note of the address; nothing is connected to before the first frame is asked for.

        By its `role` more or fewer frames of a burst are taken, as after a network's pause, or all;
        the rest are left out before their pixels are made.
        """
        self._address = address
        self._camera_id = camera_id
        self._sampler = RateSampler(process_fps) if process_fps else None
        self._bucket = TokenBucket(rate=process_fps, burst=burst_of(role)) if process_fps else None
        self._loses_nothing = drop_class_of(role) == "never"
        self._decoded_by: Decoder = decoder
        self._decoder = LiveDecoder()
        self._bursts = self._skipped = 0
        self._now = now
        self._limits = limits
        self._doctor = StreamDoctor(limits)
        self._clock = CaptureClock()
        self._site_clock = SiteClock()
        self._news: deque[News] = deque()
        self._closed = threading.Event()
        self._frame_index = 0
        self._waits_since_s: float | None = None
        self.may_be_held_up = False
        self._reformatter = VideoReformatter()
        self.started_at = now()

    def __iter__(self) -> Iterator[Frame]:
        random = Random(self._camera_id)  # noqa: S311  cameras are to differ, nothing more
        backoff = Backoff(first_s=_FIRST_WAIT_S, cap_s=_LONGEST_WAIT_S, random=random)
        while not self._closed.is_set():
            try:
                with self._waiting():
                    container, stream = connect(
                        self._address,
                        decoder=self._decoded_by,
                        silent_after_s=self._limits.stalled_after.total_seconds(),
                    )
            except (av.FFmpegError, OSError, NotAllowedError, NoVideoError) as error:
                self._tell(self._failed(error))
                self._closed.wait(backoff.next_s())
                continue
            with closing(container):
                self._doctor.connected(self._moment())
                self._clock.restart()
                try:
                    for frame in self._play(container, stream):
                        backoff.reset()
                        yield frame
                finally:
                    self.may_be_held_up = False
            if not self._closed.is_set():
                self._closed.wait(backoff.next_s())

    @property
    def dropped(self) -> dict[str, int]:
        """How many frames were left out, by the reason.

        Too many came at once, or more than can be decoded.
        """
        counts = {"burst": self._bursts, "skipped": self._skipped}
        return {reason: count for reason, count in counts.items() if count}

    @property
    def is_waited_for(self) -> bool:
        """Whether its next frames are to be taken one after another, though they come at once.

        They are what a network held back of a camera that is to lose nothing.
        """
        return self._loses_nothing and self._clock.is_catching_up

    @property
    def clock_offset_s(self) -> float:
        """Seconds that the stream's own clock has gained on this machine's since it was connected.

        Below 0 what it lost; dates are corrected by it.
        """
        return self._clock.gained.total_seconds()

    @property
    def clock_drift(self) -> float:
        """Seconds that it gains a second, of late; below 0 what it loses."""
        return self._clock.drift

    def take_news(self) -> list[News]:
        """Return the changes of state since the last time, in order.

        Where a driver keeps the thread that iterates, nobody else would tell.
        """
        since_s = self._waits_since_s
        if since_s is not None and time.monotonic() - since_s >= _HUNG_AFTER_S:
            self.may_be_held_up = False
            self._tell(self._doctor.hangs())
        news = []
        while self._news:
            news.append(self._news.popleft())
        return news

    def go_on_after(self, at: datetime) -> None:
        """Date the first frame after `at`, up to which another process told of this camera.

        That may be ahead of the site's clock, where it was set back meanwhile.
        """
        self._site_clock.go_on_after(at)

    def rewind(self, after: datetime | None) -> None:
        """Do nothing: what a stream showed is gone, and iterating again connects to it again."""

    def break_off(self) -> bool:
        """Note that iterating ended in an error; tell whether that is news."""
        diagnosis = self._doctor.broke()
        self._tell(diagnosis)
        return diagnosis is not None

    def close(self) -> None:
        """Let the iteration end with the frame it waits for."""
        self._closed.set()

    def _failed(self, error: Exception) -> Diagnosis | None:
        """Return the state after an attempt to connect, if it is another one."""
        if isinstance(error, TimeoutError) and self._address.answers():
            return self._doctor.mute()
        if isinstance(error, OSError) and error.errno == EIO and self._address.is_distrusted():
            return self._doctor.lost("untrusted")
        return self._doctor.lost(reason_of(error, is_device=self._address.is_device))

    def _play(self, container: InputContainer, stream: VideoStream) -> Iterator[Frame]:
        """Yield the frames of one connection until it ends, fails or gives no more of them."""
        time_base = stream.time_base or Fraction(1, 90_000)
        reason = "ended"
        try:
            for decoded in self._decoder.play(self._packets(container, stream), stream):
                if decoded.is_damaged:
                    self._tell(self._doctor.failed(self._moment()))
                for picture in decoded.pictures:
                    yield from self._take(picture, time_base)
                if decoded.is_left_out:
                    self._leave_out()
                self._tell(self._doctor.decodes(self._decoder.depth, self._moment()))
        except av.FFmpegError as error:
            reason = reason_of(error)
        now = self._moment()
        if self._doctor.is_silent(now):
            self._tell(self._doctor.look(now))
        elif not self._closed.is_set():
            self._tell(self._doctor.lost(reason))

    def _packets(
        self, container: InputContainer, stream: VideoStream
    ) -> "Iterator[Packet[VideoStream]]":
        """Yield the packets of `stream` while frames come of them."""
        with self._waiting():
            for packet in packets(container):
                self._waits_since_s = None
                if self._closed.is_set() or self._doctor.is_silent(self._moment()):
                    return
                if packet and packet.stream_index == stream.index:
                    yield cast("Packet[VideoStream]", packet)
                self._waits_since_s = time.monotonic()

    @contextmanager
    def _waiting(self) -> Iterator[None]:
        """Have it known since when something is waited for that may never come."""
        self._waits_since_s = time.monotonic()
        try:
            yield
        finally:
            self._waits_since_s = None

    def _take(self, picture: VideoFrame, time_base: Fraction) -> Iterator[Frame]:
        arrived_at = self._moment()
        elapsed = None
        if picture.pts is not None:
            elapsed = timedelta(microseconds=round(picture.pts * time_base * 1_000_000))
        before = self._clock.resets
        captured_at = self._site_clock.date(self._clock.captured_at(elapsed, arrived_at))
        self.may_be_held_up = True
        index, self._frame_index = self._frame_index, self._frame_index + 1
        if self._sampler and not self._sampler.keeps(captured_at):
            self._doctor.skip(arrived_at, is_decoded=True)
            return
        if self._bucket and not (self.is_waited_for or self._bucket.takes(arrived_at)):
            self._doctor.skip(arrived_at, is_decoded=True)
            self._bursts += 1
            return
        image = self._pixels(picture)
        resets = self._clock.resets - before
        self._tell(
            self._doctor.see(
                arrived_at,
                Picture.of(image),
                resets=resets,
                is_set_back=self._site_clock.is_set_back,
            )
        )
        yield Frame(FrameStamp(self._camera_id, index, captured_at), image)

    def _leave_out(self) -> None:
        """Count a frame that is not decoded; it has its number all the same."""
        self._skipped += 1
        self._frame_index += 1
        self._doctor.skip(self._moment(), is_decoded=False)

    def _pixels(self, picture: VideoFrame) -> Image:
        quarter_turns = round(picture.rotation / 90) % 4
        return pixels(picture, self._reformatter, quarter_turns=quarter_turns)

    def _moment(self) -> datetime:
        """Return now, by a clock that is never set."""
        return self._site_clock.read(self._now(), time.monotonic())

    def _tell(self, diagnosis: Diagnosis | None) -> None:
        if diagnosis:
            self._news.append(News(self._site_clock.would_date(self._moment()), diagnosis))
