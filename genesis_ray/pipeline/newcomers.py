"""Who is like nobody known: when they are somebody new, and how a visitor is made of them."""

from collections.abc import Sequence

import numpy as np

from genesis_ray.domain.recognition.evidence import weight_of
from genesis_ray.domain.recognition.face_core import CORE_FACES, core_of
from genesis_ray.domain.recognition.identity import Candidate, Embedding, Face, MatchPolicy
from genesis_ray.domain.recognition.template_choice import choose
from genesis_ray.domain.recognition.visitor_ids import visitor_ids
from genesis_ray.domain.recognition.voting import Ballot, Finding, Support
from genesis_ray.pipeline.candidates import Candidates
from genesis_ray.pipeline.gate import SpatiotemporalGate, sight_of
from genesis_ray.pipeline.resolver_policy import ResolverPolicy
from genesis_ray.pipeline.resolver_ports import Decisions, Gallery, VisitorRegister
from genesis_ray.pipeline.waiting_faces import WaitingFaces


class Newcomers:
    """Makes visitors: of the faces of a track, or of those of several that are too short."""

    def __init__(
        self,
        policy: ResolverPolicy,
        gallery: Gallery,
        visitors: VisitorRegister,
        decisions: Decisions,
        *,
        candidates: Candidates,
        gate: SpatiotemporalGate,
    ) -> None:
        self._policy = policy
        self._gallery = gallery
        self._visitors = visitors
        self._decisions = decisions
        self._candidates = candidates
        self._gate = gate

    def of_track(self, own: Sequence[Face], face: Face, usual: MatchPolicy) -> Candidate | None:
        """Return the visitor made of a track's own faces, the last of which is `face`."""
        embeddings = np.stack([seen.embedding for seen in own])
        size = min(CORE_FACES, len(own))  # fewer where one was told to make do with fewer
        if not core_of(embeddings, usual.threshold, size=size):
            return None  # too unlike each other to be known again by
        return self._made(own, face)

    def of_tracks(
        self, waiting: WaitingFaces, face: Face, ballot: Ballot, usual: MatchPolicy
    ) -> Finding | None:
        """Return the visitor made of the faces of a track and of others that were too short.

        The track gets the name; what was said of the others stays. Until there are enough faces
        each waits for more that are like it, unless it may be somebody known.
        """
        keep, wanted = self._policy.tracks_kept, self._policy.visitor_faces
        if keep is None or wanted is None:
            return None
        if ballot.near or _reaches(ballot.barred, usual.threshold) or face.companions:
            waiting.drop([face])
            return None
        waiting.add(face, sight_of(face), keep=keep, of_a_track=wanted)
        cluster = waiting.cluster(
            face,
            least=self._policy.for_tracks(usual).threshold,
            loosest=usual.threshold,
            wanted=wanted,
            may_be_one=self._gate.may_be_one,
        )
        if not cluster:
            return None
        mean = mean_of(cluster)
        ranking = self._candidates.ranked(mean, face, floor=usual.floor)
        nearest = next(iter(ranking.candidates), None)
        if nearest and nearest.similarity >= usual.threshold:
            return None
        if _reaches(ranking.barred, usual.threshold):
            return None
        visitor = self._made(cluster, face)
        if visitor is None:
            return None
        waiting.drop(cluster)
        own = [each for each in cluster if _is_of_its_track(each, face)]
        return Finding(
            decision="named",
            winner=visitor,
            rival=nearest,
            support=support_of(own, mean),
            basis="tracks",
            is_new=True,
        )

    def _made(self, own: Sequence[Face], face: Face) -> Candidate | None:
        """Enrol whose faces these are as a visitor; return whom that is now, None if nobody."""
        salt = self._policy.visitor_salt
        for identity_id in visitor_ids(self._policy.tenant_id, own, salt=salt):
            if self._candidates.is_barred(identity_id, face):
                return None  # who was made of this track when it was looked at before
            if not self._visitors.is_taken(identity_id, at=face.captured_at):
                break  # whoever has it is somebody else: these faces are not like theirs
        embeddings = np.stack([seen.embedding for seen in own])
        kept = choose(
            embeddings,
            [seen.quality for seen in own],
            [seen.camera_id for seen in own],
            most=self._policy.templates,
        )
        self._visitors.add_visitor(identity_id, at=face.captured_at)
        self._gallery.enroll(
            identity_id,
            embeddings[kept],
            qualities=[own[place].quality for place in kept],
            at=face.captured_at,
            camera_id=face.camera_id,
        )
        return Candidate(self._decisions.now(identity_id), 1.0)


def mean_of(faces: Sequence[Face]) -> Embedding:
    """Return the mean of faces, each by its weight, of unit length."""
    weights = [weight_of(face.quality) for face in faces]
    mean = np.average([face.embedding for face in faces], axis=0, weights=weights)
    unit: Embedding = (mean / np.linalg.norm(mean)).astype(np.float32)
    return unit


def support_of(faces: Sequence[Face], mean: Embedding) -> tuple[Support, ...]:
    """Return what faces have for a finding by their mean."""
    return tuple(
        Support(face.face_index, face.quality, float(face.embedding @ mean)) for face in faces
    )


def _reaches(similarity: float | None, threshold: float) -> bool:
    return similarity is not None and similarity >= threshold


def _is_of_its_track(one: Face, face: Face) -> bool:
    return (one.camera_id, one.track_id) == (face.camera_id, face.track_id)
