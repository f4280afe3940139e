"""What questions of a time range share: its parameters and the buckets, in SQL.

A question is of [since, until): filters by `occurred_at` are written out in each, so that files of
other days are not opened. A series has a row for each bucket, also for those without events; its
first and last bucket are cut off by the range.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from genesis_ray.analytics.query import run
from genesis_ray.analytics.stored import Tables, narrowed
from genesis_ray.domain.clocks.site_time import Bucket, bucket_edges, even_slots, range_between
from genesis_ray.domain.figures import rollups

BUCKETS = """
buckets AS (
    SELECT unnest($edges[:-2]) AS starts_at, unnest($edges[2:]) AS ends_at
)
"""
"""Columns starts_at and ends_at. Events get theirs by ASOF JOIN buckets ON at >= starts_at."""

SLOTS = """
slots AS (
    SELECT *, (epoch_us(starts_at) - $origin_us) // $slot_us AS slot FROM buckets
)
"""
"""The buckets with the slot, see `even_slots`, that each begins in: many events are counted by slot
first, and these few then get their buckets by ASOF JOIN slots ON own.slot >= slots.slot."""

LONGEST_STAY = rollups.LONGEST_STAY
"""Of one track in one zone. Who is said to have entered and never to have left was lost with the
camera or the process, and is not taken to be there for so long: see `rollups.UNTOLD_STAY`."""

Ids = Sequence[str] | None
"""Of cameras or zones; None: all."""


def composed(*tables: str, select: str) -> str:
    """Return a query from pieces that are constants: WITH tables, as `name AS (...)`, SELECT."""
    return f"WITH {', '.join(tables)}{select}"


def ask(
    sql: str, tables: Tables, params: Mapping[str, Any], *, with_history: bool = False
) -> pa.Table:
    """Return the answer to a question of a range: see `query.run`.

    Files are looked for of the time alone that it reads: from $read_since or else $since, to
    $read_until or else $until.

    Args:
        sql: The question.
        tables: What it is put to.
        params: Its parameters.
        with_history: It reads all before the range, too.
    """
    since = None if with_history else params.get("read_since", params["since"])
    until = params.get("read_until", params["until"])
    return run(sql, narrowed(tables, since, until), params)


def between(
    since: datetime,
    until: datetime,
    *,
    before: timedelta | None = None,
    after: timedelta | None = None,
) -> dict[str, object]:
    """Return the parameters $since and $until, in UTC.

    With `before` also $read_since, so much earlier, and with `after` $read_until, so much later:
    what is read beyond the range to know what went on in it.

    Raises:
        ConfigurationError: See `range_between`.
    """
    start, end = range_between(since, until)
    params: dict[str, object] = {"since": start, "until": end}
    if before is not None:
        params["read_since"] = start - before
    if after is not None:
        params["read_until"] = end + after
    return params


def in_buckets(
    since: datetime, until: datetime, bucket: Bucket | None, time_zone: str
) -> dict[str, Any]:
    """Return the parameters $since, $until and, for `BUCKETS`, $edges.

    Raises:
        ConfigurationError: See `bucket_edges`.
    """
    edges = bucket_edges(since, until, bucket, time_zone)
    return {"since": edges[0], "until": edges[-1], "edges": edges}


def in_slots(
    since: datetime, until: datetime, bucket: Bucket | None, time_zone: str
) -> dict[str, Any]:
    """Return the parameters of `in_buckets`, and for `SLOTS` $origin_us and $slot_us.

    Raises:
        ConfigurationError: See `bucket_edges`.
    """
    params = in_buckets(since, until, bucket, time_zone)
    origin_us, slot_us = even_slots(params["edges"])
    return params | {"origin_us": origin_us, "slot_us": slot_us}


def slot_of(column: str) -> str:
    """Return the number of the slot of a time, in SQL, see `SLOTS`."""
    return f"(epoch_us({column}) - $origin_us) // $slot_us"


def ids(chosen: Ids) -> list[str] | None:
    """Return the value of a parameter that is a list of ids, or null for all."""
    return None if chosen is None else list(chosen)
