"""Stays in zones, made of entries and exits: what dwell, occupancy and queues are counted from."""

STAYS = """
crossings AS (
    SELECT DISTINCT camera_id, zone_id, track_id, direction, occurred_at
    FROM zone_crossings
    WHERE
        occurred_at >= $read_since
        AND occurred_at < $read_until
        AND ($camera_ids::VARCHAR[] IS NULL OR list_contains($camera_ids::VARCHAR[], camera_id))
),
stays AS (
    SELECT
        camera_id,
        zone_id,
        track_id,
        entered_at,
        least(next_at, entered_at + to_seconds($longest_stay_s)) AS left_at,
        coalesce(next_at <= entered_at + to_seconds($longest_stay_s), false) AS has_left
    FROM (
        SELECT
            * RENAME (occurred_at AS entered_at),
            lead(occurred_at) OVER (
                PARTITION BY camera_id, zone_id, track_id ORDER BY occurred_at, direction
            ) AS next_at
        FROM crossings
    )
    WHERE direction = 'enter'
)
"""
"""A row for each entry since `$read_since`, longest_stay_s before the range: camera_id, zone_id,
track_id, entered_at, left_at and has_left. Rows that stand twice count once. Without an exit until
`$read_until`, or in so long, left_at is entered_at + longest_stay_s, and has_left is false."""
