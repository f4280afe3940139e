"""From when to when something is recorded, in rows or in figures of quarters of an hour."""

from datetime import datetime, timedelta
from typing import Any

from genesis_ray.analytics.extent import extent
from genesis_ray.analytics.query import run
from genesis_ray.analytics.reports.kept import first_quarters, were_purged
from genesis_ray.analytics.rolled_up import RolledUp
from genesis_ray.analytics.stored import Tables
from genesis_ray.domain.figures.periods import Period
from genesis_ray.domain.figures.rollups import Group
from genesis_ray.domain.figures.time_buckets import QUARTER, quarter_of

_FIRST = """
SELECT min(first_at) AS first_at FROM (
    SELECT min(occurred_at) AS first_at FROM track_observations
    UNION ALL SELECT min(occurred_at) FROM line_crossings
)
"""

_COUNTED: dict[Group, tuple[str, ...]] = {
    "lines": ("went_in", "went_out"),
    "cameras": ("observations",),
}
"""What figures of a group tell that somebody was seen."""

_SOME_DAYS = timedelta(days=3)


def first_seen(tables: Tables) -> datetime | None:
    """Return when anybody was seen first; a quarter of an hour where the rows are gone."""
    first: datetime | None = run(_FIRST, tables).to_pylist()[0]["first_at"]
    found = [first] if first else []
    if isinstance(tables, RolledUp):
        for group in _COUNTED:
            day = first_quarters(tables, group)
            if day and not (first and quarter_of(first) <= day):
                found += _counted(tables, group, Period(day, day + _SOME_DAYS))[:1]
    return min(found, default=None)


def recorded(tables: Tables, *, until: datetime) -> Period | None:
    """Return the time from the first event to right behind the last one, at most `until`.

    In whole quarters of an hour where rows are gone, in which then is known what was.
    """
    known = extent(tables, until=until)
    first = first_seen(tables)
    if known is None:
        return None
    since, last = min(known[0], first or known[0]), known[1]
    if were_purged(tables):
        return Period(quarter_of(since), quarter_of(last) + QUARTER)
    return Period(since, last + timedelta.resolution)


def has_quarters(tables: Tables, period: Period) -> bool:
    """Tell whether figures of quarters of an hour know of anybody in a period."""
    whole = Period(quarter_of(period.since), quarter_of(period.until - timedelta.resolution))
    whole = Period(whole.since, whole.until + QUARTER)
    return isinstance(tables, RolledUp) and any(
        _counted(tables, group, whole) for group in _COUNTED
    )


def _counted(tables: RolledUp, group: Group, period: Period) -> list[datetime]:
    """Return the quarters in which anybody was counted, in order."""
    rows = tables.quarters(group, _COUNTED[group], *period)
    kept: list[dict[str, Any]] = rows.to_pylist() if rows else []
    return sorted(row["bucket"] for row in kept if any(row[name] for name in _COUNTED[group]))
