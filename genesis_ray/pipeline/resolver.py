"""One tenant's identities: faces in capture order in, names out."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Self

import numpy as np

from genesis_ray.domain.events import Event, FaceRecognized
from genesis_ray.domain.recognition.evidence import Window, is_enough
from genesis_ray.domain.recognition.identity import (
    FEWEST_FACES,
    Face,
    FaceSight,
    MatchPolicy,
    Verdict,
    alike,
    runner_up,
)
from genesis_ray.domain.recognition.ledger import NOTHING_DECIDED
from genesis_ray.domain.recognition.voting import Ballot, Finding, TrackVote
from genesis_ray.pipeline.candidates import CANDIDATES_KEPT, Candidates, Ranking
from genesis_ray.pipeline.face_events import FaceEvents
from genesis_ray.pipeline.gate import SpatiotemporalGate, sight_of
from genesis_ray.pipeline.newcomers import Newcomers, mean_of, support_of
from genesis_ray.pipeline.resolver_policy import ResolverPolicy
from genesis_ray.pipeline.resolver_ports import Decisions, Gallery, VisitorRegister
from genesis_ray.pipeline.track_memory import EVIDENCE_KEPT, ResolverMemory, TrackFaces
from genesis_ray.pipeline.upkeep import NO_UPKEEP, Upkeep

_SAME_FACE = 0.4
"""Part of the threshold that faces of one track reach among themselves even when blurred, and
faces of two people rarely do."""


class IdentityResolver:
    """Names tracks by the votes of their faces.

    A track is named once, by `MatchPolicy.votes` agreeing good faces. Where visitors are
    allowed, a track with enough good faces and no name is compared as a whole, by the
    mean of its faces that are alike: it is an identity already known, or a new visitor. For
    a name more is asked of it than of a face; what lies in between makes neither. Faces of
    tracks too short for that may wait, to make a visitor together.
    Of a track that got no name by the time its evidence lapses it says whether somebody
    should look at it, and of one with a name when its later faces are somebody else's. The
    gate has the last word: who cannot be there is not named.

    Attributes:
        memory: What it has to remember; picklable, so that another process can go on with it.
    """

    def __init__(
        self,
        policy: ResolverPolicy,
        gallery: Gallery,
        visitors: VisitorRegister,
        decisions: Decisions = NOTHING_DECIDED,
        upkeep: Upkeep = NO_UPKEEP,
        gate: SpatiotemporalGate | None = None,
    ) -> None:
        self._policy = policy
        self._events = FaceEvents(
            tenant_id=policy.tenant_id, site_id=policy.site_id, embedder=policy.embedder
        )
        self._gallery = gallery
        self._decisions = decisions
        self._upkeep = upkeep
        self._candidates = Candidates(gallery, decisions, upkeep)
        self._gate = gate or SpatiotemporalGate(tenant_id=policy.tenant_id, site_id=policy.site_id)
        self._newcomers = Newcomers(
            policy, gallery, visitors, decisions, candidates=self._candidates, gate=self._gate
        )
        self.memory = ResolverMemory(thresholds=policy.thresholds)

    def succeed(self, before: Self) -> None:
        """Go on where another resolver was, with what is decided now."""
        self.memory = before.memory
        self.memory.reconsider(self._decisions)

    def supersede(self, before: Self) -> list[FaceRecognized]:
        """Go on where a resolver by another embedder was; return what became of nameless tracks.

        Tracks keep their names. What faces said is over, as those to come are unlike them.
        """
        outcomes = [
            outcome for track in before.memory.nameless() for outcome in before._outcome(track)
        ]
        thresholds = self.memory.thresholds
        self.succeed(before)
        self.memory.thresholds = thresholds
        self.memory.begin_anew()
        return outcomes

    def forget(self, identity_ids: Collection[str]) -> None:
        """Take nobody for one of these by what was remembered."""
        self.memory.forget(identity_ids)

    def expect(self, faces: Sequence[Face]) -> None:
        """Take notice of the faces that come next, so that they are looked for together."""
        if faces:
            embeddings = np.stack([face.embedding for face in faces])
            self._gallery.expect(embeddings, limit=CANDIDATES_KEPT)

    def resolve(self, face: FaceSight) -> list[Event]:
        """Take the next face in capture order; return its score and what is decided with it.

        That is its track's name, once, or before the score what became of earlier faces of it
        that lie too far back. One that was not embedded has a score without candidates, and
        shows that its track is in view.
        """
        policy = self._policy.for_face(face, self.memory.thresholds)
        lapsed, track = self._track_of(face, policy)
        self.memory.waiting.follow(sight_of(face))
        if not isinstance(face, Face):
            scored = self._events.scored(face, (), self._unusable(track, face) or "spare")
            return [*lapsed, scored, *self._gate.follow(self.memory.registry, face)]
        ranking = self._candidates.ranked(face.embedding, face, floor=policy.floor)
        verdict = self._verdict(track, face, ranking, policy)
        told: list[Event] = [*lapsed, self._events.scored(face, ranking.candidates, verdict)]
        told += self._gate.follow(self.memory.registry, face)
        if face.quality < self._policy.min_quality:
            return told
        ballot = Ballot.of(
            policy,
            ranking.candidates,
            policy.verdict(ranking.candidates, ranking.barred) if track.named else verdict,
            face_index=face.face_index,
            quality=face.quality,
            barred=ranking.barred,
        )
        if track.named:
            return told + self._doubts(track, face, ballot, policy)
        track.latest, track.policy = face, policy
        track.faces.add(face)
        for_mean = self._policy.for_mean(policy)
        found = track.vote.cast(ballot, least=policy.threshold, average=policy.average)
        found = found or self._as_a_whole(track, face, for_mean)
        found = found or self._with_others(face, ballot)
        if found is None:
            return told
        self.memory.waiting.drop([face])
        by = for_mean if found.basis == "mean" and not found.is_new else policy
        if found.basis == "tracks":
            by = self._policy.for_tracks(policy)
        judged = self._gate.judge(
            self.memory.registry, face, self._events.recognized(face, found, by)
        )
        for event in judged:
            if isinstance(event, FaceRecognized):
                track.decide(event)  # be it that the name is quarantined
                self._upkeep.named(face, event, barred=found.barred)
        return [*told, *judged]

    def lapse(self, now: datetime) -> list[tuple[datetime, FaceRecognized]]:
        """Return what became of tracks that were not named and are over by `now`, in their order.

        Each comes with the time at which its evidence lapsed. Call it when all faces until `now`
        are resolved, as often as you like: what it says does not depend on that.
        """
        return [
            (track.last_at + EVIDENCE_KEPT, outcome)
            for track in self.memory.lapse(now)
            for outcome in self._outcome(track)
        ]

    def _verdict(
        self, track: TrackFaces, face: Face, ranking: Ranking, policy: MatchPolicy
    ) -> Verdict:
        if unusable := self._unusable(track, face):
            return unusable
        ranked, rejected = ranking.candidates, ranking.rejected
        beaten = max([policy.threshold, *(each.similarity for each in ranked[:1])])
        if rejected is not None and rejected >= beaten:
            return "rejected"
        return policy.verdict(ranked, ranking.barred)

    def _unusable(self, track: TrackFaces, face: FaceSight) -> Verdict | None:
        if track.named:
            return "decided"
        return "quality" if face.quality < self._policy.min_quality else None

    def _doubts(
        self, track: TrackFaces, face: Face, ballot: Ballot, policy: MatchPolicy
    ) -> list[Event]:
        """Return what is to be said of a track with a name whose later faces elect somebody else.

        The tracker may have gone on with another person. The track keeps its name, as it was one
        person's first; whose it is from when on is for somebody to see. It is told once.
        """
        found = track.vote.cast(ballot, least=policy.threshold, average=policy.average)
        if found is None or found.winner is None or not track.identity_id:
            return []
        if found.winner.identity_id == track.identity_id:
            return []
        doubted, track.identity_id = track.identity_id, ""
        return self._events.exchanged(face, found, policy, doubted)

    def _outcome(self, track: TrackFaces) -> list[FaceRecognized]:
        """Return what is to be said of a track that is over: nothing, if it is known already."""
        finding = None if track.named else track.vote.outcome()
        if finding is None or track.latest is None:
            return []
        return [self._events.recognized(track.latest, finding, track.policy)]

    def _as_a_whole(self, track: TrackFaces, face: Face, policy: MatchPolicy) -> Finding | None:
        wanted = self._policy.visitor_faces
        if wanted is None or not is_enough(track.faces, wanted):
            return None
        if self.memory.registry.is_held(face.camera_id, face.track_id):
            return None  # it looks like somebody who cannot be here: no new face for them
        usual = self._policy.usual_for(face, self.memory.thresholds)
        own = alike(list(track.faces), _SAME_FACE * usual.threshold)
        if not is_enough(own, wanted):
            return None
        mean = mean_of(own)
        ranking = self._candidates.ranked(mean, face, floor=usual.floor)
        ranked, barred = ranking.candidates, ranking.barred
        if ranked and ranked[0].similarity >= usual.threshold:
            if len(own) < FEWEST_FACES or policy.verdict(ranked, barred) != "voted":
                return None
            winner, rival, is_new = ranked[0], runner_up(ranked), False
        else:
            if ranking.withheld is not None and ranking.withheld >= usual.threshold:
                return None  # who is being forgotten, say, is no stranger
            visitor = self._newcomers.of_track(own, face, usual)
            if visitor is None:
                return None
            winner, rival, is_new = visitor, next(iter(ranked), None), True
        return Finding(
            decision="named",
            winner=winner,
            rival=rival,
            support=support_of(own, mean),
            basis="mean",
            is_new=is_new,
            barred=barred,
        )

    def _with_others(self, face: Face, ballot: Ballot) -> Finding | None:
        if self.memory.registry.is_held(face.camera_id, face.track_id):
            return None
        usual = self._policy.usual_for(face, self.memory.thresholds)
        return self._newcomers.of_tracks(self.memory.waiting, face, ballot, usual)

    def _track_of(
        self, face: FaceSight, policy: MatchPolicy
    ) -> tuple[list[FaceRecognized], TrackFaces]:
        """Return what a face adds to, and what became of what it comes too late for."""
        now = face.captured_at
        key = (face.camera_id, face.track_id)
        track = self.memory.tracks.get(key)
        lapsed: list[FaceRecognized] = []
        if track is None or track.is_over(now):
            lapsed = self._outcome(track) if track else []
            track = self.memory.tracks[key] = TrackFaces(
                TrackVote(max(policy.votes, FEWEST_FACES)),
                Window(self._policy.visitor_faces or 0),
                policy,
                last_at=now,
            )
        track.last_at = max(track.last_at, now)
        return lapsed, track
