"""Which minutes of the metrics were unusual, against those just before."""

import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from genesis_ray.analytics.anomalies import in_the_last, told
from genesis_ray.analytics.blind_times import BlindTimes, blind_times
from genesis_ray.analytics.extent import extent, is_within
from genesis_ray.analytics.metrics import METRICS, metrics
from genesis_ray.analytics.ranges import Ids
from genesis_ray.analytics.reach import reach_of
from genesis_ray.analytics.stored import Tables
from genesis_ray.domain.clocks.site_time import even_edges, range_between
from genesis_ray.domain.figures.anomalies import RecentPolicy, RecentScore
from genesis_ray.errors import ConfigurationError

_BY_ZONE = "people_by_zone"

_PIECE_BUCKETS = 2_000
"""That are looked at together: a day of minutes, with those before that it is compared with."""

_FIELDS: "list[pa.Field[Any]]" = [
    pa.field("starts_at", pa.timestamp("us", tz="UTC")),
    pa.field("metric", pa.string()),
    pa.field("zone_id", pa.string()),
    pa.field("value", pa.float64()),
    pa.field("expected", pa.float64()),
    pa.field("spread", pa.float64()),
    pa.field("score", pa.float64()),
    pa.field("direction", pa.string()),
    pa.field("why", pa.string()),
]
_FOUND = pa.schema(_FIELDS)


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
    than `warm_up` values nothing is. What no camera watched is no value: minutes before the first
    event and after the last, and those of which `blind_times` has a part.

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
    even_edges(start, end, bucket_s)
    known = _known(tables, start - timedelta(seconds=bucket_s * window), end)
    if known is None:
        return _FOUND.empty_table()
    series = _Series(
        policy, blind_times(tables, since=known[0], until=known[1], camera_ids=camera_ids)
    )
    found: list[dict[str, Any]] = []
    for first, last in _pieces(*known, bucket_s):
        rows = metrics(
            tables, since=first, until=last, bucket_s=bucket_s, names=names, camera_ids=camera_ids,
            queue_zone_ids=queue_zone_ids,
        )  # fmt: skip
        found += (row for row in series.unusual(rows, bucket_s) if row["starts_at"] >= start)
    return pa.Table.from_pylist(found, schema=_FOUND)


def _known(tables: Tables, start: datetime, end: datetime) -> tuple[datetime, datetime] | None:
    """Return the part of a range that events tell of, so that no other zeros are values."""
    now = datetime.now(UTC)
    events = (start, end)
    if not is_within(tables, since=start, until=end, now=now):
        found = extent(tables, until=now)
        if found is None:
            return None
        events = found
    first, last = max(start, events[0], reach_of(tables, "metrics").events), min(end, events[1])
    return (first, last) if first < last else None


def _pieces(since: datetime, until: datetime, bucket_s: int) -> Iterator[tuple[datetime, datetime]]:
    """Yield [since, until) in pieces of `_PIECE_BUCKETS`; only its own ends cut a bucket."""
    first_s, last_s = int(since.timestamp() // bucket_s) * bucket_s, until.timestamp()
    piece_s = bucket_s * _PIECE_BUCKETS
    edges_s = range(first_s + piece_s, math.ceil(last_s), piece_s)
    yield from pairwise([since, *(datetime.fromtimestamp(at_s, UTC) for at_s in edges_s), until])


class _Key(NamedTuple):
    """What values are a series of; the zone is empty where they are of the site."""

    metric: str
    zone_id: str = ""


class _Series:
    """The series of all metrics, as far as they have been gone through."""

    def __init__(self, policy: RecentPolicy, blind: BlindTimes) -> None:
        self._policy = policy
        self._blind = blind
        self._scores: dict[_Key, RecentScore] = {}
        self._values = 0

    def unusual(self, rows: pa.Table, bucket_s: int) -> list[dict[str, Any]]:
        """Take further metrics; return the values of whole buckets that are unusual, by time."""
        bucket = timedelta(seconds=bucket_s)
        starts: list[Any] = rows["starts_at"].to_pylist()
        ends: list[Any] = rows["ends_at"].to_pylist()
        places = np.array(
            [
                place
                for place, (start, end) in enumerate(zip(starts, ends, strict=True))
                if end - start == bucket and not self._blind.touch(start, end)
            ],
            np.int64,
        )
        found = []
        for key, values in self._by_key(rows, places):
            known = np.flatnonzero(~np.isnan(values))
            for place, reading in self._scores[key].unusual(values[known]):
                own = {
                    "starts_at": starts[places[known[place]]],
                    "metric": key.metric,
                    "zone_id": key.zone_id or None,
                }
                found.append(own | told(key.metric, reading, in_the_last(reading)))
        self._values += len(places)
        return sorted(
            found, key=lambda row: (row["starts_at"], row["metric"], row["zone_id"] or "")
        )

    def _by_key(
        self, rows: pa.Table, places: npt.NDArray[np.int64]
    ) -> Iterator[tuple[_Key, npt.NDArray[np.float64]]]:
        """Yield the values of each series at some places, one after the other; NaN: none."""
        for metric in METRICS:
            if metric in rows.column_names and metric != _BY_ZONE:
                key = _Key(metric)
                self._scores.setdefault(key, RecentScore(self._policy))
                yield key, pc.cast(rows[metric], pa.float64()).to_numpy()[places]
        if _BY_ZONE not in rows.column_names:
            return
        people = {zone_id: own[places] for zone_id, own in _people_by_zone(rows[_BY_ZONE]).items()}
        entered = {_Key(_BY_ZONE, zone_id) for zone_id, own in people.items() if own.any()}
        self._scores |= {key: self._empty_so_far() for key in entered - self._scores.keys()}
        nobody = np.zeros(len(places))
        for key in sorted(key for key in self._scores if key.metric == _BY_ZONE):
            yield key, people.get(key.zone_id, nobody)

    def _empty_so_far(self) -> RecentScore:
        """Return the score of a zone that nobody was in yet."""
        score = RecentScore(self._policy)
        score.unusual(np.zeros(min(self._values, self._policy.window)))
        return score


def _people_by_zone(column: "pa.ChunkedArray[Any]") -> dict[str, npt.NDArray[np.float64]]:
    """Return how many were in each zone, [rows], of a column of maps."""
    found: dict[str, npt.NDArray[np.float64]] = {}
    first = 0
    maps: Any  # the stubs know of no arrays of maps
    for maps in column.chunks:
        offsets = maps.offsets.to_numpy()
        places = first + np.repeat(np.arange(len(maps)), np.diff(offsets))
        own = slice(offsets[0], offsets[-1])
        zones = maps.keys[own].dictionary_encode()
        codes, people = zones.indices.to_numpy(), maps.items[own].to_numpy()
        for code, zone_id in enumerate(zones.dictionary.to_pylist()):
            is_own = codes == code
            found.setdefault(zone_id, np.zeros(len(column)))[places[is_own]] = people[is_own]
        first += len(maps)
    return found
