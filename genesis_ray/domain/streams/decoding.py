"""Which frames of a live stream are decoded, so that decoding keeps up with it."""

from typing import Literal

Depth = Literal["all", "reference", "key"]
"""Every frame; those that others are made from; those that are made from no other."""

_DEPTHS: tuple[Depth, ...] = ("all", "reference", "key")

_WINDOW_S = 0.5
"""Over which work is compared with what came: some frames, and short beside `_LATE_S`."""

_FULL, _EASY = 0.95, 0.7
"""Loads above which a stream is not kept up with, and below which more may be tried: apart, so
that it settles. A little is left for what is not measured."""

_LATE_S = 1.0
"""A frame so old when it is decoded is late: half of what can make `CaptureClock` start anew."""

_FULL_WINDOWS = 6
"""So many in a row are too much too: a camera whose buffer is full, or one that is heard over
UDP, loses what is late, and what is left is never old."""

_CALM_S, _LONGEST_CALM_S = 10.0, 300.0
"""Of an easy load, before more is tried. The wait doubles each time that proves too much, so that
a stream which never can be decoded whole is late for some seconds in five minutes."""

_NEW_START_S = 1.0
"""A larger step back of a stream's clock is a new start; frames that are sent ahead of those
which they are made into step back by less."""

_DRIFT = 0.001
"""Of a second each second: what two clocks may come apart by, ten times what crystals do."""


class DecodingPace:
    """Tells how much of a stream to decode, from what the work on its packets takes.

    Load is the time at work as a share of what went by, on the wall or in the stream, whichever
    is more. So neither a network that pauses nor the burst after it, both of which make frames
    old, is taken for a decoder that is too slow.

    All times are seconds of any clocks that run on.

    Attributes:
        depth: What is to be decoded.
    """

    def __init__(self) -> None:
        self.depth: Depth = "all"
        self._calm_s = _CALM_S
        self._more_since: float | None = None  # tried, and not given up yet
        self._best_s: float | None = None  # the least that a frame came after its own time
        self._at_s = self._stream_s = self._calm_since = 0.0
        self._window_at_s = self._window_stream_s = self._work_s = 0.0
        self._full_windows = 0

    def restart(self) -> None:
        """Expect another connection: its times begin anew, what can be decoded does not."""
        self._best_s = None

    def note(self, at_s: float, *, stream_s: float, work_s: float) -> Depth:
        """Take a packet of the stream's time `stream_s` that is done with, and return the depth.

        Args:
            at_s: Now.
            stream_s: When the packet's frame is to be shown.
            work_s: How long was worked on it, the wait for it aside.
        """
        came_after_s = at_s - stream_s
        if self._best_s is None or stream_s < self._stream_s - _NEW_START_S:
            self._best_s, self._stream_s = came_after_s, stream_s
            self._at_s = self._calm_since = at_s
            self._full_windows = 0
            self._begin_window()
            return self.depth
        self._best_s = min(came_after_s, self._best_s + _DRIFT * (at_s - self._at_s))
        self._at_s, self._stream_s = at_s, max(stream_s, self._stream_s)
        self._work_s += work_s
        wall_s = at_s - self._window_at_s
        if wall_s >= _WINDOW_S:
            load = self._work_s / max(wall_s, self._stream_s - self._window_stream_s)
            self._judge(load, late_s=came_after_s - self._best_s)
            self._begin_window()
        return self.depth

    def _begin_window(self) -> None:
        self._window_at_s, self._window_stream_s, self._work_s = self._at_s, self._stream_s, 0.0

    def _judge(self, load: float, *, late_s: float) -> None:
        self._full_windows = self._full_windows + 1 if load > _FULL else 0
        if load > _EASY:
            self._calm_since = self._at_s
        if self._full_windows >= (1 if late_s >= _LATE_S else _FULL_WINDOWS):
            self._decode_less()
        elif self._at_s - self._calm_since >= self._calm_s:
            self._decode_more()

    def _decode_less(self) -> None:
        if self._more_since is not None:
            was_too_much = self._at_s - self._more_since < self._calm_s
            self._calm_s = min(2 * self._calm_s, _LONGEST_CALM_S) if was_too_much else _CALM_S
            self._more_since = None
        self._go(1)

    def _decode_more(self) -> None:
        if self.depth != "all":
            self._more_since = self._at_s
        self._go(-1)

    def _go(self, steps: int) -> None:
        at = _DEPTHS.index(self.depth) + steps
        self.depth = _DEPTHS[min(max(at, 0), len(_DEPTHS) - 1)]
        self._full_windows, self._calm_since = 0, self._at_s
