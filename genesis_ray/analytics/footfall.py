"""How many went over counting lines and into zones, by bucket of time."""

from datetime import datetime

import pyarrow as pa

from genesis_ray.analytics.ranges import (
    BUCKETS,
    SLOTS,
    Ids,
    ask,
    composed,
    ids,
    in_slots,
    slot_of,
)
from genesis_ray.analytics.rolled_up import Figures, from_quarters
from genesis_ray.analytics.stored import Tables
from genesis_ray.domain.site_time import Bucket

_LINES_SELECT = """
SELECT
    starts_at,
    ends_at,
    camera_id,
    line_id,
    coalesce(went_in, 0) AS went_in,
    coalesce(went_out, 0) AS went_out
FROM buckets
CROSS JOIN (SELECT DISTINCT camera_id, line_id FROM {rows})
LEFT JOIN counts USING (starts_at, camera_id, line_id)
ORDER BY camera_id, line_id, starts_at
"""

_LINES = composed(
    BUCKETS,
    SLOTS,
    f"""
of_slots AS (
    SELECT
        {slot_of("occurred_at")} AS slot,
        camera_id,
        line_id,
        count(*) FILTER (inwards) AS went_in,
        count(*) FILTER (NOT inwards) AS went_out
    FROM (
        SELECT DISTINCT occurred_at, track_id, camera_id, line_id, direction = 'in' AS inwards
        FROM line_crossings
        WHERE
            occurred_at >= $since
            AND occurred_at < $until
            AND ($camera_ids::VARCHAR[] IS NULL OR list_contains($camera_ids::VARCHAR[], camera_id))
    )
    GROUP BY ALL
),
counts AS (
    SELECT
        starts_at,
        camera_id,
        line_id,
        sum(went_in)::BIGINT AS went_in,
        sum(went_out)::BIGINT AS went_out
    FROM of_slots ASOF JOIN slots ON of_slots.slot >= slots.slot
    GROUP BY ALL
)
""",  # noqa: S608  a constant
    select=_LINES_SELECT.format(rows="of_slots"),
)

_ZONES_SELECT = """
SELECT
    starts_at,
    ends_at,
    camera_id,
    zone_id,
    coalesce(entries, 0) AS entries,
    coalesce(exits, 0) AS exits
FROM buckets
CROSS JOIN (SELECT DISTINCT camera_id, zone_id FROM {rows})
LEFT JOIN counts USING (starts_at, camera_id, zone_id)
ORDER BY camera_id, zone_id, starts_at
"""

_ZONES = composed(
    BUCKETS,
    SLOTS,
    f"""
of_slots AS (
    SELECT
        {slot_of("occurred_at")} AS slot,
        camera_id,
        zone_id,
        count(*) FILTER (inwards) AS entries,
        count(*) FILTER (NOT inwards) AS exits
    FROM (
        SELECT DISTINCT occurred_at, track_id, camera_id, zone_id, direction = 'enter' AS inwards
        FROM zone_crossings
        WHERE
            occurred_at >= $since
            AND occurred_at < $until
            AND ($camera_ids::VARCHAR[] IS NULL OR list_contains($camera_ids::VARCHAR[], camera_id))
            AND ($zone_ids::VARCHAR[] IS NULL OR list_contains($zone_ids::VARCHAR[], zone_id))
    )
    GROUP BY ALL
),
counts AS (
    SELECT
        starts_at,
        camera_id,
        zone_id,
        sum(entries)::BIGINT AS entries,
        sum(exits)::BIGINT AS exits
    FROM of_slots ASOF JOIN slots ON of_slots.slot >= slots.slot
    GROUP BY ALL
)
""",  # noqa: S608  a constant
    select=_ZONES_SELECT.format(rows="of_slots"),
)


_LINES_OF_QUARTERS = composed(
    BUCKETS,
    """
chosen AS (
    SELECT * FROM lines
    WHERE $camera_ids::VARCHAR[] IS NULL OR list_contains($camera_ids::VARCHAR[], camera_id)
),
counts AS (
    SELECT
        starts_at,
        camera_id,
        line_id,
        sum(went_in)::BIGINT AS went_in,
        sum(went_out)::BIGINT AS went_out
    FROM chosen ASOF JOIN buckets ON bucket >= starts_at
    GROUP BY ALL
)
""",
    select=_LINES_SELECT.format(rows="chosen"),
)

_ZONES_OF_QUARTERS = composed(
    BUCKETS,
    """
chosen AS (
    SELECT * FROM zones
    WHERE
        entries + exits > 0
        AND ($camera_ids::VARCHAR[] IS NULL OR list_contains($camera_ids::VARCHAR[], camera_id))
        AND ($zone_ids::VARCHAR[] IS NULL OR list_contains($zone_ids::VARCHAR[], zone_id))
),
counts AS (
    SELECT
        starts_at,
        camera_id,
        zone_id,
        sum(entries)::BIGINT AS entries,
        sum(exits)::BIGINT AS exits
    FROM chosen ASOF JOIN buckets ON bucket >= starts_at
    GROUP BY ALL
)
""",
    select=_ZONES_SELECT.format(rows="chosen"),
)


def footfall(
    tables: Tables,
    *,
    since: datetime,
    until: datetime,
    time_zone: str,
    bucket: Bucket | None = "hour",
    camera_ids: Ids = None,
) -> pa.Table:
    """Return how often each counting line was crossed, a row a bucket and line that was at all.

    Columns: starts_at, ends_at, camera_id, line_id, went_in, went_out (crossings; one person who
    goes in, out and in again went in twice).
    """
    params = in_slots(since, until, bucket, time_zone) | {"camera_ids": ids(camera_ids)}
    figures: Figures = {"lines": ("went_in", "went_out")}
    rolled_up = from_quarters(_LINES_OF_QUARTERS, tables, params, figures)
    return ask(_LINES, tables, params) if rolled_up is None else rolled_up


def zone_entries(
    tables: Tables,
    *,
    since: datetime,
    until: datetime,
    time_zone: str,
    bucket: Bucket | None = "hour",
    camera_ids: Ids = None,
    zone_ids: Ids = None,
) -> pa.Table:
    """Return how often each zone was entered and left, a row a bucket and zone that was at all.

    Columns: starts_at, ends_at, camera_id, zone_id, entries, exits.
    """
    params = in_slots(since, until, bucket, time_zone)
    chosen = {"camera_ids": ids(camera_ids), "zone_ids": ids(zone_ids)}
    params |= chosen
    figures: Figures = {"zones": ("entries", "exits")}
    rolled_up = from_quarters(_ZONES_OF_QUARTERS, tables, params, figures)
    return ask(_ZONES, tables, params) if rolled_up is None else rolled_up
