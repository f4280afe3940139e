"""Moments as people type them: dates and times of the site's clock, and times ago."""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from genesis_ray.errors import ConfigurationError

FORMS = "2026-01-05, 2026-01-05T14:30, today, yesterday, now or -24h (min, h, d, w)"

_AGO = re.compile(r"-(\d{1,6})(min|h|d|w)")
_DAYS = {"d": 1, "w": 7}
_UNITS = {"min": timedelta(minutes=1), "h": timedelta(hours=1)}


def moment(text: str, zone: ZoneInfo, now: datetime) -> datetime:
    """Return when `text` means, in UTC.

    A date is its midnight, and a time without an offset one of the site's clock. Of an hour that
    the clock shows twice the first is meant. Days and weeks ago are at the same time of the clock,
    minutes and hours are what has gone by.

    Args:
        text: One of `FORMS`.
        zone: The site's.
        now: The present, aware.

    Raises:
        ConfigurationError: It is none of these, or a time that the clock leaves out.
    """
    try:
        return _meant(text, zone, now.astimezone(zone)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ConfigurationError(f"expected a time as {FORMS}; got {text!r:.80}") from error


def _meant(text: str, zone: ZoneInfo, local: datetime) -> datetime:
    given = text.strip()
    match given.lower():
        case "now":
            return local
        case "today":
            return _midnight(local.date(), zone)
        case "yesterday":
            return _midnight(local.date() - timedelta(days=1), zone)
    if ago := _AGO.fullmatch(given.lower()):
        return _before(local, int(ago[1]), ago[2])
    if re.fullmatch(r"\d{4}-\d\d-\d\d", given):
        return _midnight(date.fromisoformat(given), zone)
    at = datetime.fromisoformat(given)
    return at if at.tzinfo else on_clock(at, zone)


def on_clock(local: datetime, zone: ZoneInfo) -> datetime:
    """Return when a site's clock shows this: `local` has no zone; of two moments the first.

    Raises:
        ConfigurationError: It never does: summer time begins meanwhile.
    """
    meant = local.replace(tzinfo=zone)
    shown = meant.astimezone(UTC).astimezone(zone)
    if shown.replace(tzinfo=None) != local:
        raise ConfigurationError(
            f"there is no {local:%H:%M} on {local:%Y-%m-%d} in {zone.key}, where clocks go forward "
            f"then; say an earlier time or a later one, as {shown:%Y-%m-%dT%H:%M}"
        )
    return meant


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _before(local: datetime, number: int, unit: str) -> datetime:
    if unit in _DAYS:  # Arithmetic within a zone is that of its clock.
        return local - timedelta(days=number * _DAYS[unit])
    return local.astimezone(UTC) - number * _UNITS[unit]
