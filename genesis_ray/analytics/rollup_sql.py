"""Figures of quarters of an hour from event rows, in SQL.

All arithmetic is of whole numbers: microseconds since 1970.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from genesis_ray.analytics.stays import STAYS, of_tracks
from genesis_ray.domain.figures.rollups import LONGEST_SIGHT, STAY_BINS, TRACK_ENDED_AFTER, Group
from genesis_ray.domain.figures.time_buckets import QUARTER


def _us(span: timedelta) -> int:
    return span // timedelta(microseconds=1)


_QUARTER_US = _us(QUARTER)
_NEVER_US = 2**62


@dataclass(frozen=True, slots=True)
class _Cut:
    """How time is cut into buckets, in SQL.

    Attributes:
        of: The beginning of the bucket that `{time}` is in; null where it is in none.
        over: Those of all buckets that [`{since}`, `{until}`) reaches into, as a list.
        end: The end of the bucket that begins at `bucket`.
    """

    of: str
    over: str
    end: str

    def bucket(self, time: str) -> str:
        """Return the bucket of a time."""
        return self.of.format(time=time)

    def buckets(self, since: str, until: str) -> str:
        """Return the buckets of a span."""
        return self.over.format(since=since, until=until)


_QUARTERS = _Cut(
    of=f"({{time}} - {{time}} % {_QUARTER_US})",
    over=f"generate_series({{since}} - {{since}} % {_QUARTER_US}, {{until}} - 1, {_QUARTER_US})",
    end=f"bucket + {_QUARTER_US}",
)
_ONE_SPAN = _Cut(
    of="CASE WHEN {time} >= $start AND {time} < $end THEN $start::BIGINT END",
    over="CASE WHEN {until} > $start AND {since} < $end THEN [$start::BIGINT] ELSE [] END",
    end="$end",
)


def _counts(bins: Mapping[str, tuple[int, int | None]], value: str) -> str:
    """Return SQL that counts values by the bins of a histogram."""
    return ", ".join(
        f"count_if({value} >= {low} AND {value} < {high or _NEVER_US}) AS {name}"
        for name, (low, high) in bins.items()
    )


def _occupied(cut: _Cut) -> str:
    """Return SQL for how many were in each of `places` (camera_id, zone_id, at_us, left_us)."""
    return f"""
inside AS (
    SELECT *, unnest({cut.buckets("at_us", "left_us")}) AS bucket
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
    SELECT *, unnest({cut.buckets("at_us", "until_us")}) AS bucket
    FROM levels WHERE people > 0
),
occupancy AS (
    SELECT bucket, camera_id, zone_id,
        sum(least(left_us, {cut.end}) - greatest(at_us, bucket)) AS person_us
    FROM inside GROUP BY ALL
    UNION ALL BY NAME
    SELECT bucket, camera_id, zone_id, max(people) AS occupancy_most FROM occupied GROUP BY ALL
)
"""  # noqa: S608  numbers of ours


def _zones(cut: _Cut) -> str:
    return f"""
WITH
{STAYS},
places AS (
    SELECT camera_id, zone_id, epoch_us(entered_at) AS at_us, epoch_us(left_at) AS left_us, has_left
    FROM stays
),
{_occupied(cut)}
SELECT {cut.bucket("epoch_us(occurred_at)")} AS bucket, camera_id, zone_id,
    count_if(direction = 'enter') AS entries, count_if(direction = 'exit') AS exits
FROM (SELECT DISTINCT camera_id, zone_id, track_id, direction, occurred_at FROM crossings)
GROUP BY ALL
UNION ALL BY NAME
SELECT {cut.bucket("at_us")} AS bucket, camera_id, zone_id, count(*) AS stays,
    sum(left_us - at_us) AS stay_us, {_counts(STAY_BINS, "(left_us - at_us)")}
FROM places WHERE has_left GROUP BY ALL
UNION ALL BY NAME
SELECT {cut.bucket("at_us")} AS bucket, camera_id, zone_id, count(*) AS unfinished
FROM places WHERE NOT has_left GROUP BY ALL
UNION ALL BY NAME
FROM occupancy
"""  # noqa: S608  names and numbers of ours


def _site(cut: _Cut) -> str:
    return f"""
WITH
{STAYS},
{of_tracks("stays")},
places AS (
    SELECT '' AS camera_id, '' AS zone_id,
        epoch_us(entered_at) AS at_us, epoch_us(left_at) AS left_us
    FROM of_tracks
),
{_occupied(cut)}
FROM occupancy
"""  # noqa: S608  names and numbers of ours


def _lines(cut: _Cut) -> str:
    return f"""
SELECT {cut.bucket("epoch_us(occurred_at)")} AS bucket, camera_id, line_id,
    count_if(direction = 'in') AS went_in, count_if(direction = 'out') AS went_out
FROM (SELECT DISTINCT camera_id, line_id, track_id, direction, occurred_at FROM line_crossings)
GROUP BY ALL
"""  # noqa: S608  names and numbers of ours


def _cameras(cut: _Cut) -> str:
    return f"""
WITH
sights AS (SELECT camera_id, track_id, epoch_us(occurred_at) AS at_us FROM track_observations),
gaps AS (
    SELECT camera_id, at_us, at_us - lag(at_us) OVER track AS gap FROM sights
    WINDOW track AS (PARTITION BY camera_id, track_id ORDER BY at_us)
),
decisions AS (
    SELECT camera_id, epoch_us(occurred_at) AS at_us, decision, is_new FROM face_recognitions
)
SELECT {cut.bucket("at_us")} AS bucket, camera_id, count(*) AS observations,
    count_if(gap IS NULL OR gap > {_us(TRACK_ENDED_AFTER)}) AS tracks,
    coalesce(sum(least(gap, {_us(LONGEST_SIGHT)}))
        FILTER (gap <= {_us(TRACK_ENDED_AFTER)}), 0) AS person_us
FROM gaps GROUP BY ALL
UNION ALL BY NAME
SELECT {cut.bucket("at_us")} AS bucket, camera_id,
    count_if(decision = 'named' AND NOT is_new) AS named,
    count_if(decision = 'carried') AS carried,
    count_if(decision = 'named' AND is_new) AS anew,
    count_if(decision = 'review') AS review,
    count_if(decision = 'unknown') AS unknown
FROM decisions GROUP BY ALL
"""  # noqa: S608  names and numbers of ours


_FIGURES: dict[Group, Callable[[_Cut], str]] = {
    "zones": _zones,
    "site": _site,
    "lines": _lines,
    "cameras": _cameras,
}

QUARTERS: dict[Group, str] = {group: rows_of(_QUARTERS) for group, rows_of in _FIGURES.items()}
"""Rows of `bucket`, keys and figures; several of one bucket and key are to be joined."""

ONE_SPAN: dict[Group, str] = {group: rows_of(_ONE_SPAN) for group, rows_of in _FIGURES.items()}
"""The same of [$start, $end) alone, in microseconds, as a bucket of its own."""
