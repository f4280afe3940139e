"""Figures for each quarter of an hour, from event rows; and from those, for hours and days.

What the figures are is said in `domain.rollups`. All arithmetic is of whole numbers.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self

import duckdb
import pyarrow as pa

from genesis_ray.analytics.limits import limits_of
from genesis_ray.analytics.pieces import in_pieces
from genesis_ray.analytics.query import run
from genesis_ray.analytics.rollup_sql import ONE_SPAN, QUARTERS
from genesis_ray.analytics.stays import of_stays
from genesis_ray.analytics.stored import Tables, as_written, narrowed
from genesis_ray.analytics.told import told_now
from genesis_ray.domain.figures.rollups import GROUPS, LONGEST_STAY, READ_BEYOND, Group
from genesis_ray.domain.figures.time_buckets import next_quarter, quarter_of

_TIME = pa.timestamp("us", tz="UTC")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PLACEHOLDER = re.compile(r"\$(\w+)")

COLUMNS: dict[str, tuple[str, ...]] = {
    "zone_crossings": ("camera_id", "zone_id", "track_id", "direction", "occurred_at"),
    "line_crossings": ("camera_id", "line_id", "track_id", "direction", "occurred_at"),
    "track_observations": ("camera_id", "track_id", "occurred_at"),
    "face_recognitions": ("camera_id", "decision", "is_new", "occurred_at"),
}
"""What is read of each table."""


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
        self,
        group: Group,
        tables: Mapping[str, pa.Table],
        *,
        start: datetime,
        end: datetime,
        now: datetime | None = None,
    ) -> pa.Table:
        """Return the figures of every quarter of an hour in [start, end) in which there are any.

        Args:
            group: Which figures.
            tables: Rows of one tenant, those of `GROUPS[group].tables`: of [start, end), and as
                far before and after as have a say in it.
            start: The beginning of a quarter,
            end: and so is this.
            now: When it is told: who has not left may be there still. None: once all that has a say
                is known.
        """
        given = {name: tables[name].select(COLUMNS[name]) for name in GROUPS[group].tables}
        sql = _within(group, QUARTERS[group])
        told_at = now or end + READ_BEYOND[group][1] + timedelta.resolution
        return self._answer(group, sql, given, _params(sql, start, end, told_at))

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
        self, group: Group, sql: str, tables: Mapping[str, pa.Table], params: Mapping[str, Any]
    ) -> pa.Table:
        if not any(map(len, tables.values())):
            return rollup_schema(group).empty_table()
        if self._opened is None:
            self._opened = duckdb.connect(
                config={"threads": 1, "python_enable_replacements": False}
            )
            self._opened.execute("SET enable_progress_bar = false")
        for name, table in tables.items():
            self._opened.register(name, table)
        answer = self._opened.sql(sql, params=dict(params)).to_arrow_table()
        for name in tables:
            self._opened.unregister(name)
        return _in_schema(group, answer)


def from_events(group: Group, tables: Tables, start: datetime, end: datetime) -> pa.Table:
    """Return the figures of [start, end), which begins and ends at any time, from event rows.

    The quarters at its ends are cut by it; `bucket` of the first is `start` where it is.

    Args:
        group: Which figures.
        tables: Those of `GROUPS[group].tables`; only what has a say is read, as it was written.
        start: Any time.
        end: A later one.
    """
    first, last = next_quarter(start), quarter_of(end)
    if first > last:  # within one quarter
        return piece_from_events(group, tables, start, end)
    pieces = [
        piece_from_events(group, tables, *ends)
        for ends in ((start, first), (last, end))
        if ends[0] < ends[1]
    ]
    if first < last:

        def quarters(since: datetime, until: datetime) -> pa.Table:
            return _from_events(group, QUARTERS[group], tables, since, until)

        pieces.append(in_pieces(quarters, first, last))
    return pa.concat_tables(pieces)


def piece_from_events(group: Group, tables: Tables, start: datetime, end: datetime) -> pa.Table:
    """Return the figures of [start, end), which is within a quarter of an hour, as one bucket."""
    return _from_events(group, ONE_SPAN[group], tables, start, end)


def _from_events(
    group: Group, rows: str, tables: Tables, start: datetime, end: datetime
) -> pa.Table:
    before, after = READ_BEYOND[group]
    sql = _within(group, rows)
    answer = run(
        sql,
        as_written(narrowed(tables, start - before, end + after)),
        _params(sql, start, end, told_now(tables)),
        limits=limits_of(tables),
    )
    return _in_schema(group, answer)


def _params(sql: str, start: datetime, end: datetime, now: datetime) -> dict[str, Any]:
    """Return those parameters that the query has."""
    known = {
        **of_stays(start, end, LONGEST_STAY, now=now),
        "start": _epoch_us(start),
        "end": _epoch_us(end),
        "camera_ids": None,
    }
    return {name: known[name] for name in _PLACEHOLDER.findall(sql)}


def _within(group: Group, rows: str) -> str:
    """Return SQL for the figures of buckets that begin in [$start, $end), of `rows` of figures."""
    keys = ", ".join(["bucket", *GROUPS[group].keys])
    return f"""
        SELECT {keys}, {_joined(group)} FROM ({rows})
        WHERE bucket >= $start AND bucket < $end
        GROUP BY {keys} ORDER BY {keys}
    """  # noqa: S608  names of ours


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
    return (at - _EPOCH) // timedelta(microseconds=1)
