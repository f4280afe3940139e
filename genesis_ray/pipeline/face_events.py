"""What a resolver finds about faces, as events."""

from collections.abc import Sequence
from dataclasses import dataclass

from genesis_ray.domain.events import FaceRecognized, FaceScored
from genesis_ray.domain.identity import Candidate, Face


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceEvents:
    """Makes the events of one tenant's faces, embedded by one embedder."""

    tenant_id: str
    site_id: str
    embedder: str

    def scored(self, face: Face, ranked: Sequence[Candidate]) -> FaceScored:
        """Return how similar a face was to the nearest identities."""
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
        )

    def recognized(
        self,
        face: Face,
        winner: Candidate,
        rival: Candidate | None,
        votes: int,
        *,
        threshold: float,
        is_new: bool = False,
    ) -> FaceRecognized:
        """Return that a face decided whose its track is."""
        return FaceRecognized(
            tenant_id=self.tenant_id,
            site_id=self.site_id,
            camera_id=face.camera_id,
            occurred_at=face.captured_at,
            track_id=face.track_id,
            identity_id=winner.identity_id,
            decision="named",
            similarity=winner.similarity,
            runner_up_similarity=rival.similarity if rival else None,
            threshold=threshold,
            votes=votes,
            quality=face.quality,
            gate="",
            is_new=is_new,
            embedder=self.embedder,
        )
