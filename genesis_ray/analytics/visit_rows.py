"""Visits that began in a range, in SQL: what questions of visits are counted from."""

from datetime import datetime, timedelta

from genesis_ray.analytics.ranges import between
from genesis_ray.analytics.reach import rows_since
from genesis_ray.analytics.stored import Tables

LONGEST_VISIT = timedelta(days=1)
"""A visit that takes longer is one that has not ended, as far as these questions tell, whatever
range they are of."""

VISITS_BEGUN = """
visits_known AS (
    SELECT
        visit_id,
        any_value(identity_id) AS identity_id,
        any_value(site_id) AS site_id,
        min(started_at) AS started_at,
        max(ended_at) AS ended_at,
        any_value(camera_id) FILTER (ended_at IS NULL) AS first_camera_id,
        arg_max(camera_id, ended_at) AS last_camera_id,
        coalesce(arg_max(zone_ids, ended_at), any_value(zone_ids)) AS zone_ids
    FROM visit_events
    WHERE
        occurred_at >= $since
        AND occurred_at < $read_until
        AND (
            ended_at IS NULL
            OR epoch_us(ended_at) - epoch_us(started_at) <= $longest_visit_s * 1000000
        )
    GROUP BY visit_id
),
visits_begun AS (
    SELECT * FROM visits_known WHERE started_at >= $since AND started_at < $until
)
"""
"""A row a visit, its latest state: those with a row since the range began, and of them those that
began in it.

All rows of a visit are of one identity, and its start only moves back (`domain.visits`): grouping
finds what the latest row says, at half of what ordering the rows of each visit takes.
"""

DWELLS = """
tracks_shown AS (
    SELECT DISTINCT visit_id, started_at, ended_at, named.camera_id, named.track_id
    FROM shown JOIN face_recognitions AS named ON (
        named.identity_id = shown.identity_id
        AND named.occurred_at >= started_at
        AND named.occurred_at <= ended_at
    )
    WHERE
        named.decision IN ('named', 'carried')
        AND named.occurred_at >= $since
        AND named.occurred_at < $read_until
),
crossings_shown AS (
    SELECT visit_id, zone_id, started_at, ended_at, entered_at, leaves, lead(entered_at) OVER (
        PARTITION BY visit_id, camera_id, track_id, zone_id ORDER BY entered_at, leaves
    ) AS left_at
    FROM (
        SELECT DISTINCT
            visit_id, camera_id, track_id, zone_id, started_at, ended_at,
            occurred_at AS entered_at, direction <> 'enter' AS leaves
        FROM zone_crossings JOIN tracks_shown USING (camera_id, track_id)
        WHERE occurred_at >= $since AND occurred_at < $read_until
    )
),
times_in_zones AS (
    SELECT visit_id, zone_id, entered_at, least(coalesce(left_at, ended_at), ended_at) AS left_at
    FROM crossings_shown
    WHERE NOT leaves AND entered_at >= started_at AND entered_at <= ended_at
),
-- Seen in a zone by two cameras, somebody was in it once: what goes on counts from what there was.
added_times AS (
    SELECT visit_id, zone_id, sum(greatest(0, epoch_us(left_at) - greatest(
        epoch_us(entered_at), coalesce(epoch_us(left_before), 0)
    ))) / 1000000 AS seconds
    FROM (
        SELECT *, max(left_at) OVER (
            PARTITION BY visit_id, zone_id ORDER BY entered_at, left_at
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS left_before
        FROM times_in_zones
    )
    GROUP BY visit_id, zone_id
),
dwells AS (
    SELECT visit_id, map_from_entries(list((zone_id, seconds) ORDER BY zone_id)) AS dwell_s
    FROM added_times
    GROUP BY visit_id
)
"""
"""How long those of `shown` were in each zone: a row a visit that is over and entered one."""

VISIT_COLUMNS = """
SELECT
    visit_id,
    identity_id,
    site_id,
    started_at,
    ended_at,
    epoch(ended_at - started_at) AS duration_s,
    first_camera_id,
    last_camera_id,
    zone_ids,
    CASE
        WHEN started_at < $dwells_since::TIMESTAMPTZ THEN NULL
        WHEN dwell_s IS NOT NULL THEN dwell_s
        WHEN ended_at IS NOT NULL AND len(zone_ids) = 0 THEN MAP {}
    END AS dwell_s
FROM shown LEFT JOIN dwells USING (visit_id)
ORDER BY started_at, visit_id
"""
"""What visits are shown with, wherever a row is one: of `shown` and `DWELLS`.

Before `$dwells_since` rows that tell of the times in zones are gone; null: none are."""

VISIT_TABLES = ("visits", "face_recognitions", "zone_crossings")
"""Which tables they are read from."""


def dwells_since(tables: Tables) -> dict[str, object]:
    """Return the parameter of `VISIT_COLUMNS`."""
    return {"dwells_since": rows_since(tables, "zone_crossings", "face_recognitions")}


def of_visits(since: datetime, until: datetime) -> dict[str, object]:
    """Return the parameters of `VISITS_BEGUN`.

    Raises:
        ConfigurationError: See `between`.
    """
    longest = {"longest_visit_s": LONGEST_VISIT.total_seconds()}
    return between(since, until, after=LONGEST_VISIT) | longest
