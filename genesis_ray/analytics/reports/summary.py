"""A report in a few sentences, put together from its figures alone."""

from collections.abc import Iterator

from genesis_ray.analytics.reports.contents import Headline, Report, Summary
from genesis_ray.analytics.reports.wording import (
    counted,
    duration,
    hour,
    is_as_before,
    number,
    percent,
    span,
    value,
)
from genesis_ray.domain.site_time import zone_named


def summarise(report: Report) -> Summary:
    """Return the report in a few sentences."""
    return Summary(" ".join(_sentences(report)), "")


def _sentences(report: Report) -> Iterator[str]:
    by_name = {(each.place, each.name): each for each in report.headlines}
    yield _came(report)
    visits = by_name.get(("", "Visits of people recognised"))
    if visits and visits.value:
        yield _visits(visits, by_name["", "Returning visitors"])
    for what in ("visit", "stay"):
        median = by_name.get(("", f"Median {what}"))
        if median and median.value is not None:
            yield f"Half of the {what}s took {duration(median.value)} at most{_against(median)}."
    peak = by_name.get(("", "Most people in zones at once"))
    if peak and peak.when and peak.value:
        when = hour(peak.when, zone_named(report.time_zone))
        yield f"{_people(peak.value).capitalize()} at once were the most, on {when}."
    yield from _queues(report)
    yield from _unusual(report)
    yield _alerts(report)
    yield _cameras(report)


def _came(report: Report) -> str:
    headline = report.headlines[0]
    when = span(report.period, zone_named(report.time_zone))
    count = int(headline.value or 0)
    verb = "came in" if headline.name == "People in" else "came into view"
    who = "nobody" if not count else counted(count, "person", "people")
    text = f"{when}: {who} {verb}{_against(headline)}"
    if report.not_compared:
        return f"{text}. There is no comparison: {report.not_compared}."
    return f"{text}."


def _visits(visits: Headline, returning: Headline) -> str:
    text = f"{counted(int(visits.value or 0), 'visit')} of people who were recognised began"
    if returning.value is None:
        return f"{text}."
    if not returning.value:
        return f"{text}, and nobody came back."
    count = int(returning.value)
    return f"{text}; {counted(count, 'person', 'people')} had been here before."


def _queues(report: Report) -> Iterator[str]:
    places = dict.fromkeys(each.place for each in report.headlines if each.place)
    for place in places:
        half, *more = (each for each in report.headlines if each.place == place)
        if half.value is None or not more:
            yield f"At {place} nobody was served."
            continue
        text = f"At {place} half waited {duration(half.value)} at most"
        tail, level = more
        if tail.value is not None:
            text += f" and nine in ten {duration(tail.value)}"
        if level.value is not None:
            within = level.name[0].lower() + level.name[1:]
            text += f"; {value(level)} were {within}"
        yield f"{text}."


def _unusual(report: Report) -> Iterator[str]:
    if report.cannot_tell:
        return
    count = report.unusual_in_all
    if not count:
        yield "No hour was out of the ordinary."
    else:
        yield f"{counted(count, 'hour')} {'was' if count == 1 else 'were'} out of the ordinary."


def _alerts(report: Report) -> str:
    raised = sum(each.alerts for each in report.alerts)
    still = sum(each.open for each in report.alerts)
    if not raised:
        return "No alert was raised."
    text = f"{counted(raised, 'alert')} {'was' if raised == 1 else 'were'} raised"
    if not still:
        return f"{text}."
    if raised == 1:
        return f"{text} and is not over."
    return f"{text}, of which {still:,} {'is' if still == 1 else 'are'} not over."


def _cameras(report: Report) -> str:
    if not report.cameras:
        return "No camera told whether it was online."
    length = report.period.seconds
    short = [each for each in report.cameras if each.online_s < length - 1]
    total = len(report.cameras)
    if not short:
        every = "The camera was" if total == 1 else f"All {total:,} cameras were"
        return f"{every} online all of the time."
    online = sum(each.online_s for each in report.cameras) / (length * total)
    which = "The camera was" if total == 1 else f"The {total:,} cameras were"
    return f"{which} online for {percent(online)} of the time; the figures are of that."


def _people(count: float) -> str:
    return counted(int(count), "person", "people")


def _against(headline: Headline) -> str:
    """Return how a figure compares, as a part of a sentence; "" where nothing can be said."""
    change, before = headline.change, headline.before
    if change is None or before is None:
        return ""
    if is_as_before(change):
        return ", as many as in the period before" if headline.unit != "seconds" else ", as before"
    unit = headline.unit
    words = ("more", "fewer") if unit in ("people", "visits") else ("longer", "shorter")
    word = words[change.difference < 0]
    if change.share is None:
        by = number(abs(change.difference), unit)
        text = f", {by} {word} than the {number(before, unit)} of the period before"
    else:
        text = f", {percent(abs(change.share))} {word} than in the period before"
    return f"{text}, which may be chance" if change.is_within_chance else text
