"""The figures that a report begins with, each compared with the period before."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from genesis_ray.analytics.reports.came import CountedBy
from genesis_ray.analytics.reports.contents import Headline, Unit
from genesis_ray.analytics.reports.kept import GONE
from genesis_ray.analytics.reports.measures import Measures
from genesis_ray.analytics.reports.wording import duration
from genesis_ray.domain.figures.comparison import count_change, value_change
from genesis_ray.domain.figures.periods import Period

COUNTED: Mapping[CountedBy, str] = {
    "people": "People in",
    "entries": "Entries over lines",
    "views": "People seen",
}
"""What it is called that tells how many came."""

_NONE = "none"
_LEAST_FOR_TENTHS = 10


def headlines(
    now: Measures,
    before: Measures | None,
    *,
    counted_by: CountedBy,
    by_visits: bool,
    least_group: int,
) -> list[Headline]:
    """Return the figures of a period; but for the first none of what is not known any more.

    Args:
        now: Of the period.
        before: Of the one before; None: there is nothing to compare with.
        counted_by: What tells how many came.
        by_visits: Whether stays are visits of who was recognised.
        least_group: People whom a figure of a group tells of at least.
    """
    return [
        *_came(now, before, counted_by),
        *_visitors(now, before, least_group),
        *_stays(now, before, "visit" if by_visits else "stay", least_group),
        *_peak(now, before),
        *_queues(now, before),
    ]


def _came(now: Measures, before: Measures | None, counted_by: CountedBy) -> Iterator[Headline]:
    """Yield how many came; of a site with lines, how often too."""
    gone = f"earlier rows were {GONE}"
    by_lines = counted_by != "views"
    was = before.came.people if before else None
    yield _count(
        COUNTED["people" if by_lines else "views"], "people", now.came.people, was, why_not=gone
    )  # fmt: skip
    if by_lines:
        was = before.came.entries if before else None
        yield _count(COUNTED["entries"], "entries", now.came.entries, was, why_not=gone)


def _count(name: str, unit: Unit, value: int | None, before: int | None, **more: Any) -> Headline:
    change = None if value is None or before is None else count_change(value, before)
    return Headline(
        name=name, unit=unit, value=value, before=before, of=value or 0, change=change, **more
    )


def _visitors(now: Measures, before: Measures | None, least: int) -> Iterator[Headline]:
    was = (before.visitors if before else None) or {}
    if now.visitors is None or (now.visitors["visits"] == 0 and not was.get("visits")):
        return
    withheld = f"withheld: fewer than {least} people" if least > 1 else ""
    visits, returning = "visits", "returning_people"
    yield _count(
        "Visits of people recognised", "visits", now.visitors[visits], was.get(visits),
        why_not=withheld,
    )  # fmt: skip
    why_not = now.returning_of
    came_back = None if why_not else now.visitors[returning]
    if now.visitors[visits] is None or not why_not:
        why_not = withheld
    is_as_long = before is not None and not before.returning_of and before.is_comparable
    yield _count(
        "Returning visitors", "people", came_back, was.get(returning) if is_as_long else None,
        why_not=why_not,
    )  # fmt: skip


def _stays(now: Measures, before: Measures | None, what: str, least: int) -> Iterator[Headline]:
    own, earlier = now.stays, before.stays if before else None
    if own is None:
        return
    for name, column in ((f"Median {what}", "median_s"), (f"Mean {what}", "mean_s")):
        is_shown = own["people"] >= least
        was_shown = earlier is not None and earlier["people"] >= least
        yield _value(
            name,
            "seconds",
            own[column] if is_shown else None,
            earlier[column] if earlier and was_shown else None,
            own["stays"],
            earlier["stays"] if earlier else 0,
            why_not=f"withheld: fewer than {least} people" if own["people"] else _NONE,
        )


def _peak(now: Measures, before: Measures | None) -> Iterator[Headline]:
    rows = _together(now)
    if not any(row["max_people"] for row in rows):
        return
    fullest = max(rows, key=lambda row: (row["max_people"], row["mean_people"]))
    earlier = (
        max((row["max_people"] for row in _together(before)), default=None) if before else None
    )
    change = None if earlier is None else count_change(fullest["max_people"], earlier)
    if change:  # The fullest of many moments is no count of people who came independently.
        change = replace(change, is_within_chance=None)
    yield Headline(
        name="Most people in zones at once",
        unit="people",
        value=fullest["max_people"],
        before=earlier,
        of=fullest["max_people"],
        change=change,
        when=Period(fullest["starts_at"], fullest["ends_at"]),
    )


def _together(measures: Measures) -> list[dict[str, Any]]:
    levels = measures.levels.to_pylist() if measures.levels else []
    return [row for row in levels if row["zone_id"] is None]


def _queues(now: Measures, before: Measures | None) -> Iterator[Headline]:
    for queue, (whole, _) in now.service.items():
        earlier = {
            row["camera_id"]: row
            for row in (before.service[queue][0].to_pylist() if before and before.service else ())
        }
        rows = whole.to_pylist()
        if not rows:
            place = f"queue {queue.zone_id}"
            yield Headline(
                name="Half waited at most", unit="seconds", value=None, place=place, why_not=_NONE
            )
        for row in rows:
            was = earlier.get(row["camera_id"], {})
            place = f"{row['camera_id']} / {queue.zone_id}"
            served, served_before = row["served"], was.get("served", 0)
            for name, column, least in (
                ("Half waited at most", "p50_wait_s", 1),
                ("Nine in ten waited at most", "p90_wait_s", _LEAST_FOR_TENTHS),
            ):
                yield _value(
                    name,
                    "seconds",
                    row[column] if served >= least else None,
                    was.get(column) if served_before >= least else None,
                    served,
                    served_before,
                    place=place,
                    why_not=f"of {least} people or more only" if served else _NONE,
                )
            yield _value(
                f"Served within {duration(queue.within_s)}",
                "share",
                row["service_level"],
                was.get("service_level"),
                row["served"] + row["abandoned"],
                served_before + was.get("abandoned", 0),
                place=place,
                why_not=_NONE,
            )


def _value(
    name: str,
    unit: Unit,
    value: float | None,
    before: float | None,
    of: int,
    of_before: int,
    **more: Any,
) -> Headline:
    change = None
    if value is not None and before is not None:
        change = value_change(value, before, of=of, of_before=of_before)
    return Headline(
        name=name, unit=unit, value=value, before=before, of=of, of_before=of_before,
        change=change, **more,
    )  # fmt: skip
