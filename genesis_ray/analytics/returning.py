"""Who comes back: new and returning visitors, and cohorts of those first seen in a week."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from genesis_ray.analytics.limits import limits_of
from genesis_ray.analytics.query import run
from genesis_ray.analytics.ranges import BUCKETS, SLOTS, composed, in_slots, slot_of
from genesis_ray.analytics.stored import Tables, narrowed, part_of
from genesis_ray.analytics.visit_rows import VISITS_BEGUN, of_visits
from genesis_ray.analytics.withholding import hide, numbers_of, withhold
from genesis_ray.domain.clocks.site_time import Bucket
from genesis_ray.domain.figures.small_groups import LEAST_GROUP, withheld_cells

_BEGAN = f"""
began AS (
    SELECT identity_id, {slot_of("started_at")} AS slot FROM visits_begun
),
buckets_of_slots AS (
    SELECT own.slot, starts_at
    FROM (SELECT DISTINCT slot FROM began) AS own ASOF JOIN slots ON own.slot >= slots.slot
),
come AS (
    SELECT identity_id, min(started_at) AS first_at
    FROM visit_events SEMI JOIN began USING (identity_id)
    WHERE
        occurred_at >= $since
        AND occurred_at < $read_until
        AND ($known_since::TIMESTAMPTZ IS NULL OR started_at >= $known_since)
    GROUP BY identity_id
),
known AS (
    FROM come SEMI JOIN (
        SELECT identity_id FROM earlier_visits
        WHERE
            occurred_at < $since
            AND ($known_since::TIMESTAMPTZ IS NULL OR started_at >= $known_since)
    ) USING (identity_id)
),
firsts AS (
    FROM come ANTI JOIN known USING (identity_id)
    UNION ALL
    SELECT identity_id, '-infinity'::TIMESTAMPTZ FROM known
)
"""  # noqa: S608  a constant
"""Visits with the slot they began in, its bucket, and when each of their visitors first came, or
`-infinity` where that is in a row of before the range. As visits are of one identity and their
start only moves back, no row says earlier than its visit."""

_RETURNING = composed(
    BUCKETS,
    SLOTS,
    VISITS_BEGUN,
    _BEGAN,
    """
people AS (
    SELECT starts_at, identity_id, count(*) AS visits
    FROM began JOIN buckets_of_slots USING (slot)
    GROUP BY starts_at, identity_id
),
counts AS (
    SELECT
        starts_at,
        sum(visits)::BIGINT AS visits,
        count(*) AS people,
        count(*) FILTER (first_at >= starts_at) AS new_people,
        count(*) FILTER (first_at < starts_at) AS returning_people
    FROM people JOIN firsts USING (identity_id)
    GROUP BY starts_at
)
""",
    select="""
SELECT
    starts_at,
    ends_at,
    coalesce(visits, 0) AS visits,
    coalesce(people, 0) AS people,
    coalesce(new_people, 0) AS new_people,
    coalesce(returning_people, 0) AS returning_people
FROM buckets LEFT JOIN counts USING (starts_at)
ORDER BY starts_at
""",
)

_COHORTS = composed(
    BUCKETS,
    SLOTS,
    VISITS_BEGUN,
    _BEGAN,
    f"""
weeks AS (
    SELECT *, row_number() OVER (ORDER BY starts_at) AS week FROM buckets
),
weeks_of_slots AS (
    SELECT slot, week FROM buckets_of_slots JOIN weeks USING (starts_at)
),
seen AS (
    SELECT DISTINCT identity_id, week FROM began JOIN weeks_of_slots USING (slot)
),
members AS (
    SELECT identity_id, week AS cohort
    FROM (
        SELECT identity_id, {slot_of("first_at")} AS slot FROM firsts
        WHERE first_at >= $since AND first_at < $until
    )
    JOIN weeks_of_slots USING (slot)
),
counts AS (
    SELECT cohort, week, count(*) AS people FROM members JOIN seen USING (identity_id) GROUP BY ALL
)
""",  # noqa: S608  a constant
    select="""
