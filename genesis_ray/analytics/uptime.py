"""How much of the time cameras were online."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from genesis_ray.analytics.ranges import Ids, ask, ids
from genesis_ray.analytics.stored import Tables
from genesis_ray.domain.clocks.site_time import Bucket, bucket_edges
from genesis_ray.domain.figures.state_times import times_in_states

_ONLINE = ("online",)
_IMPAIRED = ("behind", "too_fast", "clock_skewed", "decoding_errors", "frozen", "black", "white")
_OFFLINE = ("connecting", "stalled", "failed")
_KINDS = {
    state: kind for kind, states in enumerate((_ONLINE, _IMPAIRED, _OFFLINE)) for state in states
}
_UNWATCHED = 3
"""What all other states count as: `ended`."""

_STATES = """
SELECT camera_id, state, epoch_us(occurred_at) AS at_us
FROM camera_states
WHERE
    occurred_at < least($until, $now)
    AND ($camera_ids::VARCHAR[] IS NULL OR list_contains($camera_ids::VARCHAR[], camera_id))
ORDER BY camera_id, occurred_at, event_id
"""

_EPOCH = datetime.fromtimestamp(0, UTC)
_MICROSECOND = timedelta(microseconds=1)
_S = 1_000_000
_TIME = pa.timestamp("us", tz="UTC")


def camera_uptime(
    tables: Tables,
    *,
    since: datetime,
    until: datetime,
    time_zone: str,
    bucket: Bucket | None = "hour",
    camera_ids: Ids = None,
    now: datetime | None = None,
) -> pa.Table:
    """Return in which state each camera was for how long, a row a bucket and camera.

    A state lasts until the next, however long before the range it began, and no longer than until
    `now`, by default the present: of what is to come nobody has watched anything.

    Columns: starts_at, ends_at, camera_id; in seconds, which add up to the bucket: online_s,
    impaired_s (pictures come, and something is wrong with them: black, frozen, behind, ...),
    offline_s (connecting, stalled, failed), unwatched_s (before the first state, after the source
    has ended, or yet to come); share_online (of the time that was watched, 0..1; null: none was).
    """
    edges = bucket_edges(since, until, bucket, time_zone)
    present = now or datetime.now(UTC)
    params = {
        "until": edges[-1],
        "camera_ids": ids(camera_ids),
        "now": present,
    }
    states = ask(_STATES, tables, params, with_history=True)
    # Few rows: to add them up here takes half as long as to have it planned.
    cameras = states["camera_id"].combine_chunks().dictionary_encode()
    names = states["state"].combine_chunks().dictionary_encode()
    told: list[Any] = names.dictionary.to_pylist()
    kinds = [_KINDS.get(name, _UNWATCHED) for name in told]
    edges_us = np.array([(edge - _EPOCH) // _MICROSECOND for edge in edges], np.int64)
    times_us = times_in_states(
        cameras.indices.to_numpy().astype(np.int64),
        states["at_us"].to_numpy(),
        np.array(kinds, np.int64)[names.indices.to_numpy()],
        edges_us,
        until=(present - _EPOCH) // _MICROSECOND,
        kind_count=_UNWATCHED + 1,
    )
    return _rows(cameras.dictionary, edges_us, times_us[:, :, :_UNWATCHED])


def _rows(
    camera_ids: "pa.Array[Any]", edges_us: npt.NDArray[np.int64], watched_us: npt.NDArray[np.int64]
) -> pa.Table:
    """Return a row a camera and bucket, of microseconds online, impaired, offline [..., 3]."""
    cameras, buckets, _ = watched_us.shape
    all_us = watched_us.sum(axis=2).ravel()
    online_s, impaired_s, offline_s = map(pa.array, (watched_us / _S).reshape(-1, _UNWATCHED).T)
    nobody = all_us == 0
    share = np.divide(watched_us[:, :, 0].ravel(), all_us, where=~nobody, out=np.zeros(len(all_us)))
    times = [pa.array(np.tile(at, cameras)).cast(_TIME) for at in (edges_us[:-1], edges_us[1:])]
    return pa.table(
        {
            "starts_at": times[0],
            "ends_at": times[1],
            "camera_id": camera_ids.take(np.repeat(np.arange(cameras), buckets)),
            "online_s": online_s,
            "impaired_s": impaired_s,
            "offline_s": offline_s,
            "unwatched_s": pa.array((np.tile(np.diff(edges_us), cameras) - all_us) / _S),
            "share_online": pa.array(share, mask=nobody),
        }
    )
