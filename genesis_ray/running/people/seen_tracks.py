"""What a run has of one track, for a decision about it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from genesis_ray.domain.events import NAMES
from genesis_ray.domain.tracking.track_ids import is_dated
from genesis_ray.domain.tracking.track_sights import TrackSight
from genesis_ray.errors import ConfigurationError, NotFoundError
from genesis_ray.running.people.naming import TrackName
from genesis_ray.running.recordings import recordings_of
from genesis_ray.store.events.reader import read_table
from genesis_ray.store.runs.run_folder import RunFolder

Row = dict[str, Any]
"""A row of `face_recognitions`, as written."""


@dataclass(frozen=True, slots=True)
class SeenTrack:
    """When a track was seen in a run, and what was said of it there.

    Attributes:
        recording: Which it is of, where that has no date and the run tells; else "".
        named: The rows that give it a name.
        nameless: Those by which it has none: it is for review, or nobody known.
    """

    track: TrackName
    since: datetime
    until: datetime
    recording: str
    named: list[Row]
    nameless: list[Row]

    def as_identity(self, identity_id: str) -> TrackSight:
        """Return the track as a decision about it and an identity has it."""
        return TrackSight(
            identity_id=identity_id,
            camera_id=self.track.camera_id,
            track_id=self.track.track_id,
            since=self.since,
            until=self.until,
            recording=self.recording,
        )


def seen_track(track: TrackName, run: RunFolder | None, tenant_id: str) -> SeenTrack:
    """Return what a run has of a track.

    Raises:
        ConfigurationError: No run is named.
        NotFoundError: The run has no such track.
    """
    if run is None:
        raise ConfigurationError("name the run that has the tracks: --run DIR")
    rows, said = (
        _of_track(read_table(run.events, table, tenant_id), track)
        for table in ("track_observations", "face_recognitions")
    )
    times: list[Any] = [*rows["occurred_at"].to_pylist(), *said["occurred_at"].to_pylist()]
    if not times:
        raise NotFoundError(
            f"no track {track} in {run.path}; name the run that has it with --run DIR; "
            f"which tracks there are is in its table track_observations"
        )
    every = said.to_pylist()
    return SeenTrack(
        track,
        utc(min(times)),
        utc(max(times)),
        "" if is_dated(min(times)) else _only(recordings_of(run).get(track.camera_id)),
        named=[row for row in every if row["decision"] in NAMES],
        nameless=[row for row in every if row["decision"] not in NAMES],
    )


def _only(recordings: Collection[str] | None) -> str:
    """Return the one recording; "" where there are several, of which any may be meant."""
    return next(iter(recordings)) if recordings and len(recordings) == 1 else ""


def utc(at: datetime) -> datetime:
    """Return a time of a table, in UTC."""
    return at.astimezone(UTC)


def _of_track(rows: pa.Table, track: TrackName) -> pa.Table:
    own = (pc.field("camera_id") == track.camera_id) & (pc.field("track_id") == track.track_id)
    return rows.filter(own)
