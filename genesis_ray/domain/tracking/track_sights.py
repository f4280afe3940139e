"""Tracks as decisions name them: where and when they were seen, and of which recording."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

Recordings = Mapping[str, frozenset[str]]
"""By camera which recordings of unknown date are meant; of a camera without an entry all are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackSight:
    """A track from its first to its last sight, and the identity that is meant by it.

    Attributes:
        recording: Which recording it is of, where that has no date, so that others may have a track
            of the same number and times; "": of any.
    """

    identity_id: str
    camera_id: str
    track_id: int
    since: datetime
    until: datetime
    recording: str = ""

    def is_of(self, recordings: Recordings) -> bool:
        """Tell whether this may be a track of one of certain recordings."""
        own = recordings.get(self.camera_id)
        return not own or not self.recording or self.recording in own

    def begins(self, other: "TrackSight") -> bool:
        """Tell whether this covers the beginning of another sight, and may be of its recording."""
        return self.is_of(other.only) and self.covers(other.camera_id, other.track_id, other.since)

    @property
    def only(self) -> Recordings:
        """The one recording that this is of; all where it may be of any."""
        return {self.camera_id: frozenset({self.recording})} if self.recording else {}

    def covers(self, camera_id: str, track_id: int, at: datetime) -> bool:
        """Tell whether this is that track, at that time."""
        same = (self.camera_id, self.track_id) == (camera_id, track_id)
        return same and self.since <= at <= self.until


Sights = dict[tuple[str, int], tuple[TrackSight, ...]]
"""By camera and track id."""


def by_track(sights: Iterable[TrackSight]) -> Sights:
    """Return sights by camera and track, in the order in which they come."""
    found: defaultdict[tuple[str, int], tuple[TrackSight, ...]] = defaultdict(tuple)
    for sight in sights:
        found[sight.camera_id, sight.track_id] += (sight,)
    return dict(found)


def owner_of(sight: TrackSight, moved: Iterable[tuple[TrackSight, str]]) -> str:
    """Return whose a track is by the last of the splits that moved it, before any merge."""
    owner = sight.identity_id
    for other, new_id in moved:
        if other.identity_id == sight.identity_id and other.begins(sight):
            owner = new_id
    return owner
