"""How many people went over counting lines: who is back within a gap is not somebody else."""

from datetime import datetime, timedelta

import pyarrow as pa

from genesis_ray.analytics.ranges import BUCKETS, Ids, ask, between, composed, ids, in_buckets
from genesis_ray.analytics.stored import Tables
from genesis_ray.domain.clocks.site_time import Bucket
from genesis_ray.domain.places.footfall import NOBODY_STAYS

_LINE_PEOPLE = composed(
    BUCKETS,
    """
crossings AS (
    SELECT DISTINCT occurred_at, camera_id, track_id, line_id, direction <> 'in' AS leaves
    FROM line_crossings
    WHERE
        occurred_at >= $read_since
        AND occurred_at < $until
        AND ($camera_ids::VARCHAR[] IS NULL OR list_contains($camera_ids::VARCHAR[], camera_id))
),
names AS (
    SELECT camera_id, track_id, occurred_at AS named_at, identity_id
    FROM face_recognitions
    WHERE
        decision IN ('named', 'carried')
        AND occurred_at >= $read_since
        AND occurred_at < $until
        AND ($camera_ids::VARCHAR[] IS NULL OR list_contains($camera_ids::VARCHAR[], camera_id))
),
passages AS (
    SELECT
        occurred_at, crossings.camera_id, line_id, leaves,
        coalesce(identity_id, concat(crossings.track_id, ' of no name')) AS who
    FROM crossings ASOF LEFT JOIN names
        ON crossings.camera_id = names.camera_id
        AND crossings.track_id = names.track_id
        AND occurred_at >= named_at
),
steps AS (
    SELECT *, coalesce(epoch_us(occurred_at) - epoch_us(lag(occurred_at) OVER own) > CASE
        WHEN leaves AND NOT lag(leaves) OVER own THEN $longest_us ELSE $gap_us
    END, true) AS is_anew
    FROM passages
    WINDOW own AS (PARTITION BY camera_id, line_id, who ORDER BY occurred_at, leaves)
),
presences AS (
    SELECT *, count_if(is_anew) OVER (
        PARTITION BY camera_id, line_id, who ORDER BY occurred_at, leaves
        ROWS UNBOUNDED PRECEDING
    ) AS presence
    FROM steps
),
counted AS (
    SELECT camera_id, line_id, leaves, occurred_at, row_number() OVER (
        PARTITION BY camera_id, line_id, who, presence, leaves ORDER BY occurred_at
    ) = 1 AS is_first
    FROM presences
    QUALIFY occurred_at >= $since
),
counts AS (
    SELECT
        starts_at,
        camera_id,
        line_id,
        count(*) FILTER (is_first AND NOT leaves) AS people_in,
        count(*) FILTER (is_first AND leaves) AS people_out
    FROM counted ASOF JOIN buckets ON occurred_at >= starts_at
    GROUP BY ALL
)
""",
    select="""
SELECT
    starts_at,
    ends_at,
    camera_id,
    line_id,
    coalesce(people_in, 0) AS people_in,
    coalesce(people_out, 0) AS people_out
FROM buckets
CROSS JOIN (SELECT DISTINCT camera_id, line_id FROM counted)
LEFT JOIN counts USING (starts_at, camera_id, line_id)
ORDER BY camera_id, line_id, starts_at
""",
)


def line_people(
    tables: Tables,
    *,
    since: datetime,
    until: datetime,
    time_zone: str,
    bucket: Bucket | None = "hour",
    camera_ids: Ids = None,
    visit_gap_s: float = 300.0,
) -> pa.Table:
    """Return how many people went over each counting line, a row a bucket and line.

    As `domain.footfall` counts them live, from events. A person is an identity from when a track
    is named, and a track as long as it is not. They count in the bucket in which they first went
    over the line in a direction. What began more than a day and the gap before the range is not
    gone into: somebody who goes to and fro for as long counts anew.

    Args:
        tables: With `line_crossings` and `face_recognitions`.
        since: Start of the range.
        until: Its end, not within.
        time_zone: Whose buckets.
        bucket: What a row is of; None: the range.
        camera_ids: Only these.
        visit_gap_s: Who is back within so many seconds is still the same presence.

    Columns: starts_at, ends_at, camera_id, line_id, people_in, people_out.
    """
    gap = timedelta(seconds=visit_gap_s)
    longest = max(gap, NOBODY_STAYS)
    params = {
        **in_buckets(since, until, bucket, time_zone),
        **between(since, until, before=longest + gap),
        "gap_us": gap // timedelta(microseconds=1),
        "longest_us": longest // timedelta(microseconds=1),
        "camera_ids": ids(camera_ids),
    }
    return ask(_LINE_PEOPLE, tables, params)
