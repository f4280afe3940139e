"""A report in a few sentences, put together from its figures alone."""

from collections.abc import Iterator, Sequence

from genesis_ray.analytics.reports.contents import (
    AlertCount,
    CameraTime,
    Headline,
    Report,
    Summary,
)
from genesis_ray.analytics.reports.headlines import COUNTED
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
from genesis_ray.domain.clocks.site_time import zone_named


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
        people = f"{_people(peak.value)} {_was(int(peak.value))}"
        yield f"At most {people} in zones at the same time, on {when}."
    yield from _queues(report)
    yield from _unusual(report)
    if report.alerts is not None:
        yield _alerts(report.alerts)
    if report.cameras is not None:
        yield _cameras(report.cameras, report.period.seconds)


def _came(report: Report) -> str:
    how_many = [each for each in report.headlines if each.name in COUNTED.values()]
    headline = next((each for each in how_many if each.value is not None), None)
    when = span(report.period, zone_named(report.time_zone))
    if headline is None:
        return f"{when}: how many people came is not known any more."
    text = f"{when}: {_who_came(headline)}{_against(headline)}"
    if report.not_compared:
        return f"{text}. There is no comparison: {report.not_compared}."
    return f"{text}."


def _who_came(headline: Headline) -> str:
    count = int(headline.value or 0)
    if headline.name == COUNTED["entries"]:
        return f"{counted(count, 'entry', 'entries') if count else 'no entries'} over the lines"
    who = "nobody" if not count else counted(count, "person", "people")
    return f"{who} {'came in' if headline.name == COUNTED['people'] else 'came into view'}"


def _visits(visits: Headline, returning: Headline) -> str:
    text = f"{counted(int(visits.value or 0), 'visit')} of people who were recognised began"
    if returning.value is None:
        return f"{text}."
    if not returning.value:
        return f"{text}, and nobody of them had been here in the 4 weeks before."
    count = int(returning.value)
    return f"{text}; {counted(count, 'person', 'people')} had been here in the 4 weeks before."


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
    text = "No hour was" if not count else f"{counted(count, 'hour')} {_was(count)}"
    if (compared := report.hours_compared) < report.hours:
        text = f"Of the {counted(compared, 'hour')} that could be compared "
        text += f"{count:,} {_was(count)}" if count else "none was"
    yield f"{text} out of the ordinary."


def _was(count: int) -> str:
    return "was" if count == 1 else "were"


def _alerts(alerts: Sequence[AlertCount]) -> str:
    raised = sum(each.alerts for each in alerts)
    still = sum(each.open for each in alerts)
    if not raised:
        return "No alert was raised."
    text = f"{counted(raised, 'alert')} {_was(raised)} raised"
    if not still:
        return f"{text}."
    if raised == 1:
        return f"{text} and is not over."
    return f"{text}, of which {still:,} {'is' if still == 1 else 'are'} not over."


def _cameras(cameras: Sequence[CameraTime], length_s: float) -> str:
    if not cameras:
        return "No camera told whether it was online."
    total = len(cameras)
    if all(each.share_online == 1 for each in cameras):
        every = "The camera was" if total == 1 else f"All {total:,} cameras were"
        return f"{every} online all of the time."
    online = sum(each.online_s for each in cameras) / (length_s * total)
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
    words = ("more", "fewer") if unit in ("people", "entries", "visits") else ("longer", "shorter")
    word = words[change.difference < 0]
    if change.share is None:
        by = number(abs(change.difference), unit)
        text = f", {by} {word} than the {number(before, unit)} of the period before"
    else:
        text = f", {percent(abs(change.share))} {word} than in the period before"
    return f"{text}, which may be chance" if change.is_within_chance else text
