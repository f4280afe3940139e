"""Alerts as they are now."""

import pyarrow as pa

from genesis_ray.analytics.query import run
from genesis_ray.analytics.stored import Tables

_PRESENT = """
WITH raised AS (
    SELECT * FROM alerts
    WHERE status = 'raised'
    QUALIFY row_number() OVER (PARTITION BY tenant_id, alert_id ORDER BY occurred_at) = 1
),
since AS (
    SELECT
        tenant_id,
        alert_id,
        arg_max(severity, occurred_at) FILTER (status IN ('raised', 'escalated')) AS now_severity,
        max(occurred_at) FILTER (status = 'escalated') AS escalated_at,
        min(occurred_at) FILTER (status = 'acknowledged') AS acknowledged_at,
        arg_min(acknowledged_by, occurred_at) FILTER (status = 'acknowledged') AS by_whom,
        arg_min(why, occurred_at) FILTER (status = 'acknowledged') AS why_so,
        min(occurred_at) FILTER (status = 'resolved') AS resolved_at
    FROM alerts
    GROUP BY tenant_id, alert_id
)
SELECT
    alert_id,
    tenant_id,
    site_id,
    camera_id,
    rule_id,
    now_severity AS severity,
    CASE
        WHEN resolved_at IS NOT NULL THEN 'resolved'
        WHEN acknowledged_at IS NOT NULL THEN 'acknowledged'
        WHEN escalated_at IS NOT NULL THEN 'escalated'
        ELSE 'raised'
    END AS status,
    zone_id,
    track_id,
    identity_id,
    message,
    occurred_at AS raised_at,
    escalated_at,
    acknowledged_at,
    coalesce(by_whom, '') AS acknowledged_by,
    coalesce(why_so, '') AS why,
    resolved_at
FROM raised
JOIN since USING (tenant_id, alert_id)
WHERE
    ($open IS NULL OR $open = (resolved_at IS NULL))
    AND ($severity IS NULL OR now_severity = $severity)
ORDER BY raised_at, alert_id
"""


def present(
    tables: Tables, *, is_open: bool | None = None, severity: str | None = None
) -> pa.Table:
    """Return each alert as it is now, a row each, by when it was raised.

    Args:
        tables: With `alerts`, which has a row from when each was raised, and one from each thing
            that became of it.
        is_open: Only those that are not resolved, or only those that are; None: all.
        severity: Only those that are so grave now; None: all.

    Columns: alert_id, tenant_id, site_id, camera_id, rule_id, severity, status (raised, escalated,
    acknowledged or resolved), zone_id, track_id, identity_id, message, raised_at, escalated_at,
    acknowledged_at, acknowledged_by and why ("" as long as nobody did), resolved_at.
    """
    return run(_PRESENT, tables, {"open": is_open, "severity": severity})
