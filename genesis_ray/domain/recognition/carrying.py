"""Carrying an identity on: a person named at one camera is known again at the next by their looks.

Looks name nobody: an identity comes from a face, goes one camera further, to a track that shows no
usable face, and ends where a face says otherwise. People who dress alike look alike, so the rule
asks for more than a likeness: the way between the cameras takes the time it takes, and nobody
else who left, or who came, may be nearly as like.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np

from genesis_ray.domain.recognition.topology import TOLERANCE
from genesis_ray.domain.tracking.appearance import Looks

TrackKey = tuple[str, int]
"""A track: its camera and its number."""

MayBe = Callable[[str, str, int, datetime], bool]
"""Whether a track may be an identity: identity, camera, track, time."""

_OPEN_FOR = timedelta(minutes=1)
"""A track unseen for longer is over: its number is not seen again."""

_TIDIED_EVERY = timedelta(seconds=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Appearance:
    """How a track looks, as of one of its sights.

    Attributes:
        since: When the track came into view.
        is_clear: Whether the looks are of clear sights; else they tell who it is not, at best.
        key: Fingerprint of the key that protects the looks; those under another are not compared.
    """

    camera_id: str
    track_id: int
    captured_at: datetime
    since: datetime
    looks: Looks
    is_clear: bool
    key: str = ""


class Way(NamedTuple):
    """How long people take from one camera's view into another's."""

    least: timedelta
    most: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class CarryPolicy:
    """When a track is a person who left a neighbouring camera.

    Attributes:
        ways: From a camera to a neighbour; where none is, nothing is carried.
        tolerance: What the clocks of two cameras may be apart.
        unlike: Greatest cosine distance of looks. The default belongs to OSNet, see
            docs/appearance.md.
        margin: How much less like everybody else has to be: who left, compared with the track
            that came, and who came, compared with the one who left.
        after: How long a track is watched before it is decided about, so that it can show its
            face, and its looks are no longer those of one moment.
    """

    ways: Mapping[tuple[str, str], Way]
    tolerance: timedelta = TOLERANCE
    unlike: float = 0.2
    margin: float = 0.1
    after: timedelta = timedelta(seconds=1.5)

    @property
    def memory(self) -> timedelta:
        """How long tracks are remembered after they were last in view."""
        longest = max((way.most for way in self.ways.values()), default=timedelta(0))
        return longest + _OPEN_FOR


class Carried(NamedTuple):
    """An identity that a track takes over.

    Attributes:
        origin: The track that it was carried from.
        similarity: Cosine of the looks of both.
        rival_similarity: The same of the next like, among those who left and those who came.
        sights: How often the looks were told of the track that takes it over.
    """

    identity_id: str
    origin: TrackKey
    similarity: float
    rival_similarity: float | None
    sights: int


@dataclass(slots=True)
class _Known:
    """A track that was in view of late.

    Attributes:
        seen: Its latest sight with looks.
        sights: How often its looks were told, once they were clear.
        identity_id: Whom it is, by its face or, where `origin` is set, by its looks.
        origin: The track that its identity was carried from.
        has_face: Whether it showed a face that can tell who it is.
        is_gone_on: Whether its identity was carried on.
    """

    since: datetime
    last_at: datetime
    seen: Appearance | None = None
    sights: int = 0
    identity_id: str | None = None
    origin: TrackKey | None = None
    has_face: bool = False
    is_gone_on: bool = False

    @property
    def can_go_on(self) -> bool:
        """Whether its face gave it a name, and its looks are clear."""
        return self.identity_id is not None and self.origin is None and self.sights > 0


class Carrier:
    """Decides which tracks take over an identity, from what is told in capture order; picklable."""

    def __init__(self, policy: CarryPolicy) -> None:
        self._policy = policy
        self._tidied_at: datetime | None = None
        self._tracks: dict[TrackKey, _Known] = {}

    def see(self, seen: Appearance, may_be: MayBe) -> Carried | None:
        """Take the next sight of a track; return whose identity it takes over, once."""
        at = seen.captured_at
        self._tidy(at)
        key = (seen.camera_id, seen.track_id)
        track = self._tracks.setdefault(key, _Known(seen.since, at))
        track.since = min(track.since, seen.since)
        track.last_at, track.seen = max(track.last_at, at), seen
        track.sights += seen.is_clear
        if track.identity_id or track.has_face or not track.sights:
            return None
        if at - track.since < self._policy.after:
            return None
        carried = self._best_for(key, track, lambda who: may_be(who, *key, at))
        if carried:
            track.identity_id, track.origin = carried.identity_id, carried.origin
            self._tracks[carried.origin].is_gone_on = True
        return carried

    def show_face(self, camera_id: str, track_id: int, at: datetime) -> None:
        """Note that a track showed a usable face: from now on that alone tells who it is."""
        self._at(camera_id, track_id, at).has_face = True

    def name(self, identity_id: str, camera_id: str, track_id: int, at: datetime) -> None:
        """Note whom a track's face says it is, whatever was carried to it before."""
        track = self._at(camera_id, track_id, at)
        before = self._tracks.get(track.origin) if track.origin else None
        if before and before.identity_id != identity_id:
            before.is_gone_on = False  # whoever that was is still to come
        track.identity_id, track.origin, track.has_face = identity_id, None, True

    def reconsider(self, now: Callable[[str], str]) -> None:
        """Remember the tracks as of whom their identities are now."""
        for track in self._tracks.values():
            if track.identity_id:
                track.identity_id = now(track.identity_id)

    def forget(self, identity_ids: Collection[str]) -> None:
        """Carry none of these on; their tracks stay in the way of others as they were."""
        for key, track in self._tracks.items():
            if track.identity_id in identity_ids:
                track.origin = key  # what does not come from a face goes no further

    def _best_for(
        self, key: TrackKey, track: _Known, may_be: Callable[[str], bool]
    ) -> Carried | None:
        left = {
            other: known
            for other, known in self._tracks.items()
            if not known.is_gone_on and known.seen is not None and self._is_on_way(other, key)
        }
        ranked = sorted((_unlike(known, track), other) for other, known in left.items())
        if not ranked:
            return None
        distance, origin = ranked[0]
        best = left[origin]
        if not best.can_go_on or best.identity_id is None or distance > self._policy.unlike:
            return None
        if not (may_be(best.identity_id) and self._is_last_of(best)):
            return None
        rivals = [
            *(
                other_distance
                for other_distance, other in ranked[1:]
                if left[other].identity_id != best.identity_id
            ),
            *(_unlike(best, known) for known in self._companions(key, track)),
        ]
        rival = min(rivals, default=None)
        if rival is not None and rival - distance < self._policy.margin:
            return None
        return Carried(
            best.identity_id,
            origin,
            1 - distance,
            None if rival is None else 1 - rival,
            track.sights,
        )

    def _is_on_way(self, origin: TrackKey, key: TrackKey) -> bool:
        """Tell whether who left as `origin` may come as the track `key`, by the time it takes."""
        way = self._policy.ways.get((origin[0], key[0]))
        if way is None:
            return False
        gap = self._tracks[key].since - self._tracks[origin].last_at
        tolerance = self._policy.tolerance
        return way.least - tolerance <= gap <= way.most + tolerance

    def _is_last_of(self, track: _Known) -> bool:
        """Tell whether an identity was seen nowhere after this track, by its face or by looks."""
        return not any(
            other.identity_id == track.identity_id and other.last_at > track.last_at
            for other in self._tracks.values()
        )

    def _companions(self, key: TrackKey, track: _Known) -> list[_Known]:
        """Return the nameless tracks of the same camera that were in view with a track."""
        return [
            other
            for other_key, other in self._tracks.items()
            if other_key[0] == key[0]
            and other_key != key
            and other.identity_id is None
            and other.seen is not None
            and other.last_at >= track.since
        ]

    def _at(self, camera_id: str, track_id: int, at: datetime) -> _Known:
        self._tidy(at)
        track = self._tracks.setdefault((camera_id, track_id), _Known(at, at))
        track.last_at = max(track.last_at, at)
        return track

    def _tidy(self, now: datetime) -> None:
        if self._tidied_at and now - self._tidied_at < _TIDIED_EVERY:
            return
        self._tidied_at = now
        oldest = now - self._policy.memory
        self._tracks = {
            key: track for key, track in self._tracks.items() if track.last_at >= oldest
        }


def _unlike(one: _Known, other: _Known) -> float:
    """Return the cosine distance of the looks of two tracks that have some."""
    if one.seen is None or other.seen is None or one.seen.key != other.seen.key:
        return np.inf
    # Not a dot product: its last bits may depend on where the arrays lie.
    return 1 - float(np.sum(one.seen.looks * other.seen.looks, dtype=np.float64))
