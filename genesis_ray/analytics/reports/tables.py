"""The parts of a report as words in rows and lines, however they are set."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from genesis_ray.analytics.reports import wording
from genesis_ray.analytics.reports.contents import CameraTime, Headline, Report
from genesis_ray.analytics.reports.kept import GONE
from genesis_ray.domain.clocks.site_time import zone_named
from genesis_ray.domain.figures.comparison import LEAST_FOR_SHARE

MOST_CAMERAS = 10
"""That have a row each."""


class Table(NamedTuple):
    """Words in rows.

    Attributes:
        heading: Of each column.
        rows: As long as the heading each.
        right: Which columns are numbers, and stand to the right.
    """

    heading: Sequence[str]
    rows: Sequence[Sequence[str]]
    right: Sequence[bool]


def title(report: Report) -> str:
    """Return which site it is about."""
    return f"Report of {report.site_id}" if report.site_id else "Report"


def subtitle(report: Report) -> str:
    """Return which time it is about, and when it was made."""
    zone = zone_named(report.time_zone)
    return (
        f"{wording.span(report.period, zone)} · all times are of {report.time_zone} · made on "
        f"{wording.moment(report.made_at, zone)}"
    )


def comparison(report: Report) -> str:
    """Return what figures are compared with, and how."""
    if report.not_compared:
        return f"There is no comparison: {report.not_compared}."
    before = wording.span(report.before, zone_named(report.time_zone))
    return (
        f"The period before is {before}. What is of fewer than {LEAST_FOR_SHARE} is not compared "
        f"in percent; within chance: two equal crowds differ as much."
    )


def headline_table(report: Report) -> Table:
    """Return the figures."""
    heading = ["figure", "this period"]
    if not report.not_compared:
        heading += ["period before", "change"]
    rows = [[_name(each, report), wording.value(each)] for each in report.headlines]
    if not report.not_compared:
        for row, each in zip(rows, report.headlines, strict=True):
            row += [wording.before(each), wording.change(each)]
    return Table(heading, rows, _numbers(heading))


def alert_table(report: Report) -> Table | None:
    """Return alerts by rule; None: there are none to be told of, see `alert_line`."""
    zone = zone_named(report.time_zone)
    heading = ["rule", "severity", "alerts", "not over", "first", "last"]
    rows = [
        [
            each.rule_id,
            each.severity,
            f"{each.alerts:,}",
            f"{each.open:,}",
            wording.moment(each.first_at, zone),
            wording.moment(each.last_at, zone),
        ]
        for each in report.alerts or ()
    ]
    return Table(heading, rows, [False, False, True, True, True, True]) if rows else None


def alert_line(report: Report) -> str:
    """Return what is said where there is no table of alerts; "" where there is."""
    if report.alerts is None:
        return f"It is not known any more which were raised: earlier ones were {GONE}."
    return "" if report.alerts else "None was raised."


def camera_table(report: Report) -> Table | None:
    """Return how long each camera was in which state; of many cameras those with the most gaps."""
    if not report.cameras:
        return None
    heading = ["camera", "online", "picture impaired", "offline", "not watched"]
    cameras, others = list(report.cameras), []
    if len(cameras) > MOST_CAMERAS:
        by_gaps = sorted(cameras, key=lambda each: -each.gaps_s)
        cameras, others = by_gaps[:MOST_CAMERAS], by_gaps[MOST_CAMERAS:]
    rows = [_camera_row(each.camera_id, [each]) for each in cameras]
    if others:
        rows.append(_camera_row(f"the {wording.counted(len(others), 'other')}, together", others))
    return Table(heading, rows, _numbers(heading))


def _camera_row(name: str, cameras: Sequence[CameraTime]) -> list[str]:
    together = CameraTime(
        camera_id=name,
        online_s=sum(each.online_s for each in cameras),
        impaired_s=sum(each.impaired_s for each in cameras),
        offline_s=sum(each.offline_s for each in cameras),
        unwatched_s=sum(each.unwatched_s for each in cameras),
    )
    gaps = (together.impaired_s, together.offline_s, together.unwatched_s)
    return [name, wording.percent(together.share_online), *map(_gap, gaps)]


def unusual_lines(report: Report) -> list[str]:
    """Return a line for each hour that was out of the ordinary, or why there is none."""
    if report.cannot_tell:
        return [report.cannot_tell]
    zone = zone_named(report.time_zone)
    lines = [f"{wording.moment(each.at, zone)}: {each.why}" for each in report.unusual]
    if (more := report.unusual_in_all - len(lines)) > 0:
        lines.append(f"and {wording.counted(more, 'hour')} less so")
    compared, hours = report.hours_compared, report.hours
    if compared < hours:
        lines = lines or [f"None of the {wording.counted(compared, 'hour')} that can be compared."]
        lines.append(
            f"Nothing is said of the other {wording.counted(hours - compared, 'hour')}: too few "
            f"weeks before are recorded of them."
        )
    return lines or ["No hour was."]


def _name(headline: Headline, report: Report) -> str:
    name = f"{headline.place}: {headline.name[0].lower()}{headline.name[1:]}"
    shown = name if headline.place else headline.name
    if headline.when is None:
        return shown
    return f"{shown} ({wording.hour(headline.when, zone_named(report.time_zone))})"


def _gap(seconds: float) -> str:
    return wording.duration(seconds) if seconds >= 1 else "–"


def _numbers(heading: Iterable[str]) -> list[bool]:
    return [place > 0 for place, _ in enumerate(heading)]
