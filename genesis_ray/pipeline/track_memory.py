"""What a resolver remembers of tracks between their faces."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from genesis_ray.domain.events import FaceRecognized
from genesis_ray.domain.recognition.evidence import Window
from genesis_ray.domain.recognition.identity import Face, MatchPolicy
from genesis_ray.domain.recognition.presence import ActiveRegistry
from genesis_ray.domain.recognition.thresholds import ThresholdBook
from genesis_ray.domain.recognition.voting import TrackVote
from genesis_ray.pipeline.resolver_ports import Decisions
from genesis_ray.pipeline.waiting_faces import WaitingFaces

EVIDENCE_KEPT = timedelta(minutes=10)
"""Faces of a nameless track decide together unless a longer pause lies between them."""

_NAME_KEPT = timedelta(days=1)
"""How long it is remembered that a track was named: no track shows a face again after more."""

_LAPSED_EVERY = timedelta(minutes=1)


@dataclass(slots=True)
class TrackFaces:
    """What is known of one track's faces until it has a name, and of those after that.

    Attributes:
        vote: Of its faces until it is decided whose it is, then of those since.
        faces: Those it is compared by as a whole, where visitors are allowed.
        latest: The last one that counts, once there is one.
        policy: That of the latest.
        named: It is decided whose it is: it has a name, or one that is quarantined, or is that of
            somebody who was forgotten meanwhile, and stays nameless.
        identity_id: Whose name it has, as long as nothing was said against it.
    """

    vote: TrackVote
    faces: Window[Face]
    policy: MatchPolicy
    last_at: datetime
    latest: Face | None = None
    named: bool = False
    identity_id: str = ""

    def decide(self, decided: FaceRecognized) -> None:
        """Take what the track is, or is held back from being; what its faces said is done with."""
        self.named = True
        self.identity_id = decided.identity_id if decided.decision == "named" else ""
        self.faces.clear()
        self.vote.clear()

    def forget(self, identity_ids: Collection[str]) -> None:
        """Show nobody of these: neither by their name, nor in time by another, nor as a visitor.

        Nor is a face kept of a track that has a name: it decides nothing any more.
        """
        if self.identity_id in identity_ids:
            self.identity_id = ""
        if self.vote.is_near(identity_ids) and not self.named:
            self.named = True
            self.faces.clear()
            self.vote.clear()
        self.vote.forget(identity_ids)
        if self.named:
            self.latest = None

    def begin_anew(self) -> None:
        """Forget what its faces said and were, which cannot be compared with those to come."""
        self.faces.clear()
        self.vote.clear()
        self.latest = None

    def is_over(self, now: datetime) -> bool:
        """Tell whether a face of `now` could have nothing to do with these any more."""
        return now - self.last_at > (_NAME_KEPT if self.named else EVIDENCE_KEPT)


@dataclass(slots=True)
class ResolverMemory:
    """What a resolver knows beside gallery and register, which are stored elsewhere.

    Attributes:
        thresholds: Those it began with, so that what is said again is the same.
        registry: Who was last seen where.
        waiting: Faces of short tracks that nobody is like.
    """

    tracks: dict[tuple[str, int], TrackFaces] = field(default_factory=dict)
    looked_at: datetime | None = None
    thresholds: ThresholdBook | None = None
    registry: ActiveRegistry = field(default_factory=ActiveRegistry)
    waiting: WaitingFaces = field(default_factory=WaitingFaces)

    def reconsider(self, decisions: Decisions) -> None:
        """Bring all of it in line with what people decided since.

        A face that said it was somebody whom its track may not be says it of nobody then. A track
        that has a name keeps it.
        """
        for (camera_id, track_id), track in self.tracks.items():

            def now(
                identity_id: str,
                at: datetime = track.latest.captured_at if track.latest else track.last_at,
                key: tuple[str, int] = (camera_id, track_id),
            ) -> str | None:
                present = decisions.now(identity_id)
                return present if decisions.may_be(present, *key, at) else None

            track.vote.reconsider(now)
            track.identity_id = now(track.identity_id) or ""
        self.registry.reconsider(decisions.now)

    def forget(self, identity_ids: Collection[str]) -> None:
        """Have no face say any more that it is somebody of these.

        Which of those that wait are theirs nobody can tell: none waits any more.
        """
        for track in self.tracks.values():
            track.forget(identity_ids)
        self.waiting.clear()

    def begin_anew(self) -> None:
        """Forget what faces said and were, which cannot be compared with those to come."""
        for track in self.tracks.values():
            track.begin_anew()
        self.waiting.clear()

    def nameless(self) -> list[TrackFaces]:
        """Return the tracks whose faces have not decided yet whose they are, by their last one."""
        known = sorted(self.tracks.items(), key=lambda item: (item[1].last_at, item[0]))
        return [track for _, track in known if not track.named]

    def lapse(self, now: datetime) -> Iterator[TrackFaces]:
        """Forget tracks that are over, once a minute of capture time; yield them by their end."""
        passed = now - self.looked_at if self.looked_at else _LAPSED_EVERY
        if timedelta() <= passed < _LAPSED_EVERY:
            return
        self.looked_at = now
        over = [key for key, track in self.tracks.items() if track.is_over(now)]
        for key in sorted(over, key=lambda key: (self.tracks[key].last_at, key)):
            yield self.tracks.pop(key)
