"""What a resolver finds about faces, as events."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from genesis_ray.domain.events import Event, FaceRecognized, FaceScored, FalseMergeFound
from genesis_ray.domain.recognition.evidence import weight_of
from genesis_ray.domain.recognition.identity import Candidate, Face, FaceSight, MatchPolicy, Verdict
from genesis_ray.domain.recognition.voting import Finding

EXCHANGED = "exchanged"
"""The gate of a review of a track that has a name, and later faces of somebody else."""

_WEIGHTLESS: frozenset[Verdict] = frozenset({"quality", "spare", "decided"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceEvents:
    """Makes the events of one tenant's faces, embedded by one embedder."""

    tenant_id: str
    site_id: str
    embedder: str

    def scored(self, face: FaceSight, ranked: Sequence[Candidate], verdict: Verdict) -> FaceScored:
        """Return how similar a face was to the nearest identities, and what came of it."""
        return FaceScored(
            tenant_id=self.tenant_id,
            site_id=self.site_id,
            camera_id=face.camera_id,
            occurred_at=face.captured_at,
            track_id=face.track_id,
            face_index=face.face_index,
            quality=face.quality,
            embedder=self.embedder,
            candidate_ids=tuple(candidate.identity_id for candidate in ranked),
            similarities=tuple(candidate.similarity for candidate in ranked),
            verdict=verdict,
            weight=0.0 if verdict in _WEIGHTLESS else weight_of(face.quality),
        )

    def exchanged(
        self, face: Face, finding: Finding, policy: MatchPolicy, doubted_id: str
    ) -> list[Event]:
        """Return that a track named `doubted_id` shows another person's faces, whom for review."""
        review = replace(finding, decision="review")
        return [
            FalseMergeFound(
                tenant_id=self.tenant_id,
                site_id=self.site_id,
                camera_id=face.camera_id,
                occurred_at=face.captured_at,
                track_id=face.track_id,
                identity_id=doubted_id,
                other_camera_id=face.camera_id,
                other_track_id=face.track_id,
                is_quarantined=False,
            ),
            self.recognized(face, review, policy, gate=EXCHANGED),
        ]

    def recognized(
        self, face: Face, finding: Finding, policy: MatchPolicy, *, gate: str = ""
    ) -> FaceRecognized:
        """Return what became of the track of a face, its latest that counts."""
        winner = finding.winner or Candidate("", 0.0)
        return FaceRecognized(
            tenant_id=self.tenant_id,
            site_id=self.site_id,
            camera_id=face.camera_id,
            occurred_at=face.captured_at,
            track_id=face.track_id,
            identity_id=winner.identity_id,
            decision=finding.decision,
            similarity=winner.similarity,
            runner_up_similarity=finding.rival.similarity if finding.rival else None,
            threshold=policy.threshold,
            votes=len(finding.support),
            quality=face.quality,
            gate=gate,
            is_new=finding.is_new,
            embedder=self.embedder,
            runner_up_id=finding.rival.identity_id if finding.rival else None,
            threshold_origin=policy.origin,
            basis=finding.basis,
            evidence=finding.evidence,
            face_indices=tuple(each.face_index for each in finding.support),
            qualities=tuple(each.quality for each in finding.support),
            similarities=tuple(each.similarity for each in finding.support),
        )
