"""What a language model is given of a report, and which numbers it may then state.

Aggregates alone: no name or id of a person, camera, zone or site, and nothing that the report
withholds.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, time, timedelta
from typing import Any, NamedTuple

from genesis_ray.analytics.reports import wording
from genesis_ray.analytics.reports.contents import Headline, Report
from genesis_ray.analytics.reports.kept import LOOK_BACK
from genesis_ray.domain.clocks.site_time import zone_named
from genesis_ray.domain.figures.comparison import LEAST_FOR_SHARE
from genesis_ray.domain.figures.stated_numbers import Known

_MINUTE_S, _HOUR_S = 60, 3600
_WEEK = timedelta(weeks=1)


class Facts(NamedTuple):
    """Data as JSON can hold it, and what of it may be stated."""

    data: Mapping[str, Any]
    known: Known


def facts_of(report: Report) -> Facts:
    """Return the aggregates of a report."""
    zone = zone_named(report.time_zone)
    places = list(dict.fromkeys(each.place for each in report.headlines if each.place))
    shown = [each for each in report.headlines if each.value is not None]
    counts = _counts(report)
    data: dict[str, Any] = {
        "period": wording.span(report.period, zone),
        "period_before": None if report.not_compared else wording.span(report.before, zone),
        "figures": [
            {key: text for key, text in _told(each, report, places).items() if text}
            for each in shown
        ],
        **counts,
    }
    shares = [each.change.share for each in shown if each.change and each.change.share]
    online = _share_online(report)
    if online is not None:
        data["cameras_online"] = wording.percent(online)
        shares.append(online)
    values = [(each.unit, value) for each in shown for value in _values(each)]
    numbers: set[float] = {*counts.values(), *range(1, len(places) + 1)}
    for unit, value in values:  # A share may be told in points.
        numbers |= (
            {*_ways(value)} if unit == "seconds" else {100 * value if unit == "share" else value}
        )
    # Times in which to be served, as a figure's name says.
    numbers |= {float(digits) for each in shown for digits in re.findall(r"\d+", each.name)}
    numbers |= {float(digits) for each in shown for digits in _parts(each)}
    return Facts(
        data,
        Known(
            numbers=numbers,
            shares=[*shares, *_shares(shown)],
            days=list(_days(report)),
            times=list(_times(report)),
            words={word.lower() for each in shown for word in re.findall(r"[A-Za-z]+", each.name)},
        ),
    )


def _counts(report: Report) -> dict[str, int]:
    counts = {}
    if not report.cannot_tell:
        counts = {"unusual_hours": report.unusual_in_all, "hours_compared": report.hours_compared}
    if any(each.name == "Returning visitors" for each in report.headlines):
        counts["weeks_in_which_returning_visitors_had_been_here"] = LOOK_BACK // _WEEK
    if report.alerts is not None:
        counts["alerts_raised"] = sum(each.alerts for each in report.alerts)
        counts["alerts_not_over"] = sum(each.open for each in report.alerts)
    if report.cameras is not None:
        counts["cameras"] = len(report.cameras)
    return counts


def _told(headline: Headline, report: Report, places: list[str]) -> dict[str, str]:
    place = f", queue {places.index(headline.place) + 1}" if len(places) > 1 else ""
    return {
        "name": f"{headline.name}{place if headline.place else ''}",
        "value": wording.value(headline),
        "before": wording.before(headline),
        "change": wording.change(headline),
        "when": wording.hour(headline.when, zone_named(report.time_zone)) if headline.when else "",
    }


def _shares(shown: Sequence[Headline]) -> Iterator[float]:
    """Yield shares that are told in percent."""
    for each in shown:
        if each.unit == "share":
            for value, of in ((each.value, each.of), (each.before, each.of_before)):
                if value is not None and of >= LEAST_FOR_SHARE:
                    yield value


def _parts(headline: Headline) -> Iterator[str]:
    """Yield the numbers of shares that are told as "5 of 7"."""
    for text in (wording.value(headline), wording.before(headline)):
        if headline.unit == "share" and " of " in text:
            yield from re.findall(r"\d+", text)


def _values(headline: Headline) -> Iterator[float]:
    for value in (headline.value, headline.before):
        if value is not None:
            yield value
    if headline.change:
        yield headline.change.difference


def _ways(seconds: float) -> Iterator[float]:
    """Yield the numbers with which a duration may be told."""
    yield from (seconds, seconds / _MINUTE_S, seconds / _HOUR_S)
    yield from (float(part) for part in re.findall(r"\d+", wording.duration(abs(seconds))))


def _share_online(report: Report) -> float | None:
    cameras = report.cameras or ()
    length = report.period.seconds * len(cameras)
    return sum(each.online_s for each in cameras) / length if length else None


def _days(report: Report) -> Iterator[date]:
    zone = zone_named(report.time_zone)
    start = report.period if report.not_compared else report.before
    day, last = (at.astimezone(zone).date() for at in (start.since, report.period.until))
    while day <= last:
        yield day
        day += timedelta(days=1)


def _times(report: Report) -> Iterator[time]:
    zone = zone_named(report.time_zone)
    periods = [report.period, *(each.when for each in report.headlines if each.when)]
    for at in (at for period in periods for at in period):
        yield at.astimezone(zone).time().replace(second=0, microsecond=0)
