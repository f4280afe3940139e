"""When none of the cameras saw anything, so that it is not known who was there."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from genesis_ray.analytics.limits import limits_of
from genesis_ray.analytics.query import run
from genesis_ray.analytics.ranges import Ids, ids
from genesis_ray.analytics.reach import rows_since
from genesis_ray.analytics.stored import Table, Tables, narrowed
from genesis_ray.domain.alerting.alert_anomalies import BLIND

_BLIND = """
WITH told AS (
    SELECT camera_id, occurred_at, event_id, list_contains($blind, state) AS is_blind
    FROM camera_states
    WHERE
        occurred_at < $until
        AND ($camera_ids::VARCHAR[] IS NULL OR list_contains($camera_ids::VARCHAR[], camera_id))
),
changes AS (
    SELECT
        greatest(occurred_at, $since) AS changed_at,
        is_blind::INTEGER - coalesce(lag(is_blind) OVER own, $blind_before)::INTEGER AS change
    FROM told
    WINDOW own AS (PARTITION BY camera_id ORDER BY occurred_at, event_id)
    UNION ALL
    SELECT $since, count(DISTINCT camera_id) * $blind_before::INTEGER FROM told
),
levels AS (
    SELECT
        changed_at AS since,
        lead(changed_at, 1, $until) OVER (ORDER BY changed_at) AS until,
        sum(sum(change)) OVER (ORDER BY changed_at) AS blind
    FROM changes
    GROUP BY changed_at
)
SELECT since, until
FROM levels
WHERE blind > 0 AND blind = (SELECT count(DISTINCT camera_id) FROM told)
ORDER BY since
"""
"""When all cameras were blind that have states."""

_OTHERS = """
SELECT camera_id
FROM track_observations
WHERE
    occurred_at >= $since
    AND occurred_at < $until
    AND ($camera_ids::VARCHAR[] IS NULL OR list_contains($camera_ids::VARCHAR[], camera_id))
    AND camera_id NOT IN (SELECT camera_id FROM camera_states WHERE occurred_at < $until)
LIMIT 1
"""
"""A camera without states that saw somebody."""


@dataclass(frozen=True, slots=True)
class BlindTimes:
    """Times in which no camera watched, in order, each from its start to before its end."""

    starts: Sequence[datetime]
    ends: Sequence[datetime]

    def touch(self, start: datetime, end: datetime) -> bool:
        """Tell whether some of [start, end) is within one."""
        place = bisect_right(self.ends, start)
        return place < len(self.ends) and self.starts[place] < end


def blind_times(
    tables: Tables, *, since: datetime, until: datetime, camera_ids: Ids = None
) -> BlindTimes:
    """Return when in [since, until) none of the cameras watched, as their states tell.

    A camera does not watch before its first state, and where it is in one of `BLIND`. One that saw
    somebody and has no states, as of events that were brought from elsewhere, always does; and so
    does one before the first that is left, where retention let go of some.
    """
    range_ = {"since": since, "until": until, "camera_ids": ids(camera_ids)}
    params = {
        **range_,
        "blind": sorted(BLIND),
        "blind_before": rows_since(tables, "camera_states") is None,
    }
    limits = limits_of(tables)
    own: dict[str, Table] = {"camera_states": narrowed(tables, None, until)["camera_states"]}
    found = run(_BLIND, own, params, limits=limits).to_pydict()
    if found["since"]:  # seldom, so that sights are hardly ever looked through
        own["track_observations"] = narrowed(tables, since, until)["track_observations"]
        if len(run(_OTHERS, own, range_, limits=limits)):
            return BlindTimes([], [])
    return BlindTimes(found["since"], found["until"])
