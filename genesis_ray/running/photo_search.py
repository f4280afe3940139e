"""Whom the faces of a photo are like: a search, and a test of how well somebody is recognised."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from genesis_ray.domain.consent import Consents
from genesis_ray.domain.identity import Candidate, MatchPolicy
from genesis_ray.domain.people import Person
from genesis_ray.errors import FaceError
from genesis_ray.running.assembly import embedder_traits
from genesis_ray.running.consent import consents
from genesis_ray.running.identities import who_is_who
from genesis_ray.running.known_faces import KnownFaces
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
_MOST = 1000


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

    Who gave no consent is not looked for where that is required. The search is in the audit log.

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
    reason = f"looks whom the faces of {len(photos)} photos are like"
    known = KnownFaces(settings, keys, Access(action="search", reason=reason))
    people = {person.identity_id: person for person in who_is_who(settings).people}
    said = consents(settings) if settings.identity.consent == "required" else None
    found = []
    for photo, image in zip(photos, images, strict=True):
        faces = embedder.faces_in(image)
        if not faces:
            raise FaceError(f"{photo}: no face found; use a photo that shows one large and sharp")
        for face in faces:
            ranked = [
                each
                for each in known.ranked(face.embedding, limit=_MOST)
                if each.identity_id in people and _may_be_named(each, said)
            ]
            x1, y1, x2, y2 = map(float, face.xyxy)
            found.append(
                PhotoFace(
                    photo=photo,
                    box=(x1, y1, x2, y2),
                    quality=float(face.quality),
                    people=tuple((people[one], like) for one, like in ranked[:limit]),
                    says=_says(face.quality, ranked, policy, settings.faces.min_quality),
                    threshold=policy.threshold,
                )
            )
    return found


def _may_be_named(candidate: Candidate, said: Consents | None) -> bool:
    return said is None or said.of(candidate.identity_id).state == "given"


def _says(quality: float, ranked: list[Candidate], policy: MatchPolicy, least: float) -> Says:
    return "quality" if quality < least else _SAYS[policy.verdict(ranked)]
