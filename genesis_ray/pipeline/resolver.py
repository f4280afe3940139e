"""One tenant's identities: faces in capture order in, names out."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
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
    runner_up,
)
from genesis_ray.domain.ledger import NOTHING_DECIDED
from genesis_ray.domain.presence import ActiveRegistry
from genesis_ray.pipeline.gate import SpatiotemporalGate

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
        companion_threshold: What is added to the threshold where people keep close together.
    """

    tenant_id: str
    site_id: str
    embedder: str
    match: MatchPolicy
    min_quality: float
    visitor_faces: int | None
    companion_threshold: float = 0.0

    def match_for(self, face: Face) -> MatchPolicy:
        """Return when a face is close enough, which is stricter for one with companions.

        Their boxes overlap, so a face may be cut out of the wrong one.
        """
        if not (face.companions and self.companion_threshold):
            return self.match
        return replace(self.match, threshold=self.match.threshold + self.companion_threshold)


class IdentityResolver:
    """Names tracks by the votes of their faces.

    A track is named once, by `MatchPolicy.votes` agreeing faces. Where visitors are
    allowed, a track with enough good faces and no name is compared as a whole, by the
    mean of its faces that are alike: it is an identity already known, or a new visitor. The gate
    has the last word: who cannot be there is not named.

    Attributes:
        memory: What it has to remember; picklable, so that another process can go on with it.
    """

    def __init__(
        self,
        policy: ResolverPolicy,
        gallery: Gallery,
        visitors: VisitorRegister,
        decisions: Decisions = NOTHING_DECIDED,
        gate: SpatiotemporalGate | None = None,
    ) -> None:
        self._policy = policy
        self._gallery = gallery
        self._visitors = visitors
        self._decisions = decisions
        self._gate = gate or SpatiotemporalGate(tenant_id=policy.tenant_id, site_id=policy.site_id)
        self.memory = ResolverMemory()

    def resolve(self, face: Face) -> list[Event]:
        """Take the next face in capture order; return its score and, once, its track's name."""
        ranked = self._ranked(face.embedding, face)
        events: list[Event] = [self._scored(face, ranked)]
        track = self._track_of(face)
        events += self._gate.follow(self.memory.registry, face)
        if track.named or face.quality < self._policy.min_quality:
            return events
        track.faces.append(face)
        named = self._by_vote(track, face, ranked) or self._as_a_whole(track, face)
        if named:
            told = self._gate.judge(self.memory.registry, face, named)
            track.named = any(isinstance(event, FaceRecognized) for event in told)
            events += told
        if track.named:
            track.faces.clear()
        return events

    def _by_vote(
        self, track: "_TrackFaces", face: Face, ranked: Sequence[Candidate]
    ) -> FaceRecognized | None:
        best = self._policy.match_for(face).best(ranked)
        elected = track.vote.cast(best) if best else None
        if best is None or elected is None or elected.identity_id != best.identity_id:
            return None  # somebody else was elected before, and refused by the gate
        return self._recognized(face, elected, runner_up(ranked), self._policy.match.votes)

    def _as_a_whole(self, track: "_TrackFaces", face: Face) -> FaceRecognized | None:
        wanted = self._policy.visitor_faces
        if wanted is None or len(track.faces) < wanted:
            return None
        if self.memory.registry.is_held(face.camera_id, face.track_id):
            return None  # it looks like somebody who cannot be here: no new face for them
        alike = _alike(list(track.faces), _SAME_FACE * self._policy.match.threshold)
        if len(alike) < wanted:
            return None
        mean = np.mean([seen.embedding for seen in alike], axis=0)
        mean = (mean / np.linalg.norm(mean)).astype(np.float32)
        ranked = self._ranked(mean, face)
        if ranked and ranked[0].similarity >= self._policy.match.threshold:
            best = self._policy.match_for(face).best(ranked)
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
            threshold=self._policy.match_for(face).threshold,
            votes=votes,
            quality=face.quality,
            gate="",
            is_new=is_new,
            embedder=self._policy.embedder,
        )


def _alike(faces: Sequence[Face], least: float) -> list[Face]:
    """Return the faces that are like the most typical one, in their order.

    A track may carry a face of somebody else, who stood in front. Its own are the many.
    """
    embeddings = np.stack([face.embedding for face in faces])
    similarities = np.vecdot(embeddings[:, None], embeddings[None])
    typical = int(np.argmax(np.median(similarities, axis=1)))
    return [
        face
        for face, similarity in zip(faces, similarities[typical], strict=True)
        if similarity >= least
    ]


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
    """What a resolver knows beside gallery and register, which are stored elsewhere."""

    tracks: dict[tuple[str, int], _TrackFaces] = field(default_factory=dict)
    tidied_at: datetime | None = None
    registry: ActiveRegistry = field(default_factory=ActiveRegistry)

    def __setstate__(self, state: tuple[None, dict[str, object]]) -> None:
        """Be a memory that was pickled; what its version did not know yet is as at first."""
        fresh, known = ResolverMemory(), state[1]
        for each in fields(self):
            setattr(self, each.name, known.get(each.name, getattr(fresh, each.name)))
