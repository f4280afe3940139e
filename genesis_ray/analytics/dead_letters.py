"""What was set aside, and what became of it."""

from datetime import datetime

import pyarrow as pa

from genesis_ray.analytics.query import run
from genesis_ray.analytics.stored import Tables

_PRESENT = """
WITH set_aside AS (
    SELECT * FROM dead_letters
    WHERE status = 'waiting'
    QUALIFY row_number() OVER (
        PARTITION BY tenant_id, dead_letter_id ORDER BY attempts, occurred_at, event_id
    ) = 1
),
tries AS (
    SELECT
        tenant_id,
        dead_letter_id,
        max(attempts) AS all_attempts,
        arg_max(reason, attempts) AS last_reason
    FROM dead_letters
    WHERE status = 'waiting'
    GROUP BY tenant_id, dead_letter_id
),
outcomes AS (
    SELECT tenant_id, dead_letter_id, status, occurred_at AS changed_at, reason AS outcome
    FROM dead_letters
    WHERE status <> 'waiting'
    QUALIFY row_number() OVER (
        PARTITION BY tenant_id, dead_letter_id ORDER BY occurred_at DESC, event_id DESC
    ) = 1
)
SELECT
    dead_letter_id,
    tenant_id,
    site_id,
    camera_id,
    set_aside.occurred_at AS captured_at,
    unit,
    stage,
    frame_index,
    all_attempts AS attempts,
    last_reason AS reason,
    coalesce(outcomes.status, 'waiting') AS status,
    changed_at,
    coalesce(outcome, '') AS outcome
FROM set_aside
JOIN tries USING (tenant_id, dead_letter_id)
LEFT JOIN outcomes USING (tenant_id, dead_letter_id)
WHERE
    ($status IS NULL OR coalesce(outcomes.status, 'waiting') = $status)
    AND (
        $after IS NULL
        OR set_aside.occurred_at > $after
        OR set_aside.occurred_at = $after AND dead_letter_id > $after_id
    )
ORDER BY captured_at, dead_letter_id
LIMIT $most
"""


def present(
    tables: Tables,
    *,
    status: str | None = None,
    after: tuple[datetime, str] | None = None,
    limit: int | None = None,
) -> pa.Table:
    """Return each dead letter as it is now, a row each, by (captured_at, dead_letter_id).

    Args:
        tables: With `dead_letters`, which has a row from when each was set aside, one from each
            time that it was replayed and failed again, and one from each thing that became of it.
        status: Only those that are waiting, replayed or dropped now; None: all.
        after: Only those behind this captured_at and dead_letter_id; None: from the first one.
        limit: So many of them at most; None: all.

    Columns: dead_letter_id, tenant_id, site_id, camera_id, captured_at, unit, stage, frame_index,
    attempts, reason (of the last failure), status, changed_at and outcome (of what became of it
    last; null and "" while it waits).
    """
    at, letter_id = after or (None, None)
    params = {"status": status, "after": at, "after_id": letter_id, "most": limit}
    return run(_PRESENT, tables, params)
