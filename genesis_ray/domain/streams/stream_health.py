"""What is wrong with a camera's stream, from the frames that come and those that do not."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Literal, NamedTuple

import numpy as np

from genesis_ray.domain.streams.decoding import Depth
from genesis_ray.domain.streams.frames import Image

StreamState = Literal[
    "connecting", "online", "stalled", "frozen", "black", "white", "behind", "too_fast",
    "clock_skewed", "decoding_errors",
]  # fmt: skip

_LEAST_SPREAD = 5.0
_BLACKEST, _WHITEST = 2.0, 253.0
"""The reference's bounds for a picture that shows something: spread and mean of its values."""

_SAMPLED_EVERY = 8
"""Pixels apart, both ways: a hundred times fewer than there are, and a scene changes many."""


class Picture(NamedTuple):
    """What is looked at of a frame.

    Attributes:
        mean, spread: Of its sampled values, 0 to 255.
        digest: Differs where any sampled value does; the same in every process.
    """

    mean: float
    spread: float
    digest: int

    @classmethod
    def of(cls, image: Image) -> "Picture":
        """Sample an image."""
        sample = np.ascontiguousarray(image[::_SAMPLED_EVERY, ::_SAMPLED_EVERY])
        digest = int.from_bytes(blake2b(sample.data, digest_size=8).digest())
        return cls(float(sample.mean()), float(sample.std()), digest)

    @property
    def is_blank(self) -> bool:
        """Whether there is nothing but black, white or one grey."""
        return self.spread < _LEAST_SPREAD or not _BLACKEST <= self.mean <= _WHITEST


class Diagnosis(NamedTuple):
    """The state a stream has come into, and why."""

    state: StreamState
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamLimits:
    """When a stream counts as ill.

    Attributes:
        stalled_after: Without a frame that can be decoded, looked at or not.
        frozen_after: With the very same picture: a sensor's noise changes some value always.
        blank_after: With nothing but black or white.
        rate_window: Over which arrivals and clock resets are counted.
        most_fps: Frames a second that a camera is expected to send at most.
        most_resets: Of the capture clock, in a window.
        most_errors: Packets that could not be decoded, in a window.
    """

    stalled_after: timedelta = timedelta(seconds=20)
    frozen_after: timedelta = timedelta(seconds=20)
    blank_after: timedelta = timedelta(seconds=3)
    rate_window: timedelta = timedelta(seconds=10)
    most_fps: float = 70.0
    most_resets: int = 3
    most_errors: int = 10


