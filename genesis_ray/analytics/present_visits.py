"""Visits as they would have been, had it been known all along who is who.

Visits of merged identities are one where they overlap, or lie no further apart than a visit's gap.
A visit of which some tracks are not its visitor's is cut along its tracks. A track that somebody
confirmed to be somebody's makes a visit, or is part of one, as if it had been named.
"""

from datetime import UTC, datetime, timedelta
from itertools import chain

import pyarrow as pa

from genesis_ray.analytics.limits import Limits
from genesis_ray.analytics.query import run
from genesis_ray.analytics.stored import Table, Tables
from genesis_ray.domain.ledger import WhoIsWho

_PRESENT_VISITS = """
WITH stays AS (
    SELECT
        visit_id,
        identity_id,
        coalesce(any_value(present_id), identity_id) AS present_id,
        any_value(site_id) AS site_id,
        min(started_at) AS started_at,
        max(ended_at) AS ended_at,
        arg_min(camera_id, ended_at IS NOT NULL) AS first_camera_id,
        arg_max(camera_id, ended_at IS NOT NULL) AS last_camera_id,
        coalesce(any_value(zone_ids) FILTER (ended_at IS NOT NULL), []) AS zone_ids
    FROM visits_written LEFT JOIN identity_aliases USING (identity_id)
    WHERE tenant_id = $tenant_id AND list_contains($touched, identity_id)
    GROUP BY visit_id, identity_id
),
sights AS (
    SELECT
        written.identity_id,
        present.present_id,
        camera_id,
        track_id,
        least(written.occurred_at, min(seen.occurred_at)) AS since,
        greatest(written.occurred_at, max(seen.occurred_at)) AS until
    FROM written
    JOIN present ON written.event_id::VARCHAR = present.event_id
    LEFT JOIN (SELECT * FROM track_observations WHERE tenant_id = $tenant_id) AS seen
        USING (camera_id, track_id)
    WHERE decision IN ('named', 'carried') AND list_contains($cut, written.identity_id)
    GROUP BY written.event_id, written.identity_id, present.present_id, camera_id, track_id,
        written.occurred_at
),
confirmed AS (
    SELECT
        written.event_id::VARCHAR AS visit_id,
        present.present_id,
        any_value(written.site_id) AS site_id,
        camera_id,
        track_id,
        least(written.occurred_at, min(seen.occurred_at)) AS started_at,
        greatest(written.occurred_at, max(seen.occurred_at)) AS ended_at
    FROM written
    JOIN present ON written.event_id::VARCHAR = present.event_id
    LEFT JOIN (SELECT * FROM track_observations WHERE tenant_id = $tenant_id) AS seen
        USING (camera_id, track_id)
    WHERE is_confirmed AND present.present_id IS NOT NULL
    GROUP BY written.event_id, present.present_id, camera_id, track_id, written.occurred_at
),
pieces AS (
    SELECT
        visit_id,
        site_id,
        stays.present_id AS visitor_id,
        sights.present_id,
        camera_id,
        track_id,
        greatest(since, started_at) AS started_at,
        -- While the visit goes on, so does the piece of it that was seen last.
        CASE
            WHEN ended_at IS NOT NULL THEN least(until, ended_at)
            WHEN until < max(until) OVER (PARTITION BY visit_id) THEN until
        END AS ended_at
    FROM stays JOIN sights USING (identity_id)
    WHERE since <= coalesce(ended_at, $never) AND until >= started_at
),
cut AS (
    SELECT DISTINCT visit_id FROM pieces WHERE present_id IS DISTINCT FROM visitor_id
),
loose AS (
    SELECT visit_id, present_id, site_id, camera_id, track_id, started_at, ended_at
    FROM pieces SEMI JOIN cut USING (visit_id)
    UNION ALL
    FROM confirmed
),
parts AS (
    SELECT
        visit_id, present_id, site_id, started_at, ended_at, first_camera_id, last_camera_id,
        zone_ids, true AS is_whole
    FROM stays ANTI JOIN cut USING (visit_id)
    UNION ALL
    SELECT
        visit_id, present_id, site_id, started_at, ended_at, camera_id, camera_id,
        coalesce((
            SELECT list(zone_id ORDER BY entered.occurred_at, zone_id)
            FROM zone_crossings AS entered
            WHERE
                tenant_id = $tenant_id
                AND direction = 'enter'
                AND entered.camera_id = loose.camera_id
                AND entered.track_id = loose.track_id
                AND entered.occurred_at BETWEEN loose.started_at
                    AND coalesce(loose.ended_at, $never)
        ), []),
        false
    FROM loose
    WHERE present_id IS NOT NULL
),
in_a_row AS (
    SELECT *, max(coalesce(ended_at, $never)) OVER (
        PARTITION BY present_id ORDER BY started_at, visit_id
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS left_at
    FROM parts
),
numbered AS (
    SELECT *, count_if(left_at IS NULL OR started_at > left_at + to_seconds($gap_s)) OVER (
        PARTITION BY present_id ORDER BY started_at, visit_id
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS number
    FROM in_a_row
),
joined AS (
    SELECT
        present_id,
        any_value(site_id) AS site_id,
        count(*) = 1 AND bool_and(is_whole) AS is_kept,
        arg_min(
            CASE
                WHEN is_whole THEN visit_id
                ELSE md5(visit_id || present_id || epoch_us(started_at))::UUID::VARCHAR
            END,
            (started_at, visit_id)
        ) AS visit_id,
        min(started_at) AS started_at,
        CASE WHEN bool_and(ended_at IS NOT NULL) THEN max(ended_at) END AS ended_at,
        arg_min(first_camera_id, (started_at, visit_id)) AS first_camera_id,
        arg_max(last_camera_id, coalesce(ended_at, $never)) AS last_camera_id,
        flatten(list(zone_ids ORDER BY started_at, visit_id)) AS zone_ids
    FROM numbered
    GROUP BY present_id, number
),
made AS (
    SELECT *, started_at AS occurred_at, NULL AS shown_end, 'start' AS row_kind FROM joined
    UNION ALL
    SELECT *, ended_at, ended_at, 'end' FROM joined WHERE ended_at IS NOT NULL
),
shown AS (
    SELECT written.* REPLACE (
        unhex(replace(event_id::VARCHAR, '-', '')) AS event_id,
        coalesce(kept.present_id, written.identity_id) AS identity_id
    )
    FROM visits_written AS written
    LEFT JOIN stays ON written.visit_id = stays.visit_id AND tenant_id = $tenant_id
    LEFT JOIN (FROM joined WHERE is_kept) AS kept ON stays.visit_id = kept.visit_id
    WHERE stays.visit_id IS NULL OR kept.visit_id IS NOT NULL
    UNION ALL BY NAME
    SELECT
        unhex(md5(visit_id || row_kind || epoch_us(occurred_at))) AS event_id,
        $tenant_id AS tenant_id,
        site_id,
        CASE row_kind WHEN 'start' THEN first_camera_id ELSE last_camera_id END AS camera_id,
        occurred_at,
        visit_id,
        present_id AS identity_id,
        started_at,
        shown_end AS ended_at,
        CASE row_kind WHEN 'start' THEN [] ELSE zone_ids END AS zone_ids
    FROM made
    WHERE NOT is_kept
)
FROM shown ORDER BY occurred_at, event_id
"""

