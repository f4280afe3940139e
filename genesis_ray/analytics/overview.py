"""A run at a glance: what each camera saw, who visited, what was crossed."""

import pyarrow as pa

from genesis_ray.analytics.query import run
from genesis_ray.analytics.stored import Tables

_BY_CAMERA = """
WITH people AS (
    SELECT camera_id, count(DISTINCT track_id) AS people FROM track_observations GROUP BY camera_id
),
faces AS (
    SELECT camera_id, count(*) AS faces FROM face_scores GROUP BY camera_id
),
names AS (
    SELECT camera_id, list(DISTINCT identity_id ORDER BY identity_id) AS identity_ids
    FROM face_recognitions WHERE decision IN ('named', 'carried') GROUP BY camera_id
)
SELECT camera_id, people, coalesce(faces, 0) AS faces, coalesce(identity_ids, []) AS identity_ids
FROM people LEFT JOIN faces USING (camera_id) LEFT JOIN names USING (camera_id)
ORDER BY camera_id
"""

_VISITS = """
SELECT
    identity_id,
    min(v.started_at) AS first_seen_at,
    max(v.ended_at) AS last_seen_at,
    count(*) AS visits,
    sum(epoch(v.ended_at - v.started_at)) AS seconds,
    (SELECT list(DISTINCT camera_id ORDER BY camera_id) FROM face_recognitions AS f
     WHERE f.identity_id = v.identity_id AND f.decision IN ('named', 'carried')) AS camera_ids,
    flatten(list(v.zone_ids ORDER BY v.started_at)) AS zone_ids
FROM visits AS v
GROUP BY identity_id
ORDER BY first_seen_at, identity_id
"""

_ZONES = """
WITH stays AS (
    SELECT camera_id, zone_id, count(*) AS loiterings FROM loiterings GROUP BY ALL
)
SELECT
    camera_id,
    zone_id,
    count(*) FILTER (direction = 'enter') AS entries,
    coalesce(any_value(loiterings), 0) AS loiterings
FROM zone_crossings LEFT JOIN stays USING (camera_id, zone_id)
GROUP BY camera_id, zone_id ORDER BY camera_id, zone_id
"""

_LINES = """
SELECT
    camera_id,
    line_id,
    count(*) FILTER (direction = 'in') AS went_in,
    count(*) FILTER (direction = 'out') AS went_out
FROM line_crossings GROUP BY camera_id, line_id ORDER BY camera_id, line_id
"""

_FALSE_MERGES = """
SELECT camera_id, track_id, identity_id, other_camera_id, other_track_id, is_quarantined
FROM false_merges ORDER BY occurred_at, camera_id, track_id
"""

_REJECTIONS = """
SELECT reason, count(*) AS names FROM gate_rejections GROUP BY reason ORDER BY reason
"""


def cameras(tables: Tables) -> pa.Table:
    """Return camera_id, people (tracks), faces (scored), identity_ids; a row a camera."""
    return run(_BY_CAMERA, tables)


def visitors(tables: Tables) -> pa.Table:
    """Return who visited: identity_id, first and last sight, visits, seconds, cameras, zones."""
    return run(_VISITS, tables)


def zone_entries(tables: Tables) -> pa.Table:
    """Return camera_id, zone_id, entries, loiterings: how many of the stays were too long."""
    return run(_ZONES, tables)


def line_counts(tables: Tables) -> pa.Table:
    """Return camera_id, line_id, went_in, went_out."""
    return run(_LINES, tables)


def false_merges(tables: Tables) -> pa.Table:
    """Return a row for each pair of tracks that were one identity in two places at once.

    Columns: camera_id, track_id, identity_id, other_camera_id, other_track_id, is_quarantined.
    """
    return run(_FALSE_MERGES, tables)


def gate_rejections(tables: Tables) -> pa.Table:
    """Return reason and names, how many were refused for it."""
    return run(_REJECTIONS, tables)
