"""Which minutes of the metrics were unusual, against those just before."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from genesis_ray.analytics.anomalies import unusual
from genesis_ray.analytics.extent import extent
from genesis_ray.analytics.metrics import METRICS, metrics
from genesis_ray.analytics.ranges import Ids
from genesis_ray.analytics.reach import reach_of
from genesis_ray.analytics.stored import Tables
from genesis_ray.domain.anomalies import RecentPolicy
from genesis_ray.domain.site_time import range_between
from genesis_ray.errors import ConfigurationError

_BY_ZONE = "people_by_zone"

_SERIES_FIELDS: "list[pa.Field[Any]]" = [
    pa.field("at", pa.timestamp("us", tz="UTC")),
    pa.field("metric", pa.string()),
    pa.field("zone_id", pa.string()),
    pa.field("value", pa.float64()),
]
_SERIES = pa.schema(_SERIES_FIELDS)

_COLUMNS = (
    "starts_at", "metric", "zone_id", "value", "expected", "spread", "score", "direction", "why",
)  # fmt: skip


def anomalies(
    tables: Tables,
    *,
    since: datetime,
    until: datetime,
    bucket_s: int = 60,
    names: Sequence[str] = METRICS,
    camera_ids: Ids = None,
    queue_zone_ids: Sequence[str] = (),
    window: int = 100,
    threshold: float = 2.0,
    warm_up: int = 30,
) -> pa.Table:
    """Return the values of metrics in [since, until) that were unusual, by time.

    Each is compared with mean and standard deviation of the `window` before it in its series, those
    before the range included; what is less than 1 away from the mean is never unusual. With fewer
    than `warm_up` values nothing is, nor is it in what the site was not recorded for.

    Args:
        tables: See `metrics.metrics`, of which the values are.
        since: Start of the range.
        until: Its end, not within.
        bucket_s: Seconds of a value.
        names: Only these metrics.
        camera_ids: Only these cameras.
        queue_zone_ids: Where people queue.
        window: Values that each is compared with, at most.
        threshold: Standard deviations that are still usual.
        warm_up: Values before the first verdict.

    Columns: starts_at, metric, zone_id (of people_by_zone, else null), value, expected, spread (in
    the metric's unit), score (spreads from what was expected), direction (above, below), why.

    Raises:
        ConfigurationError: There is no such range or metric, or the policy gives no verdict.
    """
    try:
        policy = RecentPolicy(window=window, threshold=threshold, least_samples=warm_up)
    except ValueError as error:
        raise ConfigurationError(str(error).replace("least_samples", "warm_up")) from error
    start, end = range_between(since, until)
    known = max(start - timedelta(seconds=bucket_s * window), _first(tables, start))
    if known >= end:
        return _found(_SERIES.empty_table(), start, policy)
    rows = metrics(
        tables, since=known, until=end, bucket_s=bucket_s, names=names, camera_ids=camera_ids,
        queue_zone_ids=queue_zone_ids,
    ).to_pylist()  # fmt: skip
    whole = [row for row in rows if (row["ends_at"] - row["starts_at"]).total_seconds() == bucket_s]
    series = pa.Table.from_pylist([*_values(whole)], schema=_SERIES)
    return _found(series, start, policy)


def _first(tables: Tables, start: datetime) -> datetime:
    """Return the time before which nothing is known, so that its zeros are no values."""
    known = extent(tables, until=datetime.now(UTC))
    return max(known[0] if known else start, reach_of(tables, "metrics").events)


def _found(series: pa.Table, start: datetime, policy: RecentPolicy) -> pa.Table:
    found = unusual(series, zone=ZoneInfo("UTC"), start=start, recent=policy, weekly=None)
    return found.rename_columns(
        ["starts_at" if name == "at" else name for name in found.column_names]
    ).select(list(_COLUMNS))


def _values(rows: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    zones = {zone for row in rows for zone, _ in row.get(_BY_ZONE, ())}
    for row in rows:
        at = row["starts_at"]
        for name in METRICS:
            if name in row and name != _BY_ZONE:
                yield {"at": at, "metric": name, "value": row[name]}
        inside = dict(row.get(_BY_ZONE, ()))
        for zone in sorted(zones):
            value = inside.get(zone, 0)
            yield {"at": at, "metric": _BY_ZONE, "zone_id": zone, "value": value}