_NEVER = datetime(9999, 1, 1, tzinfo=UTC)


def present_visits(
    tables: Tables,
    who: WhoIsWho,
    *,
    aliases: pa.Table,
    present: pa.Table,
    tenant_id: str,
    visit_gap: timedelta,
    limits: Limits,
) -> pa.Table:
    """Return the rows of visits, from the beginning and the end of each, as they are now.

    Tracks and zones are looked at only where a track was taken from somebody.

    Args:
        tables: The event tables as they were written.
        who: What was decided.
        aliases: Of it, identity_id and present_id of those who are somebody else.
        present: Whom each row of `face_recognitions` names now: event_id and present_id.
        tenant_id: Whose rows are shown differently; others' are as they were.
        visit_gap: How far apart visits of one identity are at least.
        limits: Of the query.
    """
    written, cut = tables["visits"], _cut_by(who)
    shown: dict[str, Table] = {
        "visits_written": written,
        "written": tables["face_recognitions"],
        "present": present,
        "identity_aliases": aliases,
    }
    for name in ("track_observations", "zone_crossings"):
        shown[name] = tables[name] if cut or who.confirmed else tables[name].schema.empty_table()
    params = {
        "tenant_id": tenant_id,
        "touched": touched_by(who),
        "cut": cut,
        "gap_s": visit_gap.total_seconds(),
        "never": _NEVER,
    }
    return run(_PRESENT_VISITS, shown, params, limits=limits).cast(written.schema)


def touched_by(who: WhoIsWho) -> list[str]:
    """Return the identities of which something is shown differently than it was written."""
    cut = _cut_by(who)
    present = {who.now(each) for each in cut} | {who.now(new_id) for _, new_id in who.moved}
    confirmed = chain.from_iterable(who.confirmed.values())
    present |= {who.now(sight.identity_id) for sight in confirmed}
    return sorted({*who.aliases, *who.aliases.values(), *cut, *present})


def _cut_by(who: WhoIsWho) -> list[str]:
    """Return the identities of which a track is not theirs."""
    rejected = {who.now(sight.identity_id) for own in who.rejected.values() for sight in own}
    members = {each for one in rejected for each in who.members(one)}
    return sorted(members | {sight.identity_id for sight, _ in who.moved})
