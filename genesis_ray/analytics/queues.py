"""How long people wait in a queue, and how many give up."""

from datetime import datetime, timedelta

import pyarrow as pa

from genesis_ray.analytics.ranges import (
    BUCKETS,
    LONGEST_STAY,
    Ids,
    ask,
    composed,
    ids,
    in_buckets,
)
from genesis_ray.analytics.stays import STAYS, of_stays
from genesis_ray.analytics.stored import Tables
from genesis_ray.domain.clocks.site_time import Bucket

_QUEUE = composed(
    BUCKETS,
    # Of two zones, and looked through three times: to read them once and keep them is quicker.
    STAYS.replace("AS NOT MATERIALIZED", "AS MATERIALIZED"),
    """
queued AS (
    SELECT
        camera_id,
        track_id,
        min(entered_at) AS entered_at,
        max(left_at) AS left_at,
        arg_max(has_left, entered_at) AS has_left
    FROM (
        SELECT *, count_if(
            before_at IS NULL OR entered_at > before_at + to_seconds($handover_s)
        ) OVER (PARTITION BY camera_id, track_id ORDER BY entered_at) AS wait_number
        FROM (
            SELECT *, lag(left_at) OVER (
                PARTITION BY camera_id, track_id ORDER BY entered_at
            ) AS before_at
            FROM stays
            WHERE zone_id = $queue_zone_id
        )
    )
    GROUP BY camera_id, track_id, wait_number
),
waits AS (
    SELECT
        camera_id,
        entered_at,
        epoch(left_at - entered_at) AS wait_s,
        CASE
            WHEN NOT has_left THEN 'waiting'
            WHEN $service_zone_id::VARCHAR IS NULL OR EXISTS (
                FROM crossings AS served
                WHERE
                    served.camera_id = queued.camera_id
                    AND served.track_id = queued.track_id
                    AND served.zone_id = $service_zone_id
                    AND served.direction = 'enter'
                    AND served.occurred_at >= queued.left_at - to_seconds($handover_s)
                    AND served.occurred_at <= queued.left_at + to_seconds($handover_s)
            ) THEN 'served'
            ELSE 'abandoned'
        END AS outcome
    FROM queued
    WHERE entered_at >= $since AND entered_at < $until
),
counts AS (
    SELECT
        starts_at,
        camera_id,
        count(*) AS joined,
        count(*) FILTER (outcome = 'served') AS served,
        count(*) FILTER (outcome = 'served' AND wait_s <= $within_s) AS served_within,
        count(*) FILTER (outcome = 'abandoned') AS abandoned,
        count(*) FILTER (outcome = 'waiting') AS waiting,
        sum(wait_s) FILTER (outcome = 'served') AS total_wait_s,
        avg(wait_s) FILTER (outcome = 'served') AS mean_wait_s,
        quantile_cont(wait_s, 0.5) FILTER (outcome = 'served') AS p50_wait_s,
        quantile_cont(wait_s, 0.9) FILTER (outcome = 'served') AS p90_wait_s,
        max(wait_s) FILTER (outcome = 'served') AS max_wait_s
    FROM waits ASOF JOIN buckets ON entered_at >= starts_at
    GROUP BY ALL
)
""",
    select="""
SELECT
    starts_at,
    ends_at,
    camera_id,
    coalesce(joined, 0) AS joined,
    coalesce(served, 0) AS served,
    coalesce(served_within, 0) AS served_within,
    coalesce(abandoned, 0) AS abandoned,
    coalesce(waiting, 0) AS waiting,
    served_within / nullif(served + abandoned, 0) AS service_level,
    coalesce(total_wait_s, 0) AS total_wait_s,
    mean_wait_s,
    p50_wait_s,
    p90_wait_s,
    max_wait_s
FROM buckets
CROSS JOIN (SELECT DISTINCT camera_id FROM waits)
LEFT JOIN counts USING (starts_at, camera_id)
ORDER BY camera_id, starts_at
""",
)


def queue_service(
    tables: Tables,
    *,
    since: datetime,
    until: datetime,
    time_zone: str,
    queue_zone_id: str,
    service_zone_id: str | None = None,
    within_s: float = 300.0,
    handover_s: float = 5.0,
    bucket: Bucket | None = "hour",
    camera_ids: Ids = None,
    longest_stay: timedelta = LONGEST_STAY,
) -> pa.Table:
    """Return how those were served who joined a queue, a row a bucket (of joining) and camera.

    A wait is a stay in the queue zone; who is back within `handover_s` never left. It ended in
    service where the track entered the service zone of the same camera at most so long before or
    after leaving; else it was given up. That is what alerts count too (`domain.queues`), which
    also know a person by name under another track. Without a service zone whoever left was
    served. Who has not left within `longest_stay` still waits.

    Columns: starts_at, ends_at, camera_id; people: joined, served, served_within (of `within_s`
    seconds), abandoned, waiting (joined = served + abandoned + waiting); service_level
    (served_within of those served or gone, 0..1; null: nobody); and of those served, in seconds,
    total_wait_s, mean_wait_s, p50_wait_s, p90_wait_s, max_wait_s.
    """
    params = {
        **in_buckets(since, until, bucket, time_zone),
        **of_stays(
            since,
            until,
            longest_stay,
            further=timedelta(seconds=handover_s),
            zone_ids=[queue_zone_id]
            if service_zone_id is None
            else [queue_zone_id, service_zone_id],
        ),
        "camera_ids": ids(camera_ids),
        "queue_zone_id": queue_zone_id,
        "service_zone_id": service_zone_id,
        "within_s": within_s,
        "handover_s": handover_s,
    }
    return ask(_QUEUE, tables, params)
