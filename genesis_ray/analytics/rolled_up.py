"""Figures of quarters of an hour in place of events, where tables bring them along.

Questions whose buckets are whole quarters are answered from them: with the same figures, without
the events, and of days whose events retention let go of, too.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

import pyarrow as pa

from genesis_ray.analytics.limits import limits_of
from genesis_ray.analytics.query import run
from genesis_ray.analytics.stored import Tables
from genesis_ray.domain.rollups import Group
from genesis_ray.domain.time_buckets import quarter_of

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
        tables: What the question is put to.
        params: Those of the question; `edges` are those of the buckets, see `ranges.in_buckets`.
        figures: What it reads.
    """
    edges = params["edges"]
    if not isinstance(tables, RolledUp) or any(quarter_of(edge) != edge for edge in edges):
        return None
    rows: dict[str, pa.Table] = {}
    for group, names in figures.items():
        found = tables.quarters(group, names, edges[0], edges[-1])
        if found is None:
            return None
        rows[group] = found
    used = {name: params[name] for name in _PLACEHOLDER.findall(sql)}
    return run(sql, rows, used, limits=limits_of(tables))
