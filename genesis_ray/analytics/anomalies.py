"""What was unusual in series of numbers, as the questions about footfall, queues and waits give."""

import calendar
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from math import isfinite
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pyarrow as pa

from genesis_ray.domain.figures.anomalies import (
    Reading,
    RecentPolicy,
    RecentScore,
    WeeklyPolicy,
    WeeklyScore,
)
from genesis_ray.errors import GenesisError

Basis = Literal["recent", "weekly"]

_A_DAY = timedelta(hours=23)
"""At the least: one in spring, when summer time begins."""

_AT, _METRIC, _VALUE = "at", "metric", "value"
_FOUND: "list[pa.Field[Any]]" = [
    pa.field("basis", pa.string()),
    pa.field("expected", pa.float64()),
    pa.field("spread", pa.float64()),
    pa.field("score", pa.float64()),
    pa.field("direction", pa.string()),
    pa.field("why", pa.string()),
]


def unusual(
    series: pa.Table,
    *,
    zone: ZoneInfo,
    start: datetime | None = None,
    end: datetime | None = None,
    recent: RecentPolicy | None = RecentPolicy(),  # noqa: B008  frozen
    weekly: WeeklyPolicy | None = WeeklyPolicy(),  # noqa: B008  frozen
) -> pa.Table:
    """Return the buckets of [start, end) that are unusual, by time.

    `series` has `at` (when a bucket begins, UTC), `metric` and `value`; further columns, as
    camera_id, tell series of one metric from each other. It may be in any order, and begins before
    `start`: that is what is compared with. A value that is null or not finite is none.

    Each is compared with the values before it in its series (`recent`), and with those of its
    weekday and hour, on the clock of `zone`, in the weeks before (`weekly`); one that is unusual in
    both ways has two rows. `None` leaves a comparison out. As long as there is too little to
    compare with, nothing is unusual.

    Columns: those of `series`, with value as float64; basis (recent or weekly), expected and spread
    (in the unit of the value), score (spreads from what was expected), direction (above, below),
    why (a sentence).

    Raises:
        GenesisError: A column is missing, or a series has two values for one time.
    """
    missing = [name for name in (_AT, _METRIC, _VALUE) if name not in series.column_names]
    if missing:
        raise GenesisError(
            f"a series has the columns at, metric and value; {', '.join(missing)} is missing"
        )
    columns = [pa.field(_VALUE, pa.float64()) if f.name == _VALUE else f for f in series.schema]
    keys = [name for name in series.column_names if name not in (_AT, _VALUE)]
    rows = series.sort_by([(name, "ascending") for name in (*keys, _AT)]).to_pylist()
    found: list[dict[str, Any]] = []
    for _, own in groupby(rows, key=lambda row: [row[name] for name in keys]):
        found += _in_one_series([*own], zone, recent, weekly)
    within = [
        row for row in found if (not start or row[_AT] >= start) and (not end or row[_AT] < end)
    ]
    within.sort(key=lambda row: row[_AT])
    return pa.Table.from_pylist(within, schema=pa.schema([*columns, *_FOUND]))


def _in_one_series(
    rows: Sequence[dict[str, Any]],
    zone: ZoneInfo,
    recent: RecentPolicy | None,
    weekly: WeeklyPolicy | None,
) -> Iterator[dict[str, Any]]:
    last_values = RecentScore(recent) if recent else None
    same_hour = WeeklyScore(zone, weekly) if weekly else None
    steps = [later[_AT] - row[_AT] for row, later in pairwise(rows)]
    if steps and not min(steps):
        at = rows[steps.index(min(steps))][_AT]
        raise GenesisError(f"the series {rows[0][_METRIC]} has two values for {at.isoformat()}")
    is_daily = bool(steps) and min(steps) >= _A_DAY
    for row in rows:
        if row[_VALUE] is None or not isfinite(row[_VALUE]):
            continue
        at, value = row[_AT], float(row[_VALUE])
        if last_values and (reading := last_values.update(value)) and reading.is_unusual:
            yield _row(row, reading, "recent", in_the_last(reading))
        if same_hour and (reading := same_hour.update(at, value)) and reading.is_unusual:
            when = _weekday(at.astimezone(zone), is_daily=is_daily)
            yield _row(row, reading, "weekly", f"on {when}, of {reading.weeks} weeks")


def _weekday(local: datetime, *, is_daily: bool) -> str:
    name = calendar.day_name[local.weekday()]
    return f"{name}s" if is_daily else f"{name}s from {local.hour}:00 to {local.hour + 1}:00"


def told(metric: str, reading: Reading, when: str) -> dict[str, Any]:
    """Return the columns that say what is unusual of a value, in its unit and in a sentence.

    Args:
        metric: What it is a value of.
        reading: How unusual it is.
        when: Of which values the expectation is made, in words.
    """
    why = (
        f"{metric} {reading.value:.4g}, usually {reading.expected:.4g} "
        f"± {reading.spread:.2g} ({when})"
    )
    return {
        _VALUE: reading.value,
        "expected": reading.expected,
        "spread": reading.spread,
        "score": reading.score,
        "direction": reading.direction,
        "why": why,
    }


def in_the_last(reading: Reading) -> str:
    """Return in words of which values a rolling expectation is made."""
    return f"in the last {reading.samples} values"


def _row(row: dict[str, Any], reading: Reading, basis: Basis, when: str) -> dict[str, Any]:
    return {**row, "basis": basis, **told(row[_METRIC], reading, when)}