SELECT
    cohorts.starts_at AS cohort_starts_at,
    weeks.week - cohorts.week AS weeks_after,
    coalesce(size.people, 0) AS cohort_size,
    coalesce(counts.people, 0) AS people,
    coalesce(counts.people, 0) / nullif(size.people, 0) AS share
FROM weeks AS cohorts
JOIN weeks ON weeks.week >= cohorts.week
LEFT JOIN counts ON counts.cohort = cohorts.week AND counts.week = weeks.week
LEFT JOIN counts AS size ON size.cohort = cohorts.week AND size.week = cohorts.week
ORDER BY cohort_starts_at, weeks_after
""",
)


def returning_visitors(
    tables: Tables,
    *,
    since: datetime,
    until: datetime,
    time_zone: str,
    bucket: Bucket | None = "day",
    least_group: int = LEAST_GROUP,
    look_back: timedelta | None = None,
) -> pa.Table:
    """Return how many visitors were new and how many came back, a row a bucket.

    Of visits that began in the bucket; of those before, all that are known count, or with
    `look_back` those that began at most so long before the range. Visitors are identities: people
    whom nobody recognised are in no figure.

    Columns: starts_at, ends_at, visits, people, new_people (whose first visit that counts began
    in the bucket), returning_people (the others), suppressed: visits and people are null where
    they are of fewer than `least_group` people, new_people and returning_people where either is.
    """
    params = {
        **in_slots(since, until, bucket, time_zone),
        **of_visits(since, until),
        "known_since": None if look_back is None else since - look_back,
    }
    answer = _asked(_RETURNING, tables, params)
    few, new, returning = (
        withheld_cells(numbers_of(answer, name), [], least=least_group)
        for name in ("people", "new_people", "returning_people")
    )
    part = [one or other for one, other in zip(new, returning, strict=True)]
    shown = hide(answer, few, ["visits", "people"]).drop_columns("suppressed")
    return hide(shown, part, ["new_people", "returning_people"])


def cohort_retention(
    tables: Tables,
    *,
    since: datetime,
    until: datetime,
    time_zone: str,
    least_group: int = LEAST_GROUP,
) -> pa.Table:
    """Return how many of those first seen in a week came again in the weeks after.

    A row a cohort, a week (from Monday) of [since, until), and week from that on; identities.

    Columns: cohort_starts_at, weeks_after (0: the week itself), cohort_size (people), people (of
    them with a visit in that week), share (of the cohort, 0..1; null: nobody), suppressed (fewer
    than `least_group` people, or would give such a figure away: people and share are null; with
    the size of the cohort all of its rows).
    """
    params = {
        **in_slots(since, until, "week", time_zone),
        **of_visits(since, until),
        "known_since": None,
    }
    answer = _asked(_COHORTS, tables, params)
    cells = withhold(answer, least_group=least_group, margins=[["weeks_after"]], columns=[])
    rows = cells.to_pylist()
    small = {
        row["cohort_starts_at"] for row in rows if row["suppressed"] and row["weeks_after"] == 0
    }
    unsized = [row["cohort_starts_at"] in small for row in rows]
    withheld = [row["suppressed"] or own for row, own in zip(rows, unsized, strict=True)]
    sized = hide(answer, unsized, ["cohort_size"]).drop_columns("suppressed")
    return hide(sized, withheld, ["people", "share"])


def _asked(sql: str, tables: Tables, params: Mapping[str, Any]) -> pa.Table:
    """Return the answer to a question of a range, and of `earlier_visits`.

    Apart from the others, so that of all days before the range no more is read than who came.
    """
    visits = narrowed(tables, None, params["read_until"])["visits"]
    own = {
        "visits": part_of(visits, params["since"], params["read_until"]),
        "earlier_visits": part_of(visits, None, params["since"]),
    }
    return run(sql, own, params, limits=limits_of(tables))
