"""Whom the faces of a photo are like: a search, and a test of how well somebody is recognised."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from genesis_ray.domain.consent import MatchingByConsent
from genesis_ray.domain.identity import FaceSight, MatchPolicy
from genesis_ray.domain.people import Person
from genesis_ray.errors import FaceError
from genesis_ray.pipeline.candidates import CANDIDATES_KEPT, Candidates, Ranking
from genesis_ray.pipeline.resolver_ports import Decisions
from genesis_ray.running.assembly import embedder_traits
from genesis_ray.running.consent import consents
from genesis_ray.running.identities import searched_gallery, who_is_who
from genesis_ray.running.protected import load_protected_embedder
from genesis_ray.running.tenant_keys import tenant_keys
from genesis_ray.running.thresholds import calibration_file, resolver_policy, threshold_book
from genesis_ray.settings import Settings
from genesis_ray.store.audit_entry import Access
from genesis_ray.vision.photo_file import read_photo

Says = Literal["match", "too close to the next", "below the threshold", "nobody", "quality"]
"""What a look at a face comes to: a vote for the first, or why for nobody."""

_SAYS: dict[str, Says] = {
    "voted": "match",
    "margin": "too close to the next",
    "threshold": "below the threshold",
    "nobody": "nobody",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoFace:
    """A face of a photo and whom it is like.

    Attributes:
        box: x1, y1, x2, y2, as parts of the picture's width and height.
        people: Who is most like it, best first, with the similarity.
        says: What one look at it comes to, by the settings; a track takes several that agree.
    """

    photo: Path
    box: tuple[float, float, float, float]
    quality: float
    people: tuple[tuple[Person, float], ...]
    says: Says
    threshold: float


def search_photos(settings: Settings, photos: list[Path], *, limit: int) -> list[PhotoFace]:
    """Return the faces of some photos, of each photo the largest first; nothing is stored.

    What one look comes to is what a camera would say: who gave no consent, where that is required,
    is not told of, and is a rival of the others all the same. The search is in the audit log.

    Raises:
        SourceError: A photo cannot be read, or is too large.
        FaceError: One has no face.
        StoreError: The tenant's key is lost, or the search cannot be noted.
    """
    keys, traits = tenant_keys(settings), embedder_traits(settings.faces)
    book = threshold_book(settings.identity, traits, calibration_file(settings, traits).read())
    policy = resolver_policy(settings, traits, book).match
    images = [read_photo(photo) for photo in photos]
    embedder = load_protected_embedder(settings.faces, keys.current)
    who = who_is_who(settings)
    reason = f"looks whom the faces of {len(photos)} photo{'s' * (len(photos) != 1)} are like"
    access = Access(action="search", reason=reason)
    decisions: Decisions = who
    if settings.identity.consent == "required":
        decisions = MatchingByConsent(who, consents(settings).given())
    people = _People({person.identity_id: person for person in who.people})
    candidates = Candidates(searched_gallery(settings, who, keys, access=access), decisions, people)
    now, found = datetime.now(UTC), []
    for photo, image in zip(photos, images, strict=True):
        faces = embedder.faces_in(image)
        if not faces:
            raise FaceError(f"{photo}: no face found; use a photo that shows one large and sharp")
        for face in faces:
            sight = FaceSight(
                camera_id="", track_id=0, face_index=0, captured_at=now, quality=face.quality
            )
            ranking = candidates.ranked(
                face.embedding, sight, floor=policy.floor, most=max(limit, CANDIDATES_KEPT)
            )
            x1, y1, x2, y2 = map(float, face.xyxy)
            found.append(
                PhotoFace(
                    photo=photo,
                    box=(x1, y1, x2, y2),
                    quality=float(face.quality),
                    people=tuple(
                        (people.by_id[one], like) for one, like in ranking.candidates[:limit]
                    ),
                    says=_says(face.quality, ranking, policy, settings.faces.min_quality),
                    threshold=policy.threshold,
                )
            )
    return found


@dataclass(frozen=True, slots=True)
class _People:
    """Who is known, whenever they were seen last: old recordings have visitors, too."""

    by_id: Mapping[str, Person]

    def is_current(self, identity_id: str, _at: datetime) -> bool:
        """Tell whether somebody is known still."""
        return identity_id in self.by_id


def _says(quality: float, ranking: Ranking, policy: MatchPolicy, least: float) -> Says:
    if quality < least:
        return "quality"
    return _SAYS[policy.verdict(ranking.candidates, ranking.barred)]
