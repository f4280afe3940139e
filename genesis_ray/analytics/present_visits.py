"""Visits as they would have been, had it been known all along who is who.

Visits of merged identities are one where they overlap, or lie no further apart than a visit's gap.
A visit of which some tracks are not its visitor's is cut along its tracks. A track that somebody
confirmed to be somebody's makes a visit, or is part of one, as if it had been named.
"""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from genesis_ray.analytics.decided_rows import alias_rows, cut_by, touched_by
from genesis_ray.analytics.limits import Limits
from genesis_ray.analytics.present_names import names_of_touched, who_tracks_are
from genesis_ray.analytics.query import run
from genesis_ray.analytics.stored import Table, Tables, narrowed, replaced
from genesis_ray.analytics.zone_lists import bounded
from genesis_ray.domain.recognition.ledger import WhoIsWho

_PRESENT_VISITS = f"""
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
tracks AS (
    SELECT camera_id, track_id, min(occurred_at) AS first_at, max(occurred_at) AS last_at
    FROM (
        FROM track_observations
        WHERE tenant_id = $tenant_id AND occurred_at >= $since AND occurred_at < $until
    )
    SEMI JOIN written USING (camera_id, track_id)
    GROUP BY camera_id, track_id
),
named AS (
    SELECT DISTINCT
        written.event_id::VARCHAR AS event_id,
        written.site_id,
        written.identity_id,
        present.present_id,
        is_confirmed,
        decision,
        camera_id,
        track_id,
        least(written.occurred_at, first_at) AS since,
        greatest(written.occurred_at, last_at) AS until
    FROM written
    JOIN present ON written.event_id::VARCHAR = present.event_id
    LEFT JOIN tracks USING (camera_id, track_id)
),
sights AS (
    SELECT DISTINCT identity_id, present_id, camera_id, track_id, since, until
    FROM named WHERE decision IN ('named', 'carried') AND list_contains($cut, identity_id)
),
-- A track that was left for review more than once is one sight all the same.
confirmed AS (
    SELECT
        min(event_id) AS visit_id, present_id, any_value(site_id) AS site_id, camera_id, track_id,
        since AS started_at, until AS ended_at
    FROM named WHERE is_confirmed AND present_id IS NOT NULL
    GROUP BY present_id, camera_id, track_id, since, until
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
entered AS (
    SELECT camera_id, track_id, zone_id, occurred_at
    FROM (
        FROM zone_crossings
        WHERE
            tenant_id = $tenant_id
            AND direction = 'enter'
            AND occurred_at >= $since
            AND occurred_at < $until
    )
    SEMI JOIN loose USING (camera_id, track_id)
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
            FROM entered
            WHERE
                entered.camera_id = loose.camera_id
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
    SELECT * REPLACE ({bounded("zone_ids")} AS zone_ids), ended_at, ended_at, 'end'
    FROM joined WHERE ended_at IS NOT NULL
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
"""  # noqa: S608  a piece of ours

_VISITS_OF_TOUCHED = """
SELECT * REPLACE (unhex(replace(event_id::VARCHAR, '-', '')) AS event_id)
FROM visit_events
WHERE tenant_id = $tenant_id AND list_contains($touched, identity_id)
"""

_AROUND_A_NAME = timedelta(days=1)
"""For which a track is looked for before it was named, and after."""

_NEVER = datetime(9999, 1, 1, tzinfo=UTC)


class VisitsNow(NamedTuple):
    """Visits that are not shown as they were written.

    Attributes:
        tenant_id: Whose they are.
        identity_ids: Whose rows of `visits` do not count as written.
        rows: Those that do instead, by (occurred_at, event_id).
    """

    tenant_id: str
    identity_ids: frozenset[str]
    rows: pa.Table

    def among(self, written: Table) -> Table:
        """Return rows of `visits` with these instead of those that do not count."""
        own = sorted(self.identity_ids)
        hidden = pa.table(
            {
                "tenant_id": pa.array([self.tenant_id] * len(own), pa.string()),
                "identity_id": pa.array(own, pa.string()),
            }
        )
        return replaced(written, [hidden], self.rows)


def visits_now(
    tables: Tables, who: WhoIsWho, *, tenant_id: str, visit_gap: timedelta, limits: Limits
) -> VisitsNow:
    """Return the visits that are shown differently: those of identities a decision is about.

    Memory is that of their rows, and of what tracks of theirs were named. Tracks and zones are
    looked at only where a track was taken from somebody or given to them, and of these tracks
    alone, a day before and after they were named.

    Args:
        tables: The event tables as they were written.
        who: What was decided.
        tenant_id: Whose rows are shown differently.
        visit_gap: How far apart visits of one identity are at least.
        limits: Of each query.
    """
    touched, cut, written = touched_by(who), cut_by(who), tables["visits"]
    own = {"tenant_id": tenant_id, "touched": touched}
    visits = run(_VISITS_OF_TOUCHED, {"visits": written}, own, limits=limits).cast(written.schema)
    names = names_of_touched(tables["face_recognitions"], who, tenant_id=tenant_id, limits=limits)
    since, until = _around(names)
    around = narrowed(tables, since, until) if cut or who.confirmed else tables
    shown: dict[str, Table] = {
        "visits_written": visits,
        "written": names,
        "present": who_tracks_are(names, who, tenant_id=tenant_id, limits=limits),
        "identity_aliases": alias_rows(who),
    }
    for name in ("track_observations", "zone_crossings"):
        has_parts = since and (cut or who.confirmed)
        shown[name] = around[name] if has_parts else tables[name].schema.empty_table()
    params = {
        **own,
        "cut": cut,
        "gap_s": visit_gap.total_seconds(),
        "never": _NEVER,
        "since": since,
        "until": until,
    }
    rows = run(_PRESENT_VISITS, shown, params, limits=limits).cast(written.schema)
    return VisitsNow(tenant_id, frozenset(touched), rows)


def _around(names: pa.Table) -> tuple[datetime | None, datetime | None]:
    """Return when tracks can have been seen that were named so."""
    if not len(names):
        return None, None
    times = pc.min_max(names["occurred_at"])
    return times["min"].as_py() - _AROUND_A_NAME, times["max"].as_py() + _AROUND_A_NAME
