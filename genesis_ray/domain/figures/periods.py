"""Periods of a report, and the one before to compare with."""

from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

_WEEK_DAYS = 7


class Period(NamedTuple):
    """A time with its start and without its end, both UTC."""

    since: datetime
    until: datetime

    @property
    def seconds(self) -> float:
        """How long it is."""
        return (self.until - self.since).total_seconds()


def period_before(period: Period, zone: ZoneInfo) -> Period:
    """Return what a period is compared with.

    Of what begins at a midnight, on the clock of `zone`, it is the same hours of as many days, so
    many whole weeks earlier that they do not overlap: Saturdays are compared with Saturdays, today
    until now with the same weekday until the same time, the day on which summer time begins with
    one of 24 hours. Of anything else it is the same length of time just before.
    """
    since, until = (at.astimezone(zone) for at in period)
    if since.time() == time():
        days = (until.date() - since.date()).days + (until.time() > time())
        back = timedelta(days=-(-days // _WEEK_DAYS) * _WEEK_DAYS)
        # Arithmetic within a zone is that of its clock.
        return Period((since - back).astimezone(UTC), (until - back).astimezone(UTC))
    return Period(period.since - (period.until - period.since), period.since)
