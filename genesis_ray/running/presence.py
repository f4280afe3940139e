"""Who was seen when, by the tracks of a run, and who therefore cannot be one person."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from genesis_ray.domain.ledger import WhoIsWho
from genesis_ray.domain.proposals import Pair
from genesis_ray.running.history import decided_in
from genesis_ray.store.reader import read_table
from genesis_ray.store.run_folder import RunFolder

_APART = timedelta(seconds=1)
"""Two tracks that overlap for longer are two people; for less it may be one that was lost."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What runs tell of people, as who they are now.

    Attributes:
        sights: How many tracks each was.
        last: When each was last named.
        cannot: Pairs who were in one picture at one time, or of whom one's track was said not to
            be the other.
    """

    sights: Mapping[str, int] = field(default_factory=dict)
    last: Mapping[str, datetime] = field(default_factory=dict)
    cannot: frozenset[Pair] = frozenset()


@dataclass(frozen=True, slots=True)
class _Track:
    identity_id: str
    since: datetime
    until: datetime


def seen_in(runs: Sequence[RunFolder], who: WhoIsWho, tenant_id: str) -> Seen:
    """Return what the tracks of some runs tell."""
    sights: defaultdict[str, int] = defaultdict(int)
    last: dict[str, datetime] = {}
    cannot: set[Pair] = set()
    for run in runs:
        there = decided_in(run, who)
        tracks: defaultdict[str, list[_Track]] = defaultdict(list)
        times = _times(read_table(run.events, "track_observations", tenant_id))
        for row in read_table(run.events, "face_recognitions", tenant_id).to_pylist():
            at = row["occurred_at"].astimezone(UTC)
            camera_id, track_id = row["camera_id"], row["track_id"]
            present = there.of_track(row["identity_id"], camera_id, track_id, at)
            if present is None:
                continue
            sights[present] += 1
            last[present] = max(at, last.get(present, at))
            cannot |= _not_meant(present, there, camera_id, track_id, at)
            since, until = times.get((camera_id, track_id), (at, at))
            tracks[camera_id].append(_Track(present, since, until))
        for own in tracks.values():
            cannot |= _together(own)
    return Seen(sights, last, frozenset(pair for pair in cannot if len(pair) > 1))


def rejected_in(runs: Sequence[RunFolder], who: WhoIsWho, tenant_id: str) -> frozenset[Pair]:
    """Return pairs of whom, by some runs, one's track was said not to be the other.

    It is looked for in the rows of names alone, so that it can be asked of every run there is.
    """
    pairs: set[Pair] = set()
    for run in runs if who.rejected else ():
        there = decided_in(run, who)
        rows = read_table(run.events, "face_recognitions", tenant_id)
        columns = ("identity_id", "camera_id", "track_id", "occurred_at")
        for identity_id, camera_id, track_id, at in zip(
            *(rows[name].to_pylist() for name in columns), strict=True
        ):
            if (camera_id, track_id) not in there.rejected:
                continue
            at = at.astimezone(UTC)
            if present := there.of_track(identity_id, camera_id, track_id, at):
                pairs |= _not_meant(present, there, camera_id, track_id, at)
    return frozenset(pair for pair in pairs if len(pair) > 1)


def _not_meant(
    present: str, who: WhoIsWho, camera_id: str, track_id: int, at: datetime
) -> set[Pair]:
    """Return who somebody is not by one track, which was said not to be these."""
    return {
        frozenset((present, who.now(sight.identity_id)))
        for sight in who.rejected.get((camera_id, track_id), ())
        if sight.covers(camera_id, track_id, at)
    }


def _times(rows: pa.Table) -> dict[tuple[str, int], tuple[datetime, datetime]]:
    """Return the first and last sight of each track, by camera and track."""
    spans = rows.group_by(["camera_id", "track_id"]).aggregate(
        [("occurred_at", "min"), ("occurred_at", "max")]
    )
    found: list[dict[str, Any]] = spans.to_pylist()
    return {
        (row["camera_id"], row["track_id"]): (
            row["occurred_at_min"].astimezone(UTC),
            row["occurred_at_max"].astimezone(UTC),
        )
        for row in found
    }


def _together(tracks: Sequence[_Track]) -> set[Pair]:
    """Return who were in one camera's picture at one time."""
    pairs: set[Pair] = set()
    in_view: list[_Track] = []
    for track in sorted(tracks, key=lambda each: (each.since, each.until, each.identity_id)):
        in_view = [each for each in in_view if each.until - track.since > _APART]
        pairs |= {
            frozenset((each.identity_id, track.identity_id))
            for each in in_view
            if min(each.until, track.until) - track.since > _APART
        }
        in_view.append(track)
    return pairs
