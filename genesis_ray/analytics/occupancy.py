"""How many people were in zones at once, over time."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from genesis_ray.analytics.density import Areas, with_density
from genesis_ray.analytics.ranges import (
    BUCKETS,
    LONGEST_STAY,
    Ids,
    ask,
    composed,
    ids,
    in_buckets,
)
from genesis_ray.analytics.reach import reach_of
from genesis_ray.analytics.rolled_up import Figures, from_quarters
from genesis_ray.analytics.stays import STAYS, of_stays, of_tracks
from genesis_ray.analytics.stored import Tables
from genesis_ray.analytics.told import told_now
from genesis_ray.domain.clocks.site_time import Bucket

_OCCUPANCY = composed(
    BUCKETS,
    STAYS,
    """
within AS (
    SELECT camera_id, zone_id, track_id, entered_at, least(left_at, $until) AS left_at
    FROM stays
    WHERE
        entered_at < $until
        AND (left_at > $since OR entered_at >= $since)
        AND ($zone_ids::VARCHAR[] IS NULL OR list_contains($zone_ids::VARCHAR[], zone_id))
)
""",
    of_tracks("within"),
    """
places AS (
    SELECT camera_id, zone_id, entered_at, left_at FROM within
    UNION ALL
    SELECT NULL, NULL, entered_at, left_at FROM of_tracks
),
moves AS (
    SELECT camera_id, zone_id, entered_at AS changed_at, 1 AS change FROM places
    UNION ALL
    SELECT camera_id, zone_id, left_at, -1 FROM places
    UNION ALL
    SELECT camera_id, zone_id, starts_at, 0
    FROM (SELECT DISTINCT camera_id, zone_id FROM places UNION SELECT NULL, NULL)
    CROSS JOIN buckets
),
levels AS (
    SELECT
        camera_id,
        zone_id,
        changed_at,
        sum(sum(change)) OVER own AS people,
        epoch_us(lead(changed_at, 1, $until) OVER own) - epoch_us(changed_at) AS us
    FROM moves
    GROUP BY camera_id, zone_id, changed_at
    WINDOW own AS (PARTITION BY camera_id, zone_id ORDER BY changed_at)
)
""",
    select="""
SELECT
    starts_at,
    ends_at,
    camera_id,
    zone_id,
    sum(people * us)::DOUBLE / sum(us)::DOUBLE AS mean_people,
    max(people)::BIGINT AS max_people,
    sum(people * us)::DOUBLE / 1000000 AS person_seconds
FROM levels ASOF JOIN buckets ON changed_at >= starts_at
WHERE changed_at < $until
GROUP BY ALL
ORDER BY camera_id NULLS FIRST, zone_id, starts_at
""",
)


_PLACES_OF_ALL = """
places AS (
    SELECT bucket, camera_id, zone_id, person_us, occupancy_most FROM zones
    WHERE entries > 0 OR person_us > 0
    UNION ALL
    SELECT bucket, NULL, NULL, person_us, occupancy_most FROM site
),
joint AS (
    SELECT true AS can_add, true AS can_tell_most
)
"""

_PLACES_CHOSEN = """
chosen AS (
    SELECT bucket, camera_id, zone_id, person_us, occupancy_most FROM zones
    WHERE
        (entries > 0 OR person_us > 0)
        AND ($camera_ids::VARCHAR[] IS NULL OR list_contains($camera_ids::VARCHAR[], camera_id))
        AND ($zone_ids::VARCHAR[] IS NULL OR list_contains($zone_ids::VARCHAR[], zone_id))
),
places AS (
    FROM chosen
    UNION ALL
    SELECT bucket, NULL, NULL, person_us, occupancy_most FROM chosen
),
-- Zones of one camera may have the same track in them; of several places it is not known when each
-- had most.
joint AS (
    SELECT
        count(*) = count(DISTINCT camera_id) AS can_add,
        count(*) <= 1 AS can_tell_most
    FROM (SELECT DISTINCT camera_id, zone_id FROM chosen)
)
"""


def _of_quarters(places: str) -> str:
    """Return the query that adds up `places`, and of all together what `joint` says can be told."""
    return composed(
        BUCKETS,
        places,
        """
