"""The site's metrics, as a series of even buckets and of a moment."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pyarrow as pa

from genesis_ray.analytics.ranges import BUCKETS, LONGEST_STAY, Ids, ask, composed, ids
from genesis_ray.analytics.stays import STAYS, of_stays
from genesis_ray.analytics.stored import Tables
from genesis_ray.analytics.told import told_now
from genesis_ray.domain.clocks.site_time import even_edges, range_between
from genesis_ray.errors import ConfigurationError

METRICS = (
    "people_total",
    "queue_len",
    "avg_wait_sec",
    "people_by_zone",
    "new_faces",
    "recognized_faces",
)

_METRICS = composed(
    BUCKETS,
    STAYS,
    """
numbered AS (
    SELECT *, (epoch_us(starts_at) - $origin_us) // $bucket_us AS bucket FROM buckets
),
people AS (
    SELECT bucket, count(*) AS people_total
    FROM (
        SELECT DISTINCT
            (epoch_us(occurred_at) - $origin_us) // $bucket_us AS bucket, camera_id, track_id
        FROM track_observations
        WHERE
            occurred_at >= $since
            AND occurred_at < $until
            AND ($camera_ids::VARCHAR[] IS NULL OR list_contains($camera_ids::VARCHAR[], camera_id))
    )
    GROUP BY bucket
),
changes AS (
    SELECT zone_id, greatest(entered_at, $since) AS changed_at, 1 AS change
    FROM stays
    WHERE left_at > $since AND entered_at < $until
    UNION ALL
    SELECT zone_id, left_at, -1 FROM stays WHERE left_at > $since AND left_at < $until
),
levels AS (
    SELECT
        zone_id,
        bucket,
        sum(change) OVER own AS people,
        lead(bucket, 1, (epoch_us($until) - 1 - $origin_us) // $bucket_us + 1) OVER own
            AS next_bucket
    FROM (
        SELECT
            (epoch_us(changed_at) - $origin_us) // $bucket_us AS bucket,
            zone_id,
            sum(change) AS change
        FROM changes
        GROUP BY ALL
        HAVING sum(change) <> 0
    )
    WINDOW own AS (PARTITION BY zone_id ORDER BY bucket)
),
inside AS (
    SELECT unnest(range(bucket, next_bucket)) AS bucket, zone_id, people
    FROM levels
    WHERE people > 0
),
zones AS (
    SELECT
        bucket,
        map_from_entries(list((zone_id, people::BIGINT) ORDER BY zone_id)) AS people_by_zone,
        sum(people) FILTER (list_contains($queue_zone_ids::VARCHAR[], zone_id)) AS queue_len
    FROM inside
    GROUP BY bucket
),
waits AS (
    SELECT
        (epoch_us(left_at) - $origin_us) // $bucket_us AS bucket,
        avg((epoch_us(left_at) - epoch_us(entered_at)) / 1000000) AS avg_wait_sec
    FROM stays
    WHERE
        has_left
        AND left_at >= $since
        AND left_at < $until
        AND list_contains($queue_zone_ids::VARCHAR[], zone_id)
    GROUP BY bucket
),
faces AS (
    SELECT
        (epoch_us(occurred_at) - $origin_us) // $bucket_us AS bucket,
        count(DISTINCT (camera_id, track_id)) FILTER (is_new) AS new_faces,
        count(DISTINCT (camera_id, track_id))
            FILTER (decision = 'named' AND NOT is_new) AS recognized_faces
    FROM face_recognitions
    WHERE
        occurred_at >= $since
        AND occurred_at < $until
        AND ($camera_ids::VARCHAR[] IS NULL OR list_contains($camera_ids::VARCHAR[], camera_id))
    GROUP BY bucket
)
""",
    select="""
SELECT
    starts_at,
    ends_at,
    coalesce(people_total, 0) AS people_total,
    CASE WHEN len($queue_zone_ids::VARCHAR[]) > 0 THEN coalesce(queue_len, 0)::BIGINT END
        AS queue_len,
    avg_wait_sec,
    coalesce(people_by_zone, MAP {}) AS people_by_zone,
    coalesce(new_faces, 0) AS new_faces,
    coalesce(recognized_faces, 0) AS recognized_faces
FROM numbered
LEFT JOIN people USING (bucket)
LEFT JOIN zones USING (bucket)
LEFT JOIN waits USING (bucket)
LEFT JOIN faces USING (bucket)
ORDER BY starts_at
""",
)


def metrics(
    tables: Tables,
    *,
    since: datetime,
    until: datetime,
    bucket_s: int = 60,
    names: Sequence[str] = METRICS,
    camera_ids: Ids = None,
    queue_zone_ids: Sequence[str] = (),
    longest_stay: timedelta = LONGEST_STAY,
    now: datetime | None = None,
) -> pa.Table:
    """Return the metrics of a range, a row for each `bucket_s` seconds, empty ones too.

    Who has not left a zone is in it up to the bucket of `now`, by default the present or when
    the log of the tables broke off; who was not seen to leave for `longest_stay` is taken to have
    been there for `UNTOLD_STAY` at most.

    Columns: starts_at, ends_at, and those of `names`: people_total (tracks in view in the
    bucket), queue_len (people in the queue zones as it ends; null without queue zones),
    avg_wait_sec (of those who left a queue zone in it; null: nobody), people_by_zone (a map, as it
    ends, of zones with somebody in them), new_faces (tracks that became a new visitor) and
    recognized_faces (tracks that were named as somebody known).

    Raises:
        ConfigurationError: There is no such range or metric.
    """
    edges = even_edges(since, until, bucket_s)
    first = int(since.timestamp() // bucket_s) * bucket_s
    present = (now or told_now(tables)).timestamp()
    stays = of_stays(
        edges[0],
        edges[-1],
        longest_stay,
        now=datetime.fromtimestamp((present // bucket_s + 1) * bucket_s, UTC),  # as it ends
    )
    return _asked(tables, edges, first, bucket_s, names, camera_ids, queue_zone_ids, stays)


def current_metrics(
    tables: Tables,
    *,
    at: datetime,
    window_s: int = 60,
    names: Sequence[str] = METRICS,
    camera_ids: Ids = None,
    queue_zone_ids: Sequence[str] = (),
    longest_stay: timedelta = LONGEST_STAY,
) -> pa.Table:
    """Return the same of the `window_s` seconds up to `at`, in one row, as it was known then.

    Who had come in the last `longest_stay`, and not left, was there, unless the log of the tables
    broke off before.
    """
    if at.tzinfo is None or window_s < 1:
        raise ConfigurationError(
            f"expected a time with its time zone and a window of a second or more, got "
            f"{at.isoformat()} and {window_s} s"
        )
    edges = [at.astimezone(UTC) - timedelta(seconds=window_s), at.astimezone(UTC)]
    first = edges[0].timestamp()
    stays = of_stays(edges[0], edges[1], longest_stay, now=told_now(tables, edges[1]))
    return _asked(tables, edges, first, window_s, names, camera_ids, queue_zone_ids, stays)


def last_metrics(
    tables: Tables,
    *,
    since: datetime,
    until: datetime,
    bucket_s: int = 60,
    names: Sequence[str] = METRICS,
    camera_ids: Ids = None,
    queue_zone_ids: Sequence[str] = (),
) -> pa.Table:
    """Return the same of the last `bucket_s` seconds of [since, until).

    Raises:
        ConfigurationError: There is no such range or metric, or `bucket_s` is less than a second.
    """
    _, at = range_between(since, until)
    return current_metrics(
        tables,
        at=at,
        window_s=bucket_s,
        names=names,
        camera_ids=camera_ids,
        queue_zone_ids=queue_zone_ids,
    )


def _asked(
    tables: Tables,
    edges: Sequence[datetime],
    first_s: float,
    bucket_s: int,
    names: Sequence[str],
    camera_ids: Ids,
    queue_zone_ids: Sequence[str],
    stays: Mapping[str, object],
) -> pa.Table:
    unknown = sorted(set(names) - set(METRICS))
    if unknown:
        raise ConfigurationError(f"no metric {', '.join(unknown)}; there are {', '.join(METRICS)}")
    params = {
        **stays,
        "edges": list(edges),
        "origin_us": round(first_s * 1_000_000),
        "bucket_us": bucket_s * 1_000_000,
        "camera_ids": ids(camera_ids),
        "queue_zone_ids": list(queue_zone_ids),
    }
    answer = ask(_METRICS, tables, params)
    return answer.select(["starts_at", "ends_at", *(name for name in METRICS if name in names)])
