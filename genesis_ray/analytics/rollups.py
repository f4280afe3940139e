"""Figures for each quarter of an hour, from event rows; and from those, for hours and days.

What the figures are is said in `domain.rollups`. All arithmetic is of whole numbers.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

import duckdb
import pyarrow as pa

from genesis_ray.domain.rollups import (
    GROUPS,
    LONGEST_SIGHT,
    LONGEST_STAY,
    STAY_BINS,
    TRACK_ENDED_AFTER,
    VISIT_BINS,
    Group,
)
from genesis_ray.domain.time_buckets import QUARTER

_TIME = pa.timestamp("us", tz="UTC")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

COLUMNS: dict[str, tuple[str, ...]] = {
    "zone_crossings": ("camera_id", "zone_id", "track_id", "direction", "occurred_at"),
    "line_crossings": ("camera_id", "line_id", "direction", "occurred_at"),
    "track_observations": ("camera_id", "track_id", "occurred_at"),
    "face_recognitions": ("camera_id", "decision", "is_new", "occurred_at"),
    "visits": ("camera_id", "visit_id", "started_at", "ended_at", "occurred_at"),
}
"""What is read of each table."""


def _us(span: timedelta) -> int:
    return span // timedelta(microseconds=1)


_QUARTER_US = _us(QUARTER)
_NEVER_US = 2**62


def _quarter(time: str) -> str:
    """Return SQL for the beginning of the quarter that a time is in."""
    return f"({time} - {time} % {_QUARTER_US})"


def _counts(bins: Mapping[str, tuple[int, int | None]], value: str) -> str:
    """Return SQL that counts values by the bins of a histogram."""
    return ", ".join(
        f"count_if({value} >= {low} AND {value} < {high or _NEVER_US}) AS {name}"
        for name, (low, high) in bins.items()
    )


_ZONES = f"""
WITH
crossings AS (
    SELECT camera_id, zone_id, track_id, direction, epoch_us(occurred_at) AS at_us
    FROM zone_crossings
),
followed AS (
    SELECT *, lead(direction) OVER track AS next_direction, lead(at_us) OVER track AS left_us
    FROM crossings
    WINDOW track AS (PARTITION BY camera_id, zone_id, track_id ORDER BY at_us, direction)
),
stays AS (
    SELECT camera_id, zone_id, at_us, left_us FROM followed
    WHERE direction = 'enter' AND next_direction = 'exit' AND left_us - at_us <= {_us(LONGEST_STAY)}
),
inside AS (
    SELECT *, unnest(generate_series({_quarter("at_us")}, left_us - 1, {_QUARTER_US})) AS bucket
    FROM stays
),
steps AS (
    SELECT camera_id, zone_id, at_us, sum(step) AS step FROM (
        SELECT camera_id, zone_id, at_us, 1 AS step FROM stays
        UNION ALL SELECT camera_id, zone_id, left_us, -1 FROM stays
    ) GROUP BY ALL
),
levels AS (
    SELECT camera_id, zone_id, at_us,
        sum(step) OVER zone AS people, lead(at_us) OVER zone AS until_us
    FROM steps WINDOW zone AS (PARTITION BY camera_id, zone_id ORDER BY at_us)
),
occupied AS (
    SELECT *, unnest(generate_series({_quarter("at_us")}, until_us - 1, {_QUARTER_US})) AS bucket
    FROM levels WHERE people > 0
)
SELECT {_quarter("at_us")} AS bucket, camera_id, zone_id,
    count_if(direction = 'enter') AS entries, count_if(direction = 'exit') AS exits
FROM crossings GROUP BY ALL
UNION ALL BY NAME
SELECT bucket, camera_id, zone_id,
    sum(least(left_us, bucket + {_QUARTER_US}) - greatest(at_us, bucket)) AS person_us
FROM inside GROUP BY ALL
UNION ALL BY NAME
SELECT {_quarter("left_us")} AS bucket, camera_id, zone_id, count(*) AS stays,
    sum(left_us - at_us) AS stay_us, {_counts(STAY_BINS, "(left_us - at_us)")}
FROM stays GROUP BY ALL
UNION ALL BY NAME
SELECT bucket, camera_id, zone_id, max(people) AS occupancy_most FROM occupied GROUP BY ALL
"""  # noqa: S608  names and numbers of ours

_LINES = f"""
SELECT {_quarter("epoch_us(occurred_at)")} AS bucket, camera_id, line_id,
    count_if(direction = 'in') AS went_in, count_if(direction = 'out') AS went_out
FROM line_crossings GROUP BY ALL
"""  # noqa: S608  names and numbers of ours

_CAMERAS = f"""
WITH
sights AS (SELECT camera_id, track_id, epoch_us(occurred_at) AS at_us FROM track_observations),
gaps AS (
    SELECT camera_id, at_us, at_us - lag(at_us) OVER track AS gap FROM sights
    WINDOW track AS (PARTITION BY camera_id, track_id ORDER BY at_us)
),
decisions AS (
    SELECT camera_id, epoch_us(occurred_at) AS at_us, decision, is_new FROM face_recognitions
)
SELECT {_quarter("at_us")} AS bucket, camera_id, count(*) AS observations,
    count_if(gap IS NULL OR gap > {_us(TRACK_ENDED_AFTER)}) AS tracks,
    coalesce(sum(least(gap, {_us(LONGEST_SIGHT)}))
        FILTER (gap <= {_us(TRACK_ENDED_AFTER)}), 0) AS person_us
