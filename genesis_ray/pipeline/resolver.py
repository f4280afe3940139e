"""One tenant's identities: faces in capture order in, names out."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import numpy as np
import numpy.typing as npt

from genesis_ray.domain.events import Event, FaceRecognized, FaceScored, stable_id
from genesis_ray.domain.identity import (
    Candidate,
    Embedding,
    Face,
    MatchPolicy,
    TrackVote,
    faces_alike,
    runner_up,
)
from genesis_ray.domain.ledger import NOTHING_DECIDED
from genesis_ray.domain.thresholds import ThresholdBook

_CANDIDATES_KEPT = 5
"""Identities named in a `FaceScored`: enough to explain a decision, few enough to store."""

_EVIDENCE_KEPT = timedelta(minutes=10)
"""Faces of a nameless track decide together unless a longer pause lies between them."""

_NAME_KEPT = timedelta(days=1)
"""How long it is remembered that a track was named: no track shows a face again after more."""

_TIDIED_EVERY = timedelta(minutes=1)

_SAME_FACE = 0.4
"""Part of the threshold that faces of one track reach among themselves even when blurred, and
faces of two people rarely do."""

_VISITOR_TEMPLATES = 3
"""Faces kept of a new visitor, the best ones."""


class Gallery(Protocol):
    """The enrolled faces of one tenant, by one embedder."""

    def nearest(self, embedding: Embedding, *, limit: int) -> list[Candidate]:
        """Return the most similar identities, best first, each once."""

    def enroll(
        self,
        identity_id: str,
        embeddings: npt.NDArray[np.float32],
        *,
        qualities: Sequence[float],
        at: datetime,
        camera_id: str,
    ) -> None:
        """Add faces [n, dimension] of an identity; later searches find them."""


class VisitorRegister(Protocol):
    """Keeps who the pseudonymous visitors are."""

    def add_visitor(self, identity_id: str, *, at: datetime) -> None:
        """Note a new visitor."""


class Decisions(Protocol):
    """What people decided about who is who, which counts more than what faces look like."""

    def now(self, identity_id: str) -> str:
        """Return whom an identity is now that some were merged."""

    def may_be(self, identity_id: str, camera_id: str, track_id: int, at: datetime) -> bool:
        """Tell whether nobody said that a track is not this identity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolverPolicy:
    """How one tenant's faces become names.

    Attributes:
        min_quality: Worse faces are scored, but neither vote nor make a visitor.
        visitor_faces: Good faces of a nameless track that make a visitor; None: never.
        thresholds: By camera; None: everywhere that of `match`.
    """

    tenant_id: str
    site_id: str
    embedder: str
    match: MatchPolicy
    min_quality: float
    visitor_faces: int | None
    thresholds: ThresholdBook | None = None


