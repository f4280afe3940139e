"""When something counts: windows of the week, by the clock on the wall of a place."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NamedTuple

DAY_MINUTES = 24 * 60

_ALWAYS = datetime.max.replace(tzinfo=UTC)

_AHEAD = timedelta(days=8)
"""A week comes again after seven days; a change of the clocks adds an hour."""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time on some days of the week.

    Attributes:
        days: On which it begins; Monday is 0.
        opens: Minutes after midnight, 0 to 1439.
        closes: The same, to 1440; of the next day where it is not after `opens`.
    """

    days: frozenset[int]
    opens: int
    closes: int

    @property
    def minutes(self) -> int:
        """How long it is by the clock on the wall, above 0 and at most a day."""
        return (self.closes - self.opens) % DAY_MINUTES or DAY_MINUTES


class Period(NamedTuple):
    """A time in which a schedule is open, or closed, throughout: from `since`, before `until`."""

    since: datetime
    until: datetime
    is_open: bool


@dataclass(frozen=True, slots=True)
class Schedule:
    """Windows that repeat every week.

    A window opens and closes at moments of local time. Where a change of the clocks makes a time
    of day come twice, the first counts; one that it leaves out comes an hour later.
    """

    windows: tuple[Window, ...]
    time_zone: tzinfo

    def is_open(self, at: datetime) -> bool:
        """Tell whether `at` lies in a window; its beginning does, its end does not."""
        return self.period(at).is_open

    def period(self, at: datetime) -> Period:
        """Return the period that `at` is in; windows that touch are one.

        One that nothing ends is open until `datetime.max`. No search goes back further than a
        day, so `since` of a closed period may be later than its true beginning.
        """
        today = at.astimezone(self.time_zone).date()
        since = datetime.combine(today - timedelta(days=1), time(), self.time_zone).astimezone(UTC)
        for opens, closes in self._openings(today):
            if opens > at:
                return Period(since, opens, is_open=False)
            if at < closes:
                return Period(opens, closes if closes - at < _AHEAD else _ALWAYS, is_open=True)
            since = closes
        return Period(since, _ALWAYS, is_open=False)

    def _openings(self, today: date) -> Iterator[tuple[datetime, datetime]]:
        """Yield when it opens and closes, in order, from a day before `today` to ten after."""
        open_: tuple[datetime, datetime] | None = None
        for opens, closes in sorted(self._windows(today)):
            if open_ is None:
                open_ = opens, closes
            elif opens <= open_[1]:
                open_ = open_[0], max(open_[1], closes)
            else:
                yield open_
                open_ = opens, closes
        if open_:
            yield open_

    def _windows(self, today: date) -> Iterator[tuple[datetime, datetime]]:
        for offset in range(-1, _AHEAD.days + 3):
            day = today + timedelta(days=offset)
            for window in self.windows:
                if day.weekday() not in window.days:
                    continue
                opens = self._moment(day, window.opens)
                closes = self._moment(day, window.opens + window.minutes)
                if opens < closes:  # else a change of the clocks leaves nothing of it
                    yield opens, closes

    def _moment(self, day: date, minutes: int) -> datetime:
        days, minutes = divmod(minutes, DAY_MINUTES)
        local = time(*divmod(minutes, 60))
        return datetime.combine(day + timedelta(days=days), local, self.time_zone).astimezone(UTC)