FROM gaps GROUP BY ALL
UNION ALL BY NAME
SELECT {_quarter("at_us")} AS bucket, camera_id,
    count_if(decision = 'named' AND NOT is_new) AS named,
    count_if(decision = 'carried') AS carried,
    count_if(decision = 'named' AND is_new) AS anew,
    count_if(decision = 'review') AS review,
    count_if(decision = 'unknown') AS unknown
FROM decisions GROUP BY ALL
"""  # noqa: S608  names and numbers of ours

_VISITS = f"""
WITH
told AS (
    SELECT camera_id, visit_id, epoch_us(occurred_at) AS at_us, ended_at IS NOT NULL AS is_over,
        epoch_us(ended_at) - epoch_us(started_at) AS visit_us
    FROM visits
)
SELECT {_quarter("at_us")} AS bucket, camera_id, count(*) AS started
FROM told WHERE NOT is_over GROUP BY ALL
UNION ALL BY NAME
SELECT {_quarter("at_us")} AS bucket, camera_id, count(*) AS ended, sum(visit_us) AS visit_us,
    {_counts(VISIT_BINS, "visit_us")}
FROM told WHERE is_over GROUP BY ALL
"""  # noqa: S608  names and numbers of ours

_SQL: dict[Group, str] = {
    "zones": _ZONES,
    "lines": _LINES,
    "cameras": _CAMERAS,
    "visits": _VISITS,
}


def rollup_schema(group: Group) -> pa.Schema:
    """Return the columns of a rollup: the bucket's beginning, the keys, the figures."""
    of = GROUPS[group]
    columns: dict[str, pa.DataType] = {"bucket": _TIME}
    columns |= dict.fromkeys(of.keys, pa.string()) | dict.fromkeys(of.measures, pa.int64())
    return pa.schema(columns)


class RollupQueries:
    """A DuckDB that is opened once it is needed, and takes one processor: cameras are watched.

    Opening one takes longer than the figures of most days.
    """

    def __init__(self) -> None:
        self._opened: duckdb.DuckDBPyConnection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._opened:
            self._opened.close()

    def quarters(
        self, group: Group, tables: Mapping[str, pa.Table], *, start: datetime, end: datetime
    ) -> pa.Table:
        """Return the figures of every quarter of an hour in [start, end) in which there are any.

        Args:
            group: Which figures.
            tables: Rows of one tenant, those of `GROUPS[group].tables`: of [start, end), and as
                far before and after as have a say in it.
            start: The beginning of a quarter,
            end: and so is this.
        """
        of = GROUPS[group]
        keys = ", ".join(["bucket", *of.keys])
        sql = f"""
            SELECT {keys}, {_joined(group)} FROM ({_SQL[group]})
            WHERE bucket >= $start AND bucket < $end
            GROUP BY {keys} ORDER BY {keys}
        """  # noqa: S608  names of ours
        given = {name: tables[name].select(COLUMNS[name]) for name in of.tables}
        return self._answer(group, sql, given, {"start": _epoch_us(start), "end": _epoch_us(end)})

    def summed(
        self, group: Group, rows: pa.Table, buckets: Mapping[datetime, datetime]
    ) -> pa.Table:
        """Return figures of quarters added up to those of larger buckets.

        Args:
            group: Which figures.
            rows: As `quarters` returns them.
            buckets: The beginning of the bucket that a quarter belongs to; others are left out.
        """
        keys = ", ".join(["bucket", *GROUPS[group].keys])
        sql = f"""
            SELECT {keys}, {_joined(group)} FROM (
                SELECT epoch_us(of_bucket) AS bucket, figures.* EXCLUDE (bucket)
                FROM figures JOIN buckets ON figures.bucket = buckets.quarter
            ) GROUP BY {keys} ORDER BY {keys}
        """  # noqa: S608  names of ours
        known = {
            "quarter": pa.array(list(buckets), _TIME),
            "of_bucket": pa.array(list(buckets.values()), _TIME),
        }
        return self._answer(group, sql, {"figures": rows, "buckets": pa.table(known)}, {})

    def _answer(
        self, group: Group, sql: str, tables: Mapping[str, pa.Table], params: Mapping[str, int]
    ) -> pa.Table:
        if not any(map(len, tables.values())):
            return rollup_schema(group).empty_table()
        if self._opened is None:
            self._opened = duckdb.connect(
                config={"threads": 1, "python_enable_replacements": False}
            )
        for name, table in tables.items():
            self._opened.register(name, table)
        answer = self._opened.sql(sql, params=dict(params)).to_arrow_table()
        for name in tables:
            self._opened.unregister(name)
        return _in_schema(group, answer)


def _joined(group: Group) -> str:
    """Return SQL that joins figures of several rows into one."""
    of = GROUPS[group]
    return ", ".join(
        f"coalesce({'max' if name in of.most else 'sum'}({name}), 0)::BIGINT AS {name}"
        for name in of.measures
    )


def _in_schema(group: Group, answer: pa.Table) -> pa.Table:
    schema = rollup_schema(group)
    times = answer["bucket"].cast(pa.int64()).cast(_TIME)
    return answer.set_column(0, "bucket", times).cast(schema)


def _epoch_us(at: datetime) -> int:
    return _us(at - _EPOCH)
