"""Figures of quarters of an hour from event rows, in SQL.

All arithmetic is of whole numbers: microseconds since 1970.
"""

from collections.abc import Mapping
from datetime import timedelta

from genesis_ray.domain.rollups import (
    LONGEST_SIGHT,
    LONGEST_STAY,
    STAY_BINS,
    TRACK_ENDED_AFTER,
    VISIT_BINS,
    Group,
)
from genesis_ray.domain.time_buckets import QUARTER


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


_STAYS = f"""
crossings AS (
    SELECT DISTINCT camera_id, zone_id, track_id, direction, epoch_us(occurred_at) AS at_us
    FROM zone_crossings
),
stays AS (
    SELECT camera_id, zone_id, track_id, at_us,
        least(next_us, at_us + {_us(LONGEST_STAY)}) AS left_us,
        coalesce(next_us <= at_us + {_us(LONGEST_STAY)}, false) AS has_left
    FROM (
        SELECT *, lead(at_us) OVER (
            PARTITION BY camera_id, zone_id, track_id ORDER BY at_us, direction
        ) AS next_us FROM crossings
    )
    WHERE direction = 'enter'
)
"""  # noqa: S608  numbers of ours
"""As `analytics.stays.STAYS`, in microseconds."""

_OCCUPIED = f"""
inside AS (
    SELECT *, unnest(generate_series({_quarter("at_us")}, left_us - 1, {_QUARTER_US})) AS bucket
    FROM places
),
steps AS (
    SELECT camera_id, zone_id, at_us, sum(step) AS step FROM (
        SELECT camera_id, zone_id, at_us, 1 AS step FROM places
        UNION ALL SELECT camera_id, zone_id, left_us, -1 FROM places
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
),
occupancy AS (
    SELECT bucket, camera_id, zone_id,
        sum(least(left_us, bucket + {_QUARTER_US}) - greatest(at_us, bucket)) AS person_us
    FROM inside GROUP BY ALL
    UNION ALL BY NAME
    SELECT bucket, camera_id, zone_id, max(people) AS occupancy_most FROM occupied GROUP BY ALL
)
"""  # noqa: S608  numbers of ours
"""How many were in each of `places` (camera_id, zone_id, at_us, left_us)."""

_ZONES = f"""
WITH
{_STAYS},
places AS (FROM stays),
{_OCCUPIED}
SELECT {_quarter("at_us")} AS bucket, camera_id, zone_id,
    count_if(direction = 'enter') AS entries, count_if(direction = 'exit') AS exits
FROM crossings GROUP BY ALL
UNION ALL BY NAME
SELECT {_quarter("at_us")} AS bucket, camera_id, zone_id, count(*) AS stays,
    sum(left_us - at_us) AS stay_us, {_counts(STAY_BINS, "(left_us - at_us)")}
FROM stays WHERE has_left GROUP BY ALL
UNION ALL BY NAME
SELECT {_quarter("at_us")} AS bucket, camera_id, zone_id, count(*) AS unfinished
FROM stays WHERE NOT has_left GROUP BY ALL
UNION ALL BY NAME
FROM occupancy
"""  # noqa: S608  names and numbers of ours

_SITE = f"""
WITH
{_STAYS},
parts AS (
    SELECT *, max(left_us) OVER (
        PARTITION BY camera_id, track_id ORDER BY at_us, left_us, zone_id
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS left_before
    FROM stays
),
numbered AS (
    SELECT *, count_if(at_us > coalesce(left_before, -1)) OVER (
        PARTITION BY camera_id, track_id ORDER BY at_us, left_us, zone_id
        ROWS UNBOUNDED PRECEDING
    ) AS number
    FROM parts
),
places AS (
    SELECT '' AS camera_id, '' AS zone_id, min(at_us) AS at_us, max(left_us) AS left_us
    FROM numbered GROUP BY numbered.camera_id, track_id, number
),
{_OCCUPIED}
FROM occupancy
"""  # noqa: S608  names and numbers of ours

_LINES = f"""
SELECT {_quarter("epoch_us(occurred_at)")} AS bucket, camera_id, line_id,
    count_if(direction = 'in') AS went_in, count_if(direction = 'out') AS went_out
FROM (SELECT DISTINCT camera_id, line_id, track_id, direction, occurred_at FROM line_crossings)
GROUP BY ALL
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

QUARTERS: dict[Group, str] = {
    "zones": _ZONES,
    "site": _SITE,
    "lines": _LINES,
    "cameras": _CAMERAS,
    "visits": _VISITS,
}
"""Rows of `bucket`, keys and figures; several of one bucket and key are to be joined."""
