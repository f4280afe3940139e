"""Figures of quarters of an hour in place of events, where tables bring them along.

Questions whose buckets begin at quarters are answered from them: with the same figures, without
the events, and of days whose events retention let go of, too. Where the range itself begins or ends
within a quarter, the events of that piece of a quarter are counted and added.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

import pyarrow as pa

from genesis_ray.analytics.limits import limits_of
from genesis_ray.analytics.query import run
from genesis_ray.analytics.rollups import from_events, piece_from_events, rollup_schema
from genesis_ray.analytics.stored import Tables
from genesis_ray.domain.figures.rollups import GROUPS, Group
from genesis_ray.domain.figures.time_buckets import next_quarter, quarter_of

Figures = Mapping[Group, Sequence[str]]
"""Names of figures by their group."""

_PLACEHOLDER = re.compile(r"\$(\w+)")


@runtime_checkable
class RolledUp(Protocol):
    """Tables that may know figures of quarters of an hour of their rows."""

    def quarters(
        self, group: Group, figures: Sequence[str], since: datetime, until: datetime
    ) -> pa.Table | None:
        """Return keys and some figures of a group, see `domain.rollups`, in [since, until).

        Both are the beginning of a quarter.
        None: there are none, or it takes no longer to go through the events.
        """


def from_quarters(
    sql: str, tables: Tables, params: Mapping[str, Any], figures: Figures
) -> pa.Table | None:
    """Return what a query of figures gives, if the tables have them and the buckets fit them.

    Args:
        sql: Of tables named as the groups of `figures`: bucket, the keys of the group, the figures.
            What a piece of a quarter at an end of the range adds has its own time as the bucket.
        tables: What the question is put to.
        params: Those of the question; `edges` are those of the buckets, see `ranges.in_buckets`.
        figures: What it reads.
    """
    start, *between, end = params["edges"]
    first, last = next_quarter(start), quarter_of(end)
    fits = first < last and all(quarter_of(edge) == edge for edge in between)
    if not isinstance(tables, RolledUp) or not fits:
        return None
    rows: dict[str, pa.Table] = {}
    for group, names in figures.items():
        found = tables.quarters(group, names, first, last)
        if found is None:
            return None
        pieces = [_piece(group, names, tables, *each) for each in ((start, first), (last, end))]
        rows[group] = pa.concat_tables([found, *pieces])
    return _asked(sql, tables, params, rows)


def figures_of(sql: str, tables: Tables, params: Mapping[str, Any], figures: Figures) -> pa.Table:
    """Return the same where nothing but figures tells it: of events, where none are kept up.

    Buckets begin at quarters of an hour.
    """
    answer = from_quarters(sql, tables, params, figures)
    if answer is not None:
        return answer
    start, end = params["edges"][0], params["edges"][-1]
    rows: dict[str, pa.Table] = {
        group: from_events(group, tables, start, end).select(_columns(group, names))
        for group, names in figures.items()
    }
    return _asked(sql, tables, params, rows)


def _piece(
    group: Group, names: Sequence[str], tables: Tables, start: datetime, end: datetime
) -> pa.Table:
    """Return the figures of a piece of a quarter, which may be empty, from events."""
    if start == end:
        return rollup_schema(group).empty_table().select(_columns(group, names))
    return piece_from_events(group, tables, start, end).select(_columns(group, names))


def _columns(group: Group, names: Sequence[str]) -> list[str]:
    return ["bucket", *GROUPS[group].keys, *names]


def _asked(
    sql: str, tables: Tables, params: Mapping[str, Any], rows: Mapping[str, pa.Table]
) -> pa.Table:
    used = {name: params[name] for name in _PLACEHOLDER.findall(sql)}
    return run(sql, rows, used, limits=limits_of(tables))