sums AS (
    SELECT
        starts_at,
        camera_id,
        zone_id,
        sum(person_us) AS person_us,
        max(occupancy_most) AS most
    FROM places ASOF JOIN buckets ON bucket >= starts_at
    GROUP BY ALL
),
told AS (
    SELECT
        buckets.starts_at,
        buckets.ends_at,
        own.camera_id,
        own.zone_id,
        CASE WHEN own.zone_id IS NOT NULL OR can_add THEN coalesce(person_us, 0) END AS person_us,
        CASE WHEN own.zone_id IS NOT NULL OR can_tell_most THEN coalesce(most, 0) END AS most
    FROM buckets
    CROSS JOIN joint
    CROSS JOIN (SELECT DISTINCT camera_id, zone_id FROM places UNION SELECT NULL, NULL) AS own
    LEFT JOIN sums ON (
        sums.starts_at = buckets.starts_at
        AND sums.camera_id IS NOT DISTINCT FROM own.camera_id
        AND sums.zone_id IS NOT DISTINCT FROM own.zone_id
    )
)
""",
        select="""
SELECT
    starts_at,
    ends_at,
    camera_id,
    zone_id,
    person_us::DOUBLE / (epoch_us(ends_at) - epoch_us(starts_at))::DOUBLE AS mean_people,
    most::BIGINT AS max_people,
    person_us::DOUBLE / 1000000 AS person_seconds
FROM told
ORDER BY camera_id NULLS FIRST, zone_id, starts_at
""",
    )


_OF_ALL = _of_quarters(_PLACES_OF_ALL)
_OF_CHOSEN = _of_quarters(_PLACES_CHOSEN)

_OF_ZONES: Figures = {"zones": ("entries", "person_us", "occupancy_most")}
_OF_SITE: Figures = {**_OF_ZONES, "site": ("person_us", "occupancy_most")}


def occupancy(
    tables: Tables,
    *,
    since: datetime,
    until: datetime,
    time_zone: str,
    bucket: Bucket | None = "hour",
    camera_ids: Ids = None,
    zone_ids: Ids = None,
    areas_m2: Areas = MappingProxyType({}),
    longest_stay: timedelta = LONGEST_STAY,
    now: datetime | None = None,
) -> pa.Table:
    """Return how many people were in the site's zones, a row a bucket and zone.

    Who was inside before the range counts from its beginning, if they entered within
    `longest_stay` before it. Who has not left is inside until `now`, by default the present or
    when the log of the tables broke off; who was not seen to leave for `longest_stay` is taken to
    have been inside for `UNTOLD_STAY`, or `longest_stay` where that is shorter.

    Columns: starts_at, ends_at, camera_id and zone_id (both null: all zones together, where a
    track in two at once is one person), mean_people (over time), max_people (at once),
    person_seconds (additive over buckets), and mean_people_per_m2 and max_people_per_m2, by what
    `areas_m2` has of the zone: null where it has none, and of all together. Where several zones
    are chosen and the range begins before the events that are there still, people are null in the
    rows of all together, as far as rollups of each zone do not tell them.
    """
    params = {
        **in_buckets(since, until, bucket, time_zone),
        **of_stays(since, until, longest_stay, now=now or told_now(tables)),
        "camera_ids": ids(camera_ids),
        "zone_ids": ids(zone_ids),
    }
    if longest_stay == LONGEST_STAY and now is None:
        rolled_up = _rolled_up(tables, params)
        if rolled_up is not None:
            return with_density(rolled_up, areas_m2)
    return with_density(ask(_OCCUPANCY, tables, params), areas_m2)


def _rolled_up(tables: Tables, params: Mapping[str, Any]) -> pa.Table | None:
    """Return the answer from quarters; None where events tell it, or tell more."""
    if params["camera_ids"] is None and params["zone_ids"] is None:
        return from_quarters(_OF_ALL, tables, params, _OF_SITE)
    answer = from_quarters(_OF_CHOSEN, tables, params, _OF_ZONES)
    if answer is None or not answer["max_people"].null_count:
        return answer
    return answer if params["since"] < reach_of(tables, "occupancy").events else None
