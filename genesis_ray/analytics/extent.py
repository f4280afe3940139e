"""From when to when there are events."""

from datetime import datetime

from genesis_ray.analytics.query import run
from genesis_ray.analytics.stored import Tables

_EXTENT = """
SELECT min(first_at) AS first_at, max(last_at) AS last_at
FROM (
    SELECT min(occurred_at) AS first_at, max(occurred_at) AS last_at FROM track_observations
    UNION ALL SELECT min(occurred_at), max(occurred_at) FROM zone_crossings
    UNION ALL SELECT min(occurred_at), max(occurred_at) FROM line_crossings
    UNION ALL SELECT min(occurred_at), max(occurred_at) FROM visit_events
    UNION ALL SELECT min(occurred_at), max(occurred_at) FROM camera_states
    UNION ALL SELECT min(occurred_at), max(occurred_at) FROM metric_samples
)
WHERE first_at <= $until
"""

_LAST = """
SELECT max(last_at) AS last_at
FROM (
    SELECT max(occurred_at) AS last_at FROM track_observations WHERE occurred_at <= $until
    UNION ALL SELECT max(occurred_at) FROM zone_crossings WHERE occurred_at <= $until
    UNION ALL SELECT max(occurred_at) FROM line_crossings WHERE occurred_at <= $until
    UNION ALL SELECT max(occurred_at) FROM visit_events WHERE occurred_at <= $until
    UNION ALL SELECT max(occurred_at) FROM camera_states WHERE occurred_at <= $until
    UNION ALL SELECT max(occurred_at) FROM metric_samples WHERE occurred_at <= $until
)
"""

_FIRST_SEEN = """
SELECT min(first_at) AS first_at
FROM (
    SELECT min(occurred_at) AS first_at FROM track_observations
    UNION ALL SELECT min(occurred_at) FROM line_crossings
    UNION ALL SELECT min(occurred_at) FROM zone_crossings
)
"""


def extent(tables: Tables, *, until: datetime) -> tuple[datetime, datetime] | None:
    """Return when the first and the last event happened, at most `until`; None: there is none."""
    (row,) = run(_EXTENT, tables, {"until": until}).to_pylist()
    if not row["first_at"]:
        return None
    if row["last_at"] > until:  # a clock was ahead: rare, and needs a look at each time
        (row["last_at"],) = run(_LAST, tables, {"until": until})["last_at"].to_pylist()
    return row["first_at"], row["last_at"]


def first_seen(tables: Tables) -> datetime | None:
    """Return when this system saw anybody first, whatever was brought in from before; None: never.

    Before that its counts are not low, they are none.
    """
    first: datetime | None = run(_FIRST_SEEN, tables)["first_at"].to_pylist()[0]
    return first
