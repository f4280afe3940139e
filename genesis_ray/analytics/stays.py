"""Stays in zones, made of entries and exits: what dwell, occupancy and queues are counted from."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from genesis_ray.analytics.ranges import between
from genesis_ray.domain.figures.rollups import UNTOLD_STAY

STAYS = """
crossings AS NOT MATERIALIZED (
    SELECT camera_id, zone_id, track_id, direction, occurred_at
    FROM zone_crossings
    WHERE
        occurred_at >= $read_since
        AND occurred_at < $read_until
        AND ($camera_ids::VARCHAR[] IS NULL OR list_contains($camera_ids::VARCHAR[], camera_id))
        AND ($crossed_ids::VARCHAR[] IS NULL OR list_contains($crossed_ids::VARCHAR[], zone_id))
),
of_zones AS (
    SELECT
        track_id,
        camera_id,
        zone_id,
        min(occurred_at) FILTER (direction = 'enter') AS first_in,
        max(occurred_at) FILTER (direction = 'enter') AS last_in,
        min(occurred_at) FILTER (direction <> 'enter') AS first_out,
        max(occurred_at) FILTER (direction <> 'enter') AS last_out
    FROM crossings
    GROUP BY ALL
),
entered AS (
    SELECT
        camera_id,
        zone_id,
        track_id,
        first_in AS entered_at,
        CASE WHEN last_out >= first_in THEN last_out END AS next_at
    FROM of_zones
    WHERE first_in = last_in AND first_out IS NOT DISTINCT FROM last_out
    UNION ALL
    SELECT camera_id, zone_id, track_id, occurred_at, next_at
    FROM (
        SELECT *, lead(occurred_at) OVER (
            PARTITION BY track_id, camera_id, zone_id ORDER BY occurred_at, leaves
        ) AS next_at
        FROM (
            SELECT DISTINCT
                occurred_at, track_id, camera_id, zone_id, direction <> 'enter' AS leaves
            FROM crossings
            SEMI JOIN (FROM of_zones WHERE first_in < last_in OR first_out < last_out)
                USING (track_id, camera_id, zone_id)
        )
    )
    WHERE NOT leaves
),
timed AS (
    SELECT *, coalesce(
        epoch_us(next_at) - epoch_us(entered_at) <= $longest_stay_s * 1000000, false
    ) AS has_left
    FROM entered
),
stays AS (
    SELECT
        camera_id,
        zone_id,
        track_id,
        entered_at,
        CASE
            WHEN has_left THEN next_at
            WHEN entered_at + to_seconds($longest_stay_s) < $now
            THEN entered_at + to_seconds($untold_stay_s)
            ELSE greatest(entered_at, $now)
        END AS left_at,
        has_left
    FROM timed
)
"""
"""A row for each entry since `$read_since`, longest_stay_s before the range: camera_id, zone_id,
track_id, entered_at, left_at and has_left. Rows that stand twice count once.

Without an exit until `$read_until`, or in longest_stay_s, has_left is false. As long as it may
still come, somebody is there, and left_at is `$now`; after that they were lost, and left_at is
entered_at + untold_stay_s.

Most tracks enter a zone once and leave it once, which grouping tells; only the crossings of the
others are put in order, at several times the cost."""


def of_tracks(stays: str) -> str:
    """Return SQL for `of_tracks`: camera_id, track_id, entered_at and left_at, in any zone at all.

    A track in zones that overlap is one person of the site: what begins while it is in another zone
    already, or still, goes on with that.

    Args:
        stays: The table of the stays, those that count.
    """
    return f"""
of_tracks AS (
    SELECT camera_id, track_id, min(entered_at) AS entered_at, max(left_at) AS left_at
    FROM (
        SELECT *, count_if(entered_at > coalesce(left_before, '-infinity')) OVER (
            PARTITION BY camera_id, track_id
            ORDER BY entered_at, left_at, zone_id ROWS UNBOUNDED PRECEDING
        ) AS number
        FROM (
            SELECT *, max(left_at) OVER (
                PARTITION BY camera_id, track_id
                ORDER BY entered_at, left_at, zone_id
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ) AS left_before
            FROM {stays}
        )
    )
    GROUP BY camera_id, track_id, number
)
"""  # noqa: S608  a name of ours


def of_stays(
    since: datetime,
    until: datetime,
    longest_stay: timedelta,
    *,
    further: timedelta = timedelta(),
    now: datetime | None = None,
    zone_ids: Sequence[str] | None = None,
) -> dict[str, object]:
    """Return the parameters of `STAYS`, with those of `between`.

    What is read reaches `longest_stay` beyond the range on either side, whatever the question: an
    exit after the range tells that somebody was there until its end. `further` adds to that. `now`
    is the moment at which it is told, see `told_now`, by default the present: where nothing is
    asked of who has not left. Of `zone_ids` alone crossings are looked at; None: of all zones.
    """
    return {
        **between(since, until, before=longest_stay, after=longest_stay + further),
        "longest_stay_s": longest_stay.total_seconds(),
        "untold_stay_s": min(longest_stay, UNTOLD_STAY).total_seconds(),
        "now": now or datetime.now(UTC),
        "crossed_ids": None if zone_ids is None else list(zone_ids),
    }
