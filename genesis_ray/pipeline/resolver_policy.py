"""By what one tenant's faces become names, and where more is asked for than usual."""

from dataclasses import dataclass, replace
from datetime import timedelta

from genesis_ray.domain.recognition.identity import FaceSight, MatchPolicy
from genesis_ray.domain.recognition.thresholds import ThresholdBook

_FOR_COMPANIONS, _FOR_MEANS, _FOR_TRACKS = ", for companions", ", for means", ", for several tracks"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolverPolicy:
    """How one tenant's faces become names.

    Attributes:
        min_quality: Worse faces are scored, but neither vote nor make a visitor.
        visitor_faces: Good faces of a nameless track that make a visitor; None: never.
        templates: Faces kept of a new visitor, at most.
        thresholds: By camera; None: everywhere that of `match`.
        companion_threshold: What is added to the threshold where people keep close together.
        mean_threshold: What is added to it where a track is compared by the mean of its faces.
        tracks_kept: How long faces of tracks too short for a visitor wait for others; None: never.
        tracks_similarity: What faces of several tracks reach, if not more is asked for anyhow.
        visitor_salt: What ids of new visitors are mixed with; "": nothing.
    """

    tenant_id: str
    site_id: str
    embedder: str
    match: MatchPolicy
    min_quality: float
    visitor_faces: int | None
    templates: int = 3
    thresholds: ThresholdBook | None = None
    companion_threshold: float = 0.0
    mean_threshold: float = 0.0
    tracks_kept: timedelta | None = None
    tracks_similarity: float = 1.0
    visitor_salt: str = ""

    def usual_for(self, face: FaceSight, book: ThresholdBook | None) -> MatchPolicy:
        """Return what the faces of a face's camera are decided by."""
        return book.match_at(face.camera_id, self.match) if book else self.match

    def for_face(self, face: FaceSight, book: ThresholdBook | None) -> MatchPolicy:
        """Return what a face is decided by, which is stricter for one with companions.

        Their boxes overlap, so a face may be cut out of the wrong one.
        """
        usual = self.usual_for(face, book)
        if not face.companions:
            return usual
        return _stricter(usual, self.companion_threshold, _FOR_COMPANIONS)

    def for_mean(self, policy: MatchPolicy) -> MatchPolicy:
        """Return what a track is named by as a whole whose faces are decided by `policy`.

        The mean of several faces has less of what differs between pictures. So it is more like the
        person it shows than each face is, and as much more like others who are like them.
        """
        return _stricter(policy, self.mean_threshold, _FOR_MEANS)

    def for_tracks(self, policy: MatchPolicy) -> MatchPolicy:
        """Return what faces of several tracks make a visitor by.

        No camera followed a person from one to the next: their likeness alone says that they are
        one, and each is compared with a thousand faces.
        """
        return _stricter(policy, max(0.0, self.tracks_similarity - policy.threshold), _FOR_TRACKS)


def is_usual(origin: str) -> bool:
    """Tell whether a threshold of this origin is the one of its camera, and not stricter."""
    return not origin.endswith((_FOR_COMPANIONS, _FOR_MEANS, _FOR_TRACKS))


def _stricter(policy: MatchPolicy, more: float, why: str) -> MatchPolicy:
    if not more:
        return policy
    return replace(policy, threshold=policy.threshold + more, origin=policy.origin + why)
