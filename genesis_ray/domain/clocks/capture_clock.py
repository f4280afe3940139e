"""When a live frame was captured, from the stream's own clock and the time it arrived."""

from datetime import datetime, timedelta

from genesis_ray.domain.clocks.least_delay import LeastDelay

_TOLERANCE = timedelta(seconds=2)
"""How far the stream's clock may be from the time of arrival before it is set anew: more than a
network's jitter and a camera's group of pictures, less than would spoil a wait or a dwell."""


_MOST_AHEAD = timedelta(seconds=0.2)
"""Of a frame's arrival, which it cannot have been captured after: the first one's jitter. Were a
camera further ahead, others would come late, which are waited for half a second."""

MOST_DRIFT = 0.01
"""Seconds a second that dates are corrected by at most: quartz drifts by a ten-thousandth, and the
rates that cameras count frames by are off by a few thousandths. Waits stay right to a hundredth."""

LONGEST_PAUSE = timedelta(seconds=20)
"""Of a network, that is told from a clock that jumped: as long as a silent camera is waited for."""

_CATCH_UP_WITHIN = timedelta(seconds=5)
_CATCH_UP_BY = timedelta(seconds=1)
"""In so long a stream that was held up comes nearer by so much, or it will not catch up."""

_JUMP = timedelta(seconds=3)
"""What a clock that is tied anew is off by from here on, it did not drift to."""

_LEAST_STEP = timedelta(milliseconds=1)
"""Between two frames, whatever their stamps say: what containers and encoders can tell apart."""


class CaptureClock:
    """Turns a stream's timestamps into times of capture that rise from frame to frame.

    The stream's clock has the right intervals and no date, arrival has the date and the
    network's jitter. The first frame ties one to the other, and the tie follows the frames that
    take the least time to arrive: so a stream's clock that is a little too slow or too fast, as
    each is, stays with the site's. Where they come apart by more than two seconds, because the
    stream's clock jumped or ran back, they are tied anew. Where frames are ahead of their arrival,
    because the first was held up, the tie gives way: a camera is never ahead of the site's clock.
    What comes late after nothing came is held up by the network: as long as it catches up, as what
    a network held back does, the tie stays, and frames are dated by when they were captured.

    Attributes:
        gained: What the stream's clock has gained on the site's since the stream began, and dates
            were corrected by; below 0 what it lost. Jumps do not count.
    """

    def __init__(self) -> None:
        self._origin: datetime | None = None  # of the stream's clock
        self._last: datetime | None = None
        self._arrived_at: datetime | None = None  # the frame before
        self._held_up: tuple[timedelta, datetime] | None = None  # by how much, and since when
        self._least_delay = LeastDelay()
        self._given_way = timedelta(0)
        self.gained = timedelta(0)
        self.resets = 0
        """How often the two were tied anew, or gave way by as much."""

    def captured_at(self, stream_time: timedelta | None, arrived_at: datetime) -> datetime:
        """Return when the next frame was captured; `stream_time` is None where it has none."""
        if stream_time is None:
            at = arrived_at
        else:
            at = self._tied(arrived_at - stream_time, arrived_at) + stream_time
        if self._last is not None and at <= self._last:
            at = self._last + _LEAST_STEP
        self._last = at
        return at

    @property
    def drift(self) -> float:
        """Seconds that the stream's clock gains a second, of late; below 0 what it loses."""
        return self._least_delay.drift

    @property
    def is_catching_up(self) -> bool:
        """Whether the last frame was held up by a pause of the network, and others may be."""
        return self._held_up is not None

    def _tied(self, zero: datetime, arrived_at: datetime) -> datetime:
        """Return when the stream's zero was; by a frame that arrives now it seems to be `zero`."""
        before, since = self._origin, self._arrived_at or arrived_at
        self._arrived_at = arrived_at
        if before is not None and self._is_held_up(zero - before, since, arrived_at):
            return before
        if before is None or abs(before - zero) > _TOLERANCE:
            self.resets += before is not None
            self._least_delay.clear()
            self._least_delay.note(zero, arrived_at)
            return self._tie(zero)
        most = MOST_DRIFT * max(arrived_at - since, timedelta(0))
        apart = self._least_delay.note(zero, arrived_at) - before
        origin = before + min(max(apart, -most), most)
        if origin > zero + _MOST_AHEAD:
            origin = zero + _MOST_AHEAD
            self._given_way += before - origin
            if self._given_way > _TOLERANCE:
                self._given_way -= _TOLERANCE
                self.resets += 1
        return self._tie(origin)

    def _is_held_up(self, late: timedelta, since: datetime, arrived_at: datetime) -> bool:
        """Tell whether a frame that is `late` was held up; the one before it came at `since`."""
        if not _TOLERANCE < late <= LONGEST_PAUSE + _TOLERANCE:
            self._held_up = None
        elif arrived_at - since > _TOLERANCE:
            self._held_up = late, arrived_at
        elif self._held_up is not None:
            most, held_since = self._held_up
            if late <= most - _CATCH_UP_BY:
                self._held_up = late, arrived_at
            elif arrived_at - held_since > _CATCH_UP_WITHIN:
                self._held_up = None
        return self._held_up is not None

    def _tie(self, origin: datetime) -> datetime:
        moved = (self._origin or origin) - origin
        if abs(moved) < _JUMP:
            self.gained += moved
        self._origin = origin
        return origin

    def restart(self) -> None:
        """Expect a stream whose clock begins anew, as after a reconnect."""
        self._origin = self._arrived_at = self._held_up = None
        self._least_delay.clear()
        self.gained = timedelta(0)