class IdentityResolver:
    """Names tracks by the votes of their faces.

    A track is named once, by `MatchPolicy.votes` agreeing faces. Where visitors are
    allowed, a track with enough good faces and no name is compared as a whole, by the
    mean of its faces that are alike: it is an identity already known, or a new visitor.

    Attributes:
        memory: What it has to remember; picklable, so that another process can go on with it.
    """

    def __init__(
        self,
        policy: ResolverPolicy,
        gallery: Gallery,
        visitors: VisitorRegister,
        decisions: Decisions = NOTHING_DECIDED,
    ) -> None:
        self._policy = policy
        self._gallery = gallery
        self._visitors = visitors
        self._decisions = decisions
        self.memory = ResolverMemory(thresholds=policy.thresholds)

    def resolve(self, face: Face) -> list[Event]:
        """Take the next face in capture order; return its score and, once, its track's name."""
        ranked = self._ranked(face.embedding, face)
        events: list[Event] = [self._scored(face, ranked)]
        track = self._track_of(face)
        if track.named or face.quality < self._policy.min_quality:
            return events
        track.faces.append(face)
        named = self._by_vote(track, face, ranked) or self._as_a_whole(track, face)
        if named:
            track.named = True
            track.faces.clear()
            events.append(named)
        return events

    def _by_vote(
        self, track: "_TrackFaces", face: Face, ranked: Sequence[Candidate]
    ) -> FaceRecognized | None:
        best = self._match_at(face.camera_id).best(ranked)
        elected = track.vote.cast(best) if best else None
        if elected is None:
            return None
        return self._recognized(face, elected, runner_up(ranked), self._policy.match.votes)

    def _as_a_whole(self, track: "_TrackFaces", face: Face) -> FaceRecognized | None:
        wanted = self._policy.visitor_faces
        if wanted is None or len(track.faces) < wanted:
            return None
        match = self._match_at(face.camera_id)
        alike = faces_alike(list(track.faces), _SAME_FACE * match.threshold)
        if len(alike) < wanted:
            return None
        mean = np.mean([seen.embedding for seen in alike], axis=0)
        mean = (mean / np.linalg.norm(mean)).astype(np.float32)
        ranked = self._ranked(mean, face)
        if ranked and ranked[0].similarity >= match.threshold:
            best = match.best(ranked)
            return self._recognized(face, best, runner_up(ranked), len(alike)) if best else None
        return self._new_visitor(alike, face, ranked)

    def _new_visitor(
        self, alike: Sequence[Face], face: Face, ranked: Sequence[Candidate]
    ) -> FaceRecognized | None:
        first = alike[0]
        identity_id = str(
            stable_id(
                self._policy.tenant_id,
                "visitor",
                first.camera_id,
                first.track_id,
                first.captured_at,
            )
        )
        if not self._may_be(identity_id, face):
            return None  # who was made of this track when it was looked at before
        best = sorted(alike, key=lambda seen: -seen.quality)[:_VISITOR_TEMPLATES]
        self._gallery.enroll(
            identity_id,
            np.stack([seen.embedding for seen in best]),
            qualities=[seen.quality for seen in best],
            at=face.captured_at,
            camera_id=face.camera_id,
        )
        self._visitors.add_visitor(identity_id, at=face.captured_at)
        rival = ranked[0] if ranked else None
        itself = Candidate(self._decisions.now(identity_id), 1.0)
        return self._recognized(face, itself, rival, len(alike), is_new=True)

    def _ranked(self, embedding: Embedding, face: Face) -> list[Candidate]:
        """Return the most similar of those whom a face's track may be, as who they are now."""
        limit = _CANDIDATES_KEPT
        while True:
            found = self._gallery.nearest(embedding, limit=limit)
            best: dict[str, Candidate] = {}
            for identity_id, similarity in found:
                present = self._decisions.now(identity_id)
                if self._may_be(present, face):
                    best.setdefault(present, Candidate(present, similarity))
            if len(best) >= _CANDIDATES_KEPT or len(found) < limit:
                return list(best.values())[:_CANDIDATES_KEPT]
            limit *= 2  # some are one person, or may not be this one

    def _match_at(self, camera_id: str) -> MatchPolicy:
        book = self.memory.thresholds
        return book.match_at(camera_id, self._policy.match) if book else self._policy.match

    def _may_be(self, identity_id: str, face: Face) -> bool:
        return self._decisions.may_be(identity_id, face.camera_id, face.track_id, face.captured_at)

    def _track_of(self, face: Face) -> "_TrackFaces":
        now = face.captured_at
        self._tidy(now)
        key = (face.camera_id, face.track_id)
        track = self.memory.tracks.get(key)
        if track is None or track.is_over(now):
            wanted = self._policy.visitor_faces
            faces: deque[Face] = deque(maxlen=2 * wanted - 1 if wanted else 0)
            track = self.memory.tracks[key] = _TrackFaces(TrackVote(self._policy.match), now, faces)
        track.last_at = max(track.last_at, now)
        return track

    def _tidy(self, now: datetime) -> None:
        memory = self.memory
        if memory.tidied_at and now - memory.tidied_at < _TIDIED_EVERY:
            return
        memory.tidied_at = now
        memory.tracks = {k: track for k, track in memory.tracks.items() if not track.is_over(now)}

    def _scored(self, face: Face, ranked: Sequence[Candidate]) -> FaceScored:
        return FaceScored(
            tenant_id=self._policy.tenant_id,
            site_id=self._policy.site_id,
            camera_id=face.camera_id,
            occurred_at=face.captured_at,
            track_id=face.track_id,
            face_index=face.face_index,
            quality=face.quality,
            embedder=self._policy.embedder,
            candidate_ids=tuple(candidate.identity_id for candidate in ranked),
            similarities=tuple(candidate.similarity for candidate in ranked),
        )

    def _recognized(
        self,
        face: Face,
        winner: Candidate,
        rival: Candidate | None,
        votes: int,
        *,
        is_new: bool = False,
    ) -> FaceRecognized:
        return FaceRecognized(
            tenant_id=self._policy.tenant_id,
            site_id=self._policy.site_id,
            camera_id=face.camera_id,
            occurred_at=face.captured_at,
            track_id=face.track_id,
            identity_id=winner.identity_id,
            decision="named",
            similarity=winner.similarity,
            runner_up_similarity=rival.similarity if rival else None,
            threshold=self._match_at(face.camera_id).threshold,
            votes=votes,
            quality=face.quality,
            gate="",
            is_new=is_new,
            embedder=self._policy.embedder,
        )


@dataclass(slots=True)
class _TrackFaces:
    """What is known of one track's faces until it has a name, and then that it has."""

    vote: TrackVote
    last_at: datetime
    faces: deque[Face]
    named: bool = False

    def is_over(self, now: datetime) -> bool:
        """Tell whether a face of `now` could have nothing to do with these any more."""
        return now - self.last_at > (_NAME_KEPT if self.named else _EVIDENCE_KEPT)


@dataclass(slots=True)
class ResolverMemory:
    """What a resolver knows beside gallery and register, which are stored elsewhere.

    Attributes:
        thresholds: Those it began with, so that what is said again is the same.
    """

    tracks: dict[tuple[str, int], _TrackFaces] = field(default_factory=dict)
    tidied_at: datetime | None = None
    thresholds: ThresholdBook | None = None
