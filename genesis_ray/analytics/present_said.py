"""What was told of people besides names and visits, as whom they are now."""

import pyarrow as pa

from genesis_ray.analytics.decided_rows import alias_rows, override_rows, touched_by
from genesis_ray.analytics.limits import Limits
from genesis_ray.analytics.present_names import keys_of_touched, names_of_touched
from genesis_ray.analytics.query import run
from genesis_ray.analytics.stored import Table, replaced
from genesis_ray.domain.recognition.ledger import WhoIsWho

_PRESENT_IDENTITIES = """
SELECT written.* REPLACE (
    unhex(replace(event_id::VARCHAR, '-', '')) AS event_id,
    present_id AS identity_id
)
FROM written JOIN identity_aliases ON written.identity_id = identity_aliases.identity_id
WHERE tenant_id = $tenant_id
"""

_PRESENT_ALERTS = """
WITH raised AS (
    SELECT DISTINCT ON (alert_id)
        alert_id, identity_id, camera_id, track_id, occurred_at AS raised_at
    FROM alerts
    WHERE
        tenant_id = $tenant_id
        AND identity_id IS NOT NULL
        AND alert_id IN (SELECT alert_id FROM written)
    ORDER BY alert_id, status <> 'raised', occurred_at
),
-- An alert may be raised after its track: once a cool-down is over.
sights AS (
    SELECT *, until + CASE WHEN is_of_track THEN INTERVAL 1 DAY ELSE INTERVAL 0 DAY END AS last_at
    FROM track_overrides CROSS JOIN (VALUES (true), (false)) AS kinds(is_of_track)
),
named AS (
    SELECT
        raised.*,
        coalesce(moved.present_id, identity_aliases.present_id, raised.identity_id) AS named_id
    FROM raised
    LEFT JOIN identity_aliases USING (identity_id)
    LEFT JOIN sights AS moved ON (
        moved.present_id IS NOT NULL
        AND moved.is_of_track = (raised.track_id IS NOT NULL)
        AND moved.camera_id = raised.camera_id
        AND (moved.track_id = raised.track_id OR NOT is_of_track)
        AND (
            moved.identity_id = raised.identity_id
            OR moved.identity_id IS NULL AND is_of_track
        )
        AND raised_at BETWEEN moved.since AND last_at
    )
    QUALIFY row_number() OVER (PARTITION BY alert_id ORDER BY place DESC NULLS LAST) = 1
),
present AS (
    SELECT
        alert_id,
        CASE WHEN NOT EXISTS (
            FROM sights AS rejected
            WHERE
                rejected.present_id IS NULL
                AND rejected.is_of_track = (named.track_id IS NOT NULL)
                AND rejected.identity_id = named_id
                AND rejected.camera_id = named.camera_id
                AND (rejected.track_id = named.track_id OR NOT rejected.is_of_track)
                AND raised_at BETWEEN rejected.since AND rejected.last_at
        ) THEN named_id END AS present_id
    FROM named
)
SELECT written.* REPLACE (
    unhex(replace(written.event_id::VARCHAR, '-', '')) AS event_id,
    CASE WHEN present.alert_id IS NULL THEN identity_id ELSE present_id END AS identity_id
)
FROM written LEFT JOIN present ON written.alert_id = present.alert_id
"""


def present_identities(written: Table, who: WhoIsWho, *, tenant_id: str, limits: Limits) -> Table:
    """Return rows that say something of an identity, as of whom that is now.

    What they say of tracks is what was so then: whom a track is now changes nothing in them. Memory
    is that of the rows of those who are somebody else now.

    Args:
        written: The rows as they were written.
        who: What was decided.
        tenant_id: Whose rows are shown differently; others' are as they were.
        limits: Of each query.
    """
    aliases = alias_rows(who)
    if not len(aliases):
        return written
    tables: dict[str, Table] = {"written": written, "identity_aliases": aliases}
    shown = run(_PRESENT_IDENTITIES, tables, {"tenant_id": tenant_id}, limits=limits)
    hidden = aliases.select(["identity_id"]).append_column(
        "tenant_id", pa.repeat(pa.scalar(tenant_id), len(aliases))
    )
    return replaced(written, [hidden], shown.cast(written.schema))


def present_alerts(
    written: Table, alerts: Table, who: WhoIsWho, *, tenant_id: str, limits: Limits
) -> Table:
    """Return rows of alerts as of whom they are about now; nobody, where that is nobody's track.

    An alert is about whom its track is, one about a visit about whom the track was that was in view
    as it was raised: all rows of it alike. One about no person stays so.

    Args:
        written: The rows as they were written.
        alerts: All rows there are, among them those that tell when each was raised.
        who: What was decided.
        tenant_id: Whose rows are shown differently; others' are as they were.
        limits: Of each query.
    """
    if not touched_by(who):
        return written
    few = names_of_touched(written, who, tenant_id=tenant_id, limits=limits)
    if not len(few):
        return written
    tables: dict[str, Table] = {
        "written": few,
        "alerts": alerts,
        "identity_aliases": alias_rows(who),
        "track_overrides": override_rows(who),
    }
    shown = run(_PRESENT_ALERTS, tables, {"tenant_id": tenant_id}, limits=limits)
    hidden = keys_of_touched(who, tenant_id).values()
    return replaced(written, [*hidden], shown.cast(written.schema))
