"""Whom tracks were named, as it would be had it been known all along who is who."""

import pyarrow as pa

from genesis_ray.analytics.decided_rows import alias_rows, override_rows, touched_by
from genesis_ray.analytics.limits import Limits
from genesis_ray.analytics.query import run
from genesis_ray.analytics.stored import Table, replaced
from genesis_ray.domain.recognition.ledger import WhoIsWho

_WHO_TRACKS_ARE = """
WITH named AS (
    SELECT
        written.*,
        coalesce(moved.present_id, identity_aliases.present_id, written.identity_id) AS named_id,
        moved.present_id IS NOT NULL AND moved.identity_id IS NULL AS is_confirmed
    FROM written
    LEFT JOIN identity_aliases USING (identity_id)
    LEFT JOIN track_overrides AS moved ON (
        moved.present_id IS NOT NULL
        AND (moved.identity_id IS NULL OR moved.identity_id = written.identity_id)
        AND moved.camera_id = written.camera_id
        AND moved.track_id = written.track_id
        AND written.occurred_at BETWEEN moved.since AND moved.until
    )
    WHERE tenant_id = $tenant_id
    QUALIFY row_number() OVER (PARTITION BY event_id ORDER BY place DESC NULLS LAST) = 1
)
SELECT
    event_id,
    CASE WHEN NOT EXISTS (
        FROM track_overrides AS rejected
        WHERE
            rejected.present_id IS NULL
            AND rejected.identity_id = named_id
            AND rejected.camera_id = named.camera_id
            AND rejected.track_id = named.track_id
            AND named.occurred_at BETWEEN rejected.since AND rejected.until
    ) THEN named_id END AS present_id,
    is_confirmed
FROM named
"""

_PRESENT_NAMES = """
SELECT written.* REPLACE (
    unhex(replace(written.event_id::VARCHAR, '-', '')) AS event_id,
    coalesce(present.present_id, written.identity_id) AS identity_id,
    CASE WHEN present.is_confirmed THEN 'named' ELSE decision END AS decision
)
FROM written LEFT JOIN present ON written.event_id::VARCHAR = present.event_id
WHERE present.present_id IS NOT NULL
ORDER BY occurred_at, event_id
"""

_NAMES_OF_TOUCHED = """
SELECT * REPLACE (unhex(replace(event_id::VARCHAR, '-', '')) AS event_id)
FROM written
WHERE
    tenant_id = $tenant_id
    AND (
        identity_id IN (SELECT identity_id FROM identities)
        OR (camera_id, track_id) IN (SELECT (camera_id, track_id) FROM tracks)
    )
"""


def present_names(written: Table, who: WhoIsWho, *, tenant_id: str, limits: Limits) -> Table:
    """Return rows of `face_recognitions` as they are now.

    Rows that no decision is about stay where they are: memory is that of the others.

    Args:
        written: The rows as they were written.
        who: What was decided.
        tenant_id: Whose rows are shown differently; others' are as they were.
        limits: Of each query.
    """
    few = names_of_touched(written, who, tenant_id=tenant_id, limits=limits)
    present = who_tracks_are(few, who, tenant_id=tenant_id, limits=limits)
    shown = run(_PRESENT_NAMES, {"written": few, "present": present}, limits=limits)
    hidden = keys_of_touched(who, tenant_id).values()
    return replaced(written, [*hidden], shown.cast(written.schema))


def names_of_touched(written: Table, who: WhoIsWho, *, tenant_id: str, limits: Limits) -> pa.Table:
    """Return the rows of names, as they were written, that a decision is about.

    They may be of any table that has an identity, a camera and a track.
    """
    tables: dict[str, Table] = {"written": written, **keys_of_touched(who, tenant_id)}
    answer = run(_NAMES_OF_TOUCHED, tables, {"tenant_id": tenant_id}, limits=limits)
    return answer.cast(written.schema)


def who_tracks_are(names: Table, who: WhoIsWho, *, tenant_id: str, limits: Limits) -> pa.Table:
    """Return of rows of `face_recognitions` whom each names now; null: it is nobody.

    The columns are event_id, present_id, and whether somebody confirmed that.
    """
    tables = {
        "written": names,
        "identity_aliases": alias_rows(who),
        "track_overrides": override_rows(who),
    }
    return run(_WHO_TRACKS_ARE, tables, {"tenant_id": tenant_id}, limits=limits)


def keys_of_touched(who: WhoIsWho, tenant_id: str) -> dict[str, pa.Table]:
    """Return by what rows are known that a decision is about: their identity, or their track."""
    identities = pa.table({"identity_id": pa.array(touched_by(who), pa.string())})
    tracks = override_rows(who).select(["camera_id", "track_id"])
    tracks = tracks.group_by(["camera_id", "track_id"]).aggregate([])
    tenant = pa.scalar(tenant_id)
    return {
        name: keys.append_column("tenant_id", pa.repeat(tenant, len(keys)))
        for name, keys in (("identities", identities), ("tracks", tracks))
    }