class StreamDoctor:
    """Tells the state of one stream, and each change of it once.

    All times are those of arrival, by a clock that is never set. The worst of what is wrong is
    told.
    """

    def __init__(self, limits: StreamLimits = StreamLimits()) -> None:
        self._limits = limits
        self._state: Diagnosis | None = None
        self._connected = False
        self._last_at: datetime | None = None
        self._is_damaged = False
        self._picture: Picture | None = None
        self._same_since: datetime | None = None
        self._blank_since: datetime | None = None
        self._window_at: datetime | None = None
        self._frames = self._resets = self._errors = 0
        self._rate: Diagnosis | None = None
        self._depth: Depth = "all"
        self._is_set_back = False

    def lost(self, reason: str) -> Diagnosis | None:
        """Note that there is no connection, and why."""
        self._connected = False
        return self._tell(Diagnosis("connecting", reason))

    def mute(self) -> Diagnosis | None:
        """Note that what is there takes connections, and gives no picture over any."""
        self._connected = False
        return self._tell(Diagnosis("stalled", "no_frames"))

    def hangs(self) -> Diagnosis | None:
        """Note that whoever reads from it waits for longer than they were to, and may for ever."""
        if self._connected:
            return self._tell(Diagnosis("stalled", "no_frames"))
        return None if self._state else self._tell(Diagnosis("connecting", "timed_out"))

    def connected(self, at: datetime) -> None:
        """Note a new connection: what was seen over the one before counts no more."""
        self._connected = True
        self._last_at = self._window_at = at
        self._is_damaged = False
        self._picture = self._same_since = self._blank_since = None
        self._frames = self._resets = self._errors = 0
        self._rate = None

    def see(
        self, at: datetime, picture: Picture, *, resets: int = 0, is_set_back: bool = False
    ) -> Diagnosis | None:
        """Take a frame.

        `resets` counts how often its clock had to be set anew for it; `is_set_back` tells whether
        the site's was set back, so that the frame's date is ahead of that.
        """
        self.skip(at, is_decoded=True)
        self._is_set_back = is_set_back
        self._resets += resets
        if self._picture is None or picture.digest != self._picture.digest:
            self._same_since = at
        self._picture = picture
        self._blank_since = (self._blank_since or at) if picture.is_blank else None
        return self.look(at)

    def skip(self, at: datetime, *, is_decoded: bool) -> None:
        """Count a frame that is left out, after it was decoded or before.

        One that is not decoded is a frame only where the last that was tried could be.
        """
        self._frames += 1
        self._is_damaged = self._is_damaged and not is_decoded
        if not self._is_damaged:
            self._last_at = at

    def decodes(self, depth: Depth, at: datetime) -> Diagnosis | None:
        """Note which frames are decoded from now on, all where decoding keeps up."""
        if depth == self._depth:
            return None
        self._depth = depth
        return self.look(at) if self._picture else None

    @property
    def is_stalled(self) -> bool:
        """Whether the state told last is that no frames come over a connection."""
        return self._state is not None and self._state.state == "stalled"

    def is_silent(self, at: datetime) -> bool:
        """Tell whether no frame has come for so long that the connection is to be given up."""
        return self._last_at is not None and at - self._last_at >= self._limits.stalled_after

    def failed(self, at: datetime) -> Diagnosis | None:
        """Note a packet that could not be decoded."""
        self._errors += 1
        self._is_damaged = True
        return self.look(at)

    def broke(self) -> Diagnosis | None:
        """Note that the decoder failed of something else than a packet; it is begun anew."""
        self._connected = False
        return self._tell(Diagnosis("decoding_errors", "decoder_failed"))

    def look(self, at: datetime) -> Diagnosis | None:
        """Return the state if it has changed; ask now and then, frames or none."""
        if not self._connected or self._last_at is None:
            return None
        self._count(at)
        return self._tell(self._diagnosis(at))

    def _diagnosis(self, at: datetime) -> Diagnosis:
        limits = self._limits
        if self.is_silent(at) or (self._picture is None and self.is_stalled):
            return Diagnosis("stalled", "no_frames")
        if self._blank_since and at - self._blank_since >= limits.blank_after and self._picture:
            dark = self._picture.mean < 128  # halfway: which of both is nearer
            return Diagnosis("black", "dark") if dark else Diagnosis("white", "bright")
        if self._same_since and at - self._same_since >= limits.frozen_after:
            return Diagnosis("frozen", "same_picture")
        if self._picture and self._depth != "all":
            return Diagnosis("behind", f"{self._depth}_frames_only")
        if self._rate:
            return self._rate
        if self._picture is None:
            return self._state or Diagnosis("connecting", "waiting_for_a_frame")
        if self._is_set_back:
            return Diagnosis("clock_skewed", "site_clock_set_back")
        return Diagnosis("online", "")

    def _count(self, at: datetime) -> None:
        """Close the window of counts when it is over."""
        limits = self._limits
        if self._window_at is None or at - self._window_at < limits.rate_window:
            return
        fps = self._frames / (at - self._window_at).total_seconds()
        if self._errors > limits.most_errors:
            self._rate = Diagnosis("decoding_errors", "damaged_packets")
        elif fps > limits.most_fps:
            self._rate = Diagnosis("too_fast", "frame_rate")
        elif self._resets > limits.most_resets:
            self._rate = Diagnosis("clock_skewed", "timestamps_jump")
        else:
            self._rate = None
        self._window_at = at
        self._frames = self._resets = self._errors = 0

    def _tell(self, diagnosis: Diagnosis) -> Diagnosis | None:
        if diagnosis == self._state:
            return None
        self._state = diagnosis
        return diagnosis
