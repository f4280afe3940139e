"""Who was seen when, by the tracks of a run, and who therefore cannot be one person."""

from collections import Counter, defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from genesis_ray.domain.events import NAMES
from genesis_ray.domain.recognition.ledger import WhoIsWho
from genesis_ray.domain.recognition.proposals import Pair
from genesis_ray.running.questions.history import decided_in
from genesis_ray.store.events.row_parts import row_parts
from genesis_ray.store.runs.run_folder import RunFolder

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
    track_id: int
    since: datetime
    until: datetime


class _Named(NamedTuple):
    """A track that was given its identity, as who that is now."""

    camera_id: str
    track_id: int
    identity_id: str
    at: datetime


def seen_in(runs: Sequence[RunFolder], who: WhoIsWho, tenant_id: str) -> Seen:
    """Return what the tracks of some runs tell, of which those count that are somebody's.

    Memory is that of these tracks, not of their rows.

    Raises:
        StoreError: A run has a damaged file, whose rows could keep two apart.
    """
    sights: Counter[str] = Counter()
    last: dict[str, datetime] = {}
    cannot: set[Pair] = set()
    for run in runs:
        there = decided_in(run, who)
        named: dict[tuple[str, int], dict[str, datetime]] = {}
        for camera_id, track_id, present, at in _named_in(run, there, tenant_id):
            own = named.setdefault((camera_id, track_id), {})
            own[present] = max(at, own.get(present, at))
            cannot |= _not_meant(present, there, camera_id, track_id, at)
        times = _times(run, tenant_id, named)
        tracks: defaultdict[str, list[_Track]] = defaultdict(list)
        for (camera_id, track_id), people in named.items():
            for present, at in people.items():
                sights[present] += 1
                last[present] = max(at, last.get(present, at))
                since, until = times.get((camera_id, track_id), (at, at))
                tracks[camera_id].append(_Track(present, track_id, since, until))
        for of_camera in tracks.values():
            cannot |= _together(of_camera)
    return Seen(sights, last, frozenset(pair for pair in cannot if len(pair) > 1))


def rejected_in(runs: Sequence[RunFolder], who: WhoIsWho, tenant_id: str) -> frozenset[Pair]:
    """Return pairs of whom, by some runs, one's track was said not to be the other.

    It is looked for in the rows of names alone, so that it can be asked of every run there is.
    """
    pairs: set[Pair] = set()
    for run in runs if who.rejected else ():
        there = decided_in(run, who)
        named = _named_in(run, there, tenant_id, among=there.rejected)
        for camera_id, track_id, present, at in named:
            pairs |= _not_meant(present, there, camera_id, track_id, at)
    return frozenset(pair for pair in pairs if len(pair) > 1)


def _named_in(
    run: RunFolder,
    there: WhoIsWho,
    tenant_id: str,
    among: Container[tuple[str, int]] | None = None,
) -> Iterator[_Named]:
    """Yield the tracks of a run that have a name, by faces or by somebody; some come again.

    One for review, or that is unknown, is nobody's: it may have another name, by earlier faces.
    `among`: only of these, by camera and track.
    """
    columns = ("camera_id", "track_id", "identity_id", "decision", "occurred_at")
    for part in row_parts(run.events, "face_recognitions", tenant_id, columns):
        for camera_id, track_id, identity_id, decision, at in zip(
            *(part[name].to_pylist() for name in columns), strict=True
        ):
            if among is not None and (camera_id, track_id) not in among:
                continue
            named = identity_id if decision in NAMES else ""
            moment = at.astimezone(UTC)
            if present := there.of_track(named, camera_id, track_id, moment):
                yield _Named(camera_id, track_id, present, moment)


def _not_meant(
    present: str, who: WhoIsWho, camera_id: str, track_id: int, at: datetime
) -> set[Pair]:
    """Return who somebody is not by one track, which was said not to be these."""
    return {
        frozenset((present, who.now(sight.identity_id)))
        for sight in who.rejected.get((camera_id, track_id), ())
        if sight.covers(camera_id, track_id, at)
    }


def _times(
    run: RunFolder, tenant_id: str, tracks: Container[tuple[str, int]]
) -> dict[tuple[str, int], tuple[datetime, datetime]]:
    """Return the first and last sight of some tracks, by camera and track."""
    found: dict[tuple[str, int], tuple[datetime, datetime]] = {}
    columns = ("camera_id", "track_id", "occurred_at")
    for part in row_parts(run.events, "track_observations", tenant_id, columns):
        spans = part.group_by(["camera_id", "track_id"]).aggregate(
            [("occurred_at", "min"), ("occurred_at", "max")]
        )
        names = ("camera_id", "track_id", "occurred_at_min", "occurred_at_max")
        for camera_id, track_id, since, until in zip(
            *(spans[name].to_pylist() for name in names), strict=True
        ):
            track = camera_id, track_id
            if track in tracks:
                before = found.get(track, (since, until))
                found[track] = min(since, before[0]), max(until, before[1])
    return {
        track: (since.astimezone(UTC), until.astimezone(UTC))
        for track, (since, until) in found.items()
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
            if each.track_id != track.track_id
            and min(each.until, track.until) - track.since > _APART
        }
        in_view.append(track)
    return pairs
