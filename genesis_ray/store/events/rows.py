"""Rows of event tables: which are new, in what order, and which partition they belong to."""

from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

_ORDER: list[tuple[str, Literal["ascending", "descending"]]] = [
    ("occurred_at", "ascending"),
    ("event_id", "ascending"),
]
_PARTITION = ["tenant_id", "day"]


def in_order(rows: pa.Table) -> pa.Table:
    """Return the rows by (occurred_at, event_id)."""
    return rows.sort_by(_ORDER)


def without(rows: pa.Table, known: pa.Table) -> pa.Table:
    """Return the rows whose `event_id` no row of `known` has, the first of each."""
    if not len(rows):  # as a reader mostly finds it
        return rows
    places = pa.array(range(len(rows)), pa.int64())
    ids = rows.select(["event_id"]).append_column("place", places)
    first = ids.group_by("event_id", use_threads=False).aggregate([("place", "min")])
    new = first.filter(pc.invert(pc.is_in(first["event_id"], value_set=known["event_id"])))
    return rows.take(new["place_min"].sort())


def of_tenant(rows: pa.Table, tenant_id: str) -> pa.Table:
    """Return one tenant's rows."""
    return rows.filter(pc.equal(rows["tenant_id"], pa.scalar(tenant_id)))


def by_partition(rows: pa.Table) -> dict[tuple[str, str], pa.Table]:
    """Return the rows of each (tenant, UTC day)."""
    day = rows["occurred_at"].cast(pa.date32()).cast(pa.string())
    keyed = rows.append_column("day", day)
    keys = keyed.select(_PARTITION).group_by(_PARTITION, use_threads=False).aggregate([])
    parts = {}
    for key in keys.to_pylist():
        part = of_tenant(keyed, key["tenant_id"])
        part = part.filter(pc.equal(part["day"], pa.scalar(key["day"])))
        parts[key["tenant_id"], key["day"]] = part.select(rows.column_names)
    return parts
