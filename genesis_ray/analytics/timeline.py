"""What is known of one person, in order of time."""

from datetime import datetime

import pyarrow as pa

from genesis_ray.analytics.ranges import ask, between
from genesis_ray.analytics.stored import Tables
from genesis_ray.domain.figures.rollups import LONGEST_TRACK

_TIMELINE = """
WITH recognitions AS (
    SELECT DISTINCT camera_id, track_id, occurred_at, decision
    FROM face_recognitions
    WHERE
        identity_id = $identity_id
        AND decision IN ('named', 'carried')
        AND occurred_at >= $read_since
        AND occurred_at < $read_until
),
tracks AS (
    SELECT DISTINCT camera_id, track_id FROM recognitions
),
sights AS (
    SELECT camera_id, track_id, min(occurred_at) AS first_at, max(occurred_at) AS last_at
    FROM track_observations SEMI JOIN tracks USING (camera_id, track_id)
    WHERE occurred_at >= $read_since AND occurred_at < $read_until
    GROUP BY camera_id, track_id
),
lines AS (
    SELECT first_at AS occurred_at, 'came_into_view' AS event, camera_id, track_id, '' AS subject
    FROM sights
    UNION ALL
    SELECT last_at, 'was_last_in_view', camera_id, track_id, '' FROM sights
    UNION ALL
    SELECT occurred_at, decision, camera_id, track_id, '' FROM recognitions
    UNION
    SELECT
        occurred_at,
        CASE direction WHEN 'enter' THEN 'entered_zone' ELSE 'left_zone' END,
        camera_id,
        track_id,
        zone_id
    FROM zone_crossings SEMI JOIN tracks USING (camera_id, track_id)
    WHERE occurred_at >= $since AND occurred_at < $until
    UNION
    SELECT
        occurred_at,
        CASE direction WHEN 'in' THEN 'crossed_line_in' ELSE 'crossed_line_out' END,
        camera_id,
        track_id,
        line_id
    FROM line_crossings SEMI JOIN tracks USING (camera_id, track_id)
    WHERE occurred_at >= $since AND occurred_at < $until
    UNION
    SELECT
        occurred_at,
        CASE WHEN ended_at IS NULL THEN 'visit_began' ELSE 'visit_ended' END,
        camera_id,
        NULL,
        visit_id
    FROM visit_events
    WHERE identity_id = $identity_id AND occurred_at >= $since AND occurred_at < $until
)
SELECT occurred_at, event, camera_id, track_id, subject
FROM lines
WHERE occurred_at >= $since AND occurred_at < $until
ORDER BY occurred_at, array_position([
    'visit_began', 'came_into_view', 'named', 'carried', 'crossed_line_in', 'crossed_line_out',
    'entered_zone', 'left_zone', 'was_last_in_view', 'visit_ended'
], event), camera_id, track_id, subject
"""


def person_timeline(
    tables: Tables, *, since: datetime, until: datetime, identity_id: str
) -> pa.Table:
    """Return what is known of a person in [since, until), a row an event, in order.

    It is of the tracks that bear their name, by face or by looks, from their first sight on.

    Columns: occurred_at; event: visit_began, came_into_view, named, carried, crossed_line_in,
    crossed_line_out, entered_zone, left_zone, was_last_in_view, visit_ended; camera_id, track_id
    (null for visits), subject (zone_id, line_id or visit_id, else "").
    """
    params = {
        # A track is named some time after it came into view.
        **between(since, until, before=LONGEST_TRACK, after=LONGEST_TRACK),
        "identity_id": identity_id,
    }
    return ask(_TIMELINE, tables, params)
