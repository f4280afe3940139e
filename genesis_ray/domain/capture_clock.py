"""When a live frame was captured, from the stream's own clock and the time it arrived."""

from datetime import datetime, timedelta

_TOLERANCE = timedelta(seconds=2)
"""How far the stream's clock may be from the time of arrival before it is set anew: more than a
network's jitter and a camera's group of pictures, less than would spoil a wait or a dwell."""


_MOST_AHEAD = timedelta(seconds=0.2)
"""Of a frame's arrival, which it cannot have been captured after: the first one's jitter. Were a
camera further ahead, others would come late, which are waited for half a second."""

_LEAST_STEP = timedelta(milliseconds=1)
"""Between two frames, whatever their stamps say: what containers and encoders can tell apart."""


class CaptureClock:
    """Turns a stream's timestamps into times of capture that rise from frame to frame.

    The stream's clock has the right intervals and no date, arrival has the date and the
    network's jitter. The first frame ties one to the other. Where they come apart by more than
    two seconds, because the stream's clock jumped, ran back or drifted, they are tied anew. Where
    frames are ahead of their arrival, because the first was held up or the clock is too fast, the
    tie gives way: a camera's clock is never ahead of the site's.
    """

    def __init__(self) -> None:
        self._origin: datetime | None = None  # of the stream's clock
        self._last: datetime | None = None
        self._given_way = timedelta(0)
        self.resets = 0
        """How often the two were tied anew, or gave way by as much."""

    def captured_at(self, stream_time: timedelta | None, arrived_at: datetime) -> datetime:
        """Return when the next frame was captured; `stream_time` is None where it has none."""
        if stream_time is None:
            at = arrived_at
        else:
            if self._origin is None:
                self._origin = arrived_at - stream_time
            elif abs(self._origin + stream_time - arrived_at) > _TOLERANCE:
                self._origin = arrived_at - stream_time
                self.resets += 1
            elif self._origin + stream_time > arrived_at + _MOST_AHEAD:
                self._give_way_to(arrived_at + _MOST_AHEAD - stream_time)
            at = self._origin + stream_time
        if self._last is not None and at <= self._last:
            at = self._last + _LEAST_STEP
        self._last = at
        return at

    def _give_way_to(self, origin: datetime) -> None:
        """Date what comes earlier than before."""
        self._given_way += (self._origin or origin) - origin
        self._origin = origin
        if self._given_way > _TOLERANCE:
            self._given_way -= _TOLERANCE
            self.resets += 1

    def restart(self) -> None:
        """Expect a stream whose clock begins anew, as after a reconnect."""
        self._origin = None
