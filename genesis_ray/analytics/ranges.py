"""What questions of a time range share: its parameters and the buckets, in SQL.

A question is of [since, until): filters by `occurred_at` are written out in each, so that files of
other days are not opened. A series has a row for each bucket, also for those without events; its
first and last bucket are cut off by the range.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import pyarrow as pa

from genesis_ray.domain.site_time import Bucket, bucket_edges, check_range

BUCKETS = """
buckets AS (
    SELECT unnest($edges[:-2]) AS starts_at, unnest($edges[2:]) AS ends_at
)
"""
"""Columns starts_at and ends_at. Events get theirs by ASOF JOIN buckets ON at >= starts_at."""

LONGEST_STAY = timedelta(hours=4)
"""Of one track in one zone. Who is said to have entered and never to have left was lost with the
camera or the process, and is not taken to be there for ever."""

Tables = Mapping[str, pa.Table]
"""One tenant's event tables, by name."""

Ids = Sequence[str] | None
"""Of cameras or zones; None: all."""


def composed(*tables: str, select: str) -> str:
    """Return a query from pieces that are constants: WITH tables, as `name AS (...)`, SELECT."""
    return f"WITH {', '.join(tables)}{select}"


def between(since: datetime, until: datetime) -> dict[str, object]:
    """Return the parameters $since and $until.

    Raises:
        ConfigurationError: See `check_range`.
    """
    check_range(since, until)
    return {"since": since, "until": until}


def in_buckets(
    since: datetime, until: datetime, bucket: Bucket | None, time_zone: str
) -> dict[str, object]:
    """Return the parameters $since, $until and, for `BUCKETS`, $edges.

    Raises:
        ConfigurationError: See `bucket_edges`.
    """
    edges = bucket_edges(since, until, bucket, time_zone)
    return {"since": since, "until": until, "edges": edges}


def ids(chosen: Ids) -> list[str] | None:
    """Return the value of a parameter that is a list of ids, or null for all."""
    return None if chosen is None else list(chosen)
