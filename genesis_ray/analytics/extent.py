"""From when to when there are events."""

from datetime import datetime, timedelta

import pyarrow as pa

from genesis_ray.analytics.limits import limits_of
from genesis_ray.analytics.query import run
from genesis_ray.analytics.stored import Replaced, Table, Tables, narrowed

_TABLES = ("track_observations", "zone_crossings", "line_crossings", "visits", "camera_states")

_EXTENT = """
SELECT min(first_at) AS first_at, max(last_at) AS last_at
FROM (
    SELECT min(occurred_at) AS first_at, max(occurred_at) AS last_at FROM track_observations
    UNION ALL SELECT min(occurred_at), max(occurred_at) FROM zone_crossings
    UNION ALL SELECT min(occurred_at), max(occurred_at) FROM line_crossings
    UNION ALL SELECT min(occurred_at), max(occurred_at) FROM visit_events
    UNION ALL SELECT min(occurred_at), max(occurred_at) FROM camera_states
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
)
"""


_WITHIN = """
SELECT
    EXISTS (FROM before WHERE occurred_at >= $read_since AND occurred_at < $since)
    AND EXISTS (FROM after WHERE occurred_at >= $until AND occurred_at < $read_until) AS is_within
"""

_NEAR = timedelta(days=1)


def is_within(tables: Tables, *, since: datetime, until: datetime, now: datetime) -> bool:
    """Tell whether somebody was seen in the day before [since, until) and in the day after it.

    Then events tell of all of it, which takes less time to find out than `extent`. What is to come
    after `now` does not count.
    """
    first, last = since - _NEAR, min(until + _NEAR, now)
    if last <= until:  # as of today, whose end is yet to come
        return False
    own = {
        "before": narrowed(tables, first, since)["track_observations"],
        "after": narrowed(tables, until, last)["track_observations"],
    }
    params = {"since": since, "until": until, "read_since": first, "read_until": last}
    (row,) = run(_WITHIN, own, params, limits=limits_of(tables)).to_pylist()
    return bool(row["is_within"])


def extent(tables: Tables, *, until: datetime) -> tuple[datetime, datetime] | None:
    """Return when the first and the last event happened, at most `until`; None: there is none."""
    ends = {name: _ends(tables[name]) for name in _TABLES}
    (row,) = run(_EXTENT, ends, {"until": until}, limits=limits_of(tables)).to_pylist()
    if not row["first_at"]:
        return None
    if row["last_at"] > until:  # a clock was ahead: rare, and needs a look at each time
        (row["last_at"],) = run(_LAST, tables, {"until": until})["last_at"].to_pylist()
    return row["first_at"], row["last_at"]


def _ends(table: Table) -> Table:
    """Return the first and the last rows of a table: of many days, few files are read."""
    return table if isinstance(table, pa.Table | Replaced) else table.outermost()
