"""The site's clock, which may be set while cameras are watched, as dates that never run back."""

from datetime import datetime, timedelta

_UNSURE = timedelta(milliseconds=50)
"""Between two readings one after the other a busy machine may let so much time pass."""

_SLOWING = 1 / 12
"""Of time: what a clock set back is waited for with. chrony slows a clock by as much at most
(`maxslewrate`): a wait or a dwell is measured that much too short, and an hour takes half a day."""

_TOLD_FROM = timedelta(seconds=1)


class SiteClock:
    """Dates moments of a clock that is never set by the site's clock.

    Where that is set forward, dates follow at once. Where it is set back they go on, a little
    slower than time does, until it has come up to them: no moment is dated twice, and none is
    before what was told already.
    """

    def __init__(self) -> None:
        self._zero: datetime | None = None  # of the clock that is never set
        self._shift = self._wanted = timedelta(0)
        self._latest: datetime | None = None
        self._dated_until: datetime | None = None

    def go_on_after(self, at: datetime) -> None:
        """Date what comes after `at`: until then another process has dated moments already."""
        self._dated_until = at

    def read(self, site_at: datetime, steady_s: float) -> datetime:
        """Take a reading of both clocks and return the moment.

        Args:
            site_at: By the site's clock; read it first.
            steady_s: Seconds of a clock that only runs on, such as `time.monotonic`.

        Returns:
            What the site's clock would show had it not been set since the first reading.
        """
        elapsed = timedelta(seconds=steady_s)
        self._zero = self._zero or site_at - elapsed
        self._wanted = site_at - elapsed - self._zero
        return self._zero + elapsed

    def date(self, moment: datetime) -> datetime:
        """Return the date of a moment near the last reading and not before the last one dated."""
        self._shift = self.would_date(moment) - moment
        self._latest = moment
        return moment + self._shift

    def would_date(self, moment: datetime) -> datetime:
        """Return the date that `date` would; moments before this one may still be dated."""
        shift = self._shift
        if shift < self._wanted - _UNSURE:
            shift = self._wanted
        elif shift > self._wanted + _UNSURE and self._latest:
            shift = max(self._wanted, shift - _SLOWING * (moment - self._latest))
        if self._dated_until is not None and moment + shift <= self._dated_until:
            return self._dated_until + timedelta.resolution
        return moment + shift

    @property
    def is_set_back(self) -> bool:
        """Whether the site's clock is more than a second behind the dates."""
        return self._shift - self._wanted > _TOLD_FROM
