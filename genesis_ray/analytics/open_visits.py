"""Visits that have not ended, as far as the log tells of them."""

import pyarrow as pa

from genesis_ray.analytics.query import run
from genesis_ray.analytics.stored import Tables

_OPEN = """
WITH stays AS (
    SELECT
        visit_id,
        identity_id,
        camera_id,
        started_at,
        ended_at,
        -- Where the visit before has no end either, all it saw is from before this one's start.
        CASE
            WHEN row_number() OVER own > 1
            THEN coalesce(lag(ended_at) OVER own, started_at - INTERVAL 1 microsecond)
        END AS left_at,
        lead(started_at) OVER own AS back_at
    FROM visits
    WINDOW own AS (PARTITION BY identity_id ORDER BY started_at, visit_id)
),
stays_open AS (
    SELECT * FROM stays WHERE ended_at IS NULL
),
tracks AS (
    SELECT
        visit_id, left_at, back_at, named.camera_id, named.track_id, named.occurred_at,
        -- Of a track that was named afterwards and was in view then, what is from before counts
        -- from when the visit before ended.
        CASE
            WHEN named.occurred_at > left_at THEN left_at + INTERVAL 1 microsecond
        END AS counts_from
    FROM stays_open JOIN face_recognitions AS named USING (identity_id)
    WHERE named.decision IN ('named', 'carried')
),
sights AS (
    SELECT visit_id, camera_id, occurred_at, left_at, back_at FROM tracks
    UNION ALL
    SELECT
        visit_id, camera_id, greatest(seen.occurred_at, counts_from) AS occurred_at,
        left_at, back_at
    FROM tracks JOIN track_observations AS seen USING (camera_id, track_id)
    UNION ALL
    SELECT
        visit_id, camera_id, greatest(entered.occurred_at, counts_from) AS occurred_at,
        left_at, back_at
    FROM tracks JOIN zone_crossings AS entered USING (camera_id, track_id)
    WHERE entered.direction = 'enter'
),
spans AS (
    SELECT
        visit_id,
        min(occurred_at) AS first_at,
        max(occurred_at) AS last_at,
        arg_max(camera_id, (occurred_at, camera_id)) AS last_camera_id
    FROM sights
    WHERE
        (left_at IS NULL OR occurred_at > left_at) AND (back_at IS NULL OR occurred_at < back_at)
    GROUP BY visit_id
),
entries AS (
    SELECT
        visit_id,
        list(entered.occurred_at ORDER BY entered.occurred_at, zone_id) AS entered_at,
        list(zone_id ORDER BY entered.occurred_at, zone_id) AS zone_ids
    FROM tracks
    JOIN zone_crossings AS entered USING (camera_id, track_id)
    JOIN spans USING (visit_id)
    JOIN stays_open USING (visit_id)
    WHERE
        entered.direction = 'enter'
        AND entered.occurred_at >= least(first_at, started_at)
        AND (tracks.back_at IS NULL OR entered.occurred_at < tracks.back_at)
    GROUP BY visit_id
)
SELECT
    identity_id,
    stays_open.started_at AS opened_at,
    least(stays_open.started_at, coalesce(first_at, stays_open.started_at)) AS started_at,
    coalesce(last_at, stays_open.started_at) AS last_seen_at,
    stays_open.camera_id AS first_camera_id,
    coalesce(last_camera_id, stays_open.camera_id) AS last_camera_id,
    coalesce(entered_at, []) AS entered_at,
    coalesce(entries.zone_ids, []) AS zone_ids
FROM stays_open LEFT JOIN spans USING (visit_id) LEFT JOIN entries USING (visit_id)
ORDER BY opened_at, identity_id
"""


def open_visits(tables: Tables) -> pa.Table:
    """Return one tenant's visits that have not ended, a row each, by when they were opened.

    Args:
        tables: With `visits`, `face_recognitions`, `track_observations` and `zone_crossings`.

    Columns: identity_id, opened_at (as it was told), started_at (earlier, where an earlier track
    was named later), last_seen_at, first_camera_id, last_camera_id, and, of each zone entered, in
    order, entered_at and zone_ids.
    """
    return run(_OPEN, tables)
