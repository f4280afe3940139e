"""Numbers and times as they are written in a report."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from genesis_ray.analytics.reports.contents import Headline, Unit
from genesis_ray.domain.figures.comparison import LEAST_FOR_SHARE, Change
from genesis_ray.domain.figures.periods import Period

_MINUTE_S, _HOUR_S = 60, 3600
_SMALL, _ALMOST = 9.95, 99.5
_LEAST_SHARE = 0.0005


def number(value: float, unit: Unit) -> str:
    """Return a value with its unit, where that does not go without saying."""
    match unit:
        case "seconds":
            return duration(value)
        case "share":
            return percent(value)
    return f"{round(value):,}"


def duration(seconds: float) -> str:
    """Return a length of time in its two largest units."""
    whole = round(seconds)
    if whole < 10 and whole != seconds:
        return f"{seconds:.1f} s"
    if whole < _MINUTE_S:
        return f"{whole} s"
    if whole < _HOUR_S:
        return _two(whole // _MINUTE_S, "min", whole % _MINUTE_S, "s")
    minutes = round(seconds / _MINUTE_S)
    return _two(minutes // _MINUTE_S, "h", minutes % _MINUTE_S, "min")


def percent(share: float) -> str:
    """Return a share as a percentage; what is not all of it is never 100 %."""
    value = 100 * share
    if _ALMOST <= value < 100:
        return f"{min(round(value, 1), 99.9)} %"
    is_small = 0 < abs(value) < _SMALL
    return f"{value:.1f} %" if is_small else f"{value:.0f} %"


def counted(count: int, one: str, many: str | None = None) -> str:
    """Return a number with what it counts, as "1 visit" and "2 visits"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def listed(things: Sequence[str]) -> str:
    """Return things with commas, and an "and" before the last."""
    if len(things) < 2:
        return "".join(things)
    return f"{', '.join(things[:-1])} and {things[-1]}"


def moment(at: datetime, zone: ZoneInfo) -> str:
    """Return a time of the site's clock; where that shows it twice, with which of both it is."""
    local = at.astimezone(zone)
    return f"{day(local)}, {local:%H:%M}{f' {local:%Z}' if _comes_twice(local) else ''}"


def hour(period: Period, zone: ZoneInfo) -> str:
    """Return an hour, a day, or another time within a day, of the site's clock."""
    since, until = (at.astimezone(zone) for at in period)
    if since.time() == until.time() == datetime.min.time():
        return span(period, zone)
    return f"{day(since)}, {_from_to(since, until, _form(since, until))}"


def day(local: datetime) -> str:
    """Return a day as "Tue 3 Feb 2026"."""
    return f"{local:%a} {local.day} {local:%b %Y}"


def span(period: Period, zone: ZoneInfo) -> str:
    """Return from when to when; of whole days the last one, and not the midnight after it.

    Over a change of the clock, times that are not of whole days say of which time they are.
    """
    since, until = (at.astimezone(zone) for at in period)
    if since.time() == until.time() == datetime.min.time():
        last = until - timedelta(days=1)
        return day(since) if last.date() <= since.date() else f"{day(since)} – {day(last)}"
    form = _form(since, until)
    if since.date() == until.date():
        return f"{day(since)}, {_from_to(since, until, form)}"
    return f"{day(since)}, {since:{form}} – {day(until)}, {until:{form}}"


def _form(since: datetime, until: datetime) -> str:
    return "%H:%M:%S" if since.second or until.second else "%H:%M"


def _from_to(since: datetime, until: datetime, form: str) -> str:
    """Return two times that are at most a day apart."""
    if since.utcoffset() == until.utcoffset() and not _comes_twice(since):
        return f"{since:{form}}–{until:{form}}"
    return f"{since:{form} %Z} – {until:{form} %Z}"


def _comes_twice(local: datetime) -> bool:
    """Tell whether a clock that is set back shows a time again."""
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()


def change(headline: Headline) -> str:
    """Return how a figure compares with the one before; "" where nothing can be said."""
    made = headline.change
    if made is None or headline.before is None:
        return ""
    if is_as_before(made):
        return "as before"
    if headline.unit == "share":
        return f"{_signed(f'{abs(100 * made.difference):.1f}', made.difference)} points"
    if made.share is None:
        text = _signed(number(abs(made.difference), headline.unit), made.difference)
    else:
        text = _signed(percent(abs(made.share)), made.share)
    return f"{text}, within chance" if made.is_within_chance else text


def is_as_before(made: Change) -> bool:
    """Tell whether a change is none, or too small to be written."""
    return not made.difference or (made.share is not None and abs(made.share) < _LEAST_SHARE)


def value(headline: Headline) -> str:
    """Return a figure, or why there is none."""
    if headline.value is None:
        return headline.why_not
    return _told(headline.value, headline.unit, headline.of)


def before(headline: Headline) -> str:
    """Return the figure of the period before; "" where there is none."""
    if headline.before is None:
        return ""
    return _told(headline.before, headline.unit, headline.of_before)


def share_of(count: int, total: int) -> str:
    """Return a part of a whole: in percent, where that is of enough."""
    return f"{count:,} of {total:,}" if total < LEAST_FOR_SHARE else percent(count / total)


def _told(value: float, unit: Unit, of: int) -> str:
    is_few = unit == "share" and of < LEAST_FOR_SHARE
    return share_of(round(value * of), of) if is_few else number(value, unit)


def _signed(text: str, difference: float) -> str:
    return f"{'+' if difference > 0 else '−'}{text}"


def _two(large: int, unit: str, small: int, small_unit: str) -> str:
    return f"{large} {unit} {small} {small_unit}" if small else f"{large} {unit}"
