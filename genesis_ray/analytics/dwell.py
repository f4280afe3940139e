"""How long people stay in zones."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import pyarrow as pa

from genesis_ray.analytics.ranges import LONGEST_STAY, Ids, ask, composed, ids
from genesis_ray.analytics.rolled_up import Figures, from_quarters
from genesis_ray.analytics.stays import STAYS, of_stays
from genesis_ray.analytics.stored import Tables
from genesis_ray.domain.figures.rollups import STAY_BINS, STAY_EDGES_S
from genesis_ray.errors import ConfigurationError

BINS_S = tuple(map(float, STAY_EDGES_S))
"""Where the bins of a histogram of durations begin; the last is open."""

_CHOSEN = """
chosen AS (
    SELECT camera_id, zone_id, has_left, epoch(left_at - entered_at) AS dwell_s
    FROM stays
    WHERE
        entered_at >= $since
        AND entered_at < $until
        AND ($zone_ids::VARCHAR[] IS NULL OR list_contains($zone_ids::VARCHAR[], zone_id))
)
"""

_DWELL = composed(
    STAYS,
    _CHOSEN,
    select="""
SELECT
    camera_id,
    zone_id,
    count(*) FILTER (has_left) AS stays,
    count(*) FILTER (NOT has_left) AS unfinished,
    sum(dwell_s) FILTER (has_left) AS total_s,
    avg(dwell_s) FILTER (has_left) AS mean_s,
    quantile_cont(dwell_s, 0.5) FILTER (has_left) AS p50_s,
    quantile_cont(dwell_s, 0.9) FILTER (has_left) AS p90_s,
    quantile_cont(dwell_s, 0.95) FILTER (has_left) AS p95_s,
    max(dwell_s) FILTER (has_left) AS max_s
FROM chosen
GROUP BY camera_id, zone_id
ORDER BY camera_id, zone_id
""",
)

_HISTOGRAM = composed(
    STAYS,
    _CHOSEN,
    """
bins AS (
    SELECT unnest($from_s::DOUBLE[]) AS from_s, unnest($to_s::DOUBLE[]) AS to_s
),
counts AS (
    SELECT camera_id, zone_id, from_s, count(*) AS stays
    FROM chosen ASOF JOIN bins ON dwell_s >= from_s
    WHERE has_left
    GROUP BY ALL
)
""",
    select="""
SELECT camera_id, zone_id, from_s, to_s, coalesce(stays, 0) AS stays
FROM bins
CROSS JOIN (SELECT DISTINCT camera_id, zone_id FROM chosen)
LEFT JOIN counts USING (camera_id, zone_id, from_s)
ORDER BY camera_id, zone_id, from_s
""",
)


_HISTOGRAM_OF_QUARTERS = composed(
    """
chosen AS (
    SELECT camera_id, zone_id, list_value(*COLUMNS('stay_from_.*')) AS of_bins FROM zones
    WHERE
        stays + unfinished > 0
        AND ($camera_ids::VARCHAR[] IS NULL OR list_contains($camera_ids::VARCHAR[], camera_id))
        AND ($zone_ids::VARCHAR[] IS NULL OR list_contains($zone_ids::VARCHAR[], zone_id))
),
numbered AS (
    SELECT camera_id, zone_id, unnest($from_s::DOUBLE[]) AS from_s, unnest(of_bins) AS stays
    FROM chosen
),
sums AS (
    SELECT camera_id, zone_id, from_s, sum(stays)::BIGINT AS stays FROM numbered GROUP BY ALL
)
""",
    select="""
SELECT camera_id, zone_id, from_s, to_s, stays
FROM sums
JOIN (SELECT unnest($from_s::DOUBLE[]) AS from_s, unnest($to_s::DOUBLE[]) AS to_s) USING (from_s)
ORDER BY camera_id, zone_id, from_s
""",
)


def dwell(
    tables: Tables,
    *,
    since: datetime,
    until: datetime,
    camera_ids: Ids = None,
    zone_ids: Ids = None,
    longest_stay: timedelta = LONGEST_STAY,
) -> pa.Table:
    """Return how long the stays that began in [since, until) took, a row a zone.

    Columns: camera_id, zone_id, stays (that are over), unfinished (without an exit within
    `longest_stay`; in no other column), and of the stays in seconds total_s, mean_s, p50_s,
    p90_s, p95_s, max_s.
    """
    params = _params(since, until, camera_ids, zone_ids, longest_stay)
    return ask(_DWELL, tables, params)


def dwell_histogram(
    tables: Tables,
    *,
    since: datetime,
    until: datetime,
    camera_ids: Ids = None,
    zone_ids: Ids = None,
    longest_stay: timedelta = LONGEST_STAY,
    bins_s: Sequence[float] = BINS_S,
) -> pa.Table:
    """Return how many of the same stays took how long, a row a zone and bin, empty ones too.

    Columns: camera_id, zone_id, from_s, to_s (seconds; not in the bin; null: open), stays.

    Raises:
        ConfigurationError: The bins do not begin at 0 and grow.
    """
    params = _params(since, until, camera_ids, zone_ids, longest_stay) | bins(bins_s)
    rolled_up = None
    if tuple(bins_s) == BINS_S and longest_stay == LONGEST_STAY:
        whole = {**params, "edges": [params["since"], params["until"]]}
        figures: Figures = {"zones": ("stays", "unfinished", *STAY_BINS)}
        rolled_up = from_quarters(_HISTOGRAM_OF_QUARTERS, tables, whole, figures)
    return ask(_HISTOGRAM, tables, params) if rolled_up is None else rolled_up


def bins(starts_s: Sequence[float]) -> dict[str, object]:
    """Return the parameters $from_s and $to_s of bins that begin at `starts_s`."""
    starts = list(starts_s)
    if not starts or starts[0] != 0 or any(end <= start for start, end in pairwise(starts)):
        raise ConfigurationError(f"expected bins that begin at 0 and grow, got {starts}")
    return {"from_s": starts, "to_s": [*starts[1:], None]}


def _params(
    since: datetime, until: datetime, camera_ids: Ids, zone_ids: Ids, longest_stay: timedelta
) -> dict[str, object]:
    return {
        **of_stays(since, until, longest_stay),
        "camera_ids": ids(camera_ids),
        "zone_ids": ids(zone_ids),
    }
