"""Whom the faces of a photo are like: a search, and a test of how well somebody is recognised."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal, NamedTuple

from genesis_ray.domain.recognition.consent import MatchingByConsent
from genesis_ray.domain.recognition.face_place import Box, Landmarks
from genesis_ray.domain.recognition.identity import FaceSight, MatchPolicy
from genesis_ray.domain.recognition.ledger import WhoIsWho
from genesis_ray.domain.recognition.people import Person
from genesis_ray.errors import FaceError
from genesis_ray.pipeline.candidates import CANDIDATES_KEPT, Candidates, Ranking
from genesis_ray.pipeline.resolver_ports import Decisions
from genesis_ray.running.assembly import embedder_traits
from genesis_ray.running.enrolling.photo_faces import LoadedPhotoFaces, PhotoFaces, under_key
from genesis_ray.running.people.auditing import note
from genesis_ray.running.people.consent import consents
from genesis_ray.running.people.identities import identity_folder, searched_gallery, who_is_who
from genesis_ray.running.templates.gallery_in_use import with_gallery_in_use
from genesis_ray.running.templates.protected import load_protected_embedder
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.running.thresholds import calibration_file, resolver_policy, threshold_book
from genesis_ray.sections.models import FaceSettings
from genesis_ray.settings import Settings
from genesis_ray.store.audit.audit_entry import Access
from genesis_ray.store.galleries.learning_gallery import LearningGallery
from genesis_ray.store.keys.template_keys import KeyRing
from genesis_ray.store.lance.table_news import TableNews
from genesis_ray.store.tenant.tenants import LEDGER
from genesis_ray.vision.faces import EmbeddedFace
from genesis_ray.vision.photo_file import Photo

_LOOK_EVERY_S = 1.0
"""While faces are kept, whether they have changed."""

_KEPT_S = 60.0
"""Without a search, after which they are let go of."""

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
        box: Where it is in the photo, see `FacePlace`.
        landmarks: The same.
        people: Who is most like it, best first, with the similarity.
        says: What one look at it comes to, by the settings; a track takes several that agree.
        threshold: Least similarity of a match.
    """

    photo: Photo
    box: Box
    landmarks: Landmarks
    quality: float
    people: tuple[tuple[Person, float], ...]
    says: Says
    threshold: float


def search_photos(settings: Settings, photos: Sequence[Photo], *, limit: int) -> list[PhotoFace]:
    """Return the faces of some photos with whom they are like; see `PhotoSearch.search`."""
    embedder = load_protected_embedder(settings.faces, tenant_keys(settings).current)
    return PhotoSearch(settings, LoadedPhotoFaces(embedder)).search(photos, limit=limit)


class _Known(NamedTuple):
    """Who is known by which faces, and under which keys."""

    who: WhoIsWho
    gallery: LearningGallery
    keys: KeyRing


class SearchInUse:
    """Searches time and again by the embedder that names people then; see `PhotoSearch`."""

    def __init__(self, settings: Settings, look: Callable[[FaceSettings], PhotoFaces]) -> None:
        """Search among the people of `settings`; `look` returns who looks at photos by which."""
        self._settings = settings
        self._look = look
        self._search: PhotoSearch | None = None
        self._embedder = ""

    def search(
        self, photos: Sequence[Photo], *, limit: int, threshold: float | None = None
    ) -> list[PhotoFace]:
        """Return the faces of some photos with whom they are like, as `PhotoSearch.search` does."""
        settings = with_gallery_in_use(self._settings)
        search = self._search
        if search is None or self._embedder != settings.faces.embedder:
            search = self._search = PhotoSearch(settings, self._look(settings.faces))
            self._embedder = settings.faces.embedder
        return search.search(photos, limit=limit, threshold=threshold)


class PhotoSearch:
    """Searches for faces of photos, time and again: the gallery is read anew when it has changed.

    In between it is kept, but not for long: what others removed from it is gone from here within
    seconds, be there another search or not. Threads may share it; they search one after the other.
    """

    def __init__(self, settings: Settings, faces: PhotoFaces) -> None:
        """Search among the people of `settings`; `faces` looks at photos. Nothing is read yet."""
        self._settings = settings
        self._faces = faces
        embedder = embedder_traits(settings.faces).name
        own = f"faces_{embedder}", f"template_changes_{embedder}"
        self._news = TableNews(identity_folder(settings), ("people", LEDGER, *own))
        self._known: _Known | None = None
        self._lock = threading.Lock()
        self._watching: threading.Thread | None = None
        self._kept_until = 0.0

    def search(
        self, photos: Sequence[Photo], *, limit: int, threshold: float | None = None
    ) -> list[PhotoFace]:
        """Return the faces of some photos, of each photo the largest first; nothing is stored.

        What one look comes to is what a camera would say, by another `threshold` where one is
        given: who gave no consent, where that is required, is not told of, and is a rival of the
        others all the same. Each search is in the audit log.

        Raises:
            SourceError: A photo cannot be read, or is too large.
            FaceError: One has no face.
            StoreError: The tenant's key is lost, or the search cannot be noted.
        """
        seen = [(photo, face) for photo in photos for face in self._faces_of(photo)]
        with self._lock:
            return self._ranked(seen, len(photos), limit, threshold)

    def _faces_of(self, photo: Photo) -> list[EmbeddedFace]:
        faces = self._faces.of(photo)
        if not faces:
            raise FaceError(f"{photo}: no face found; use a photo that shows one large and sharp")
        return faces

    def _ranked(
        self,
        seen: Sequence[tuple[Photo, EmbeddedFace]],
        photos: int,
        limit: int,
        threshold: float | None,
    ) -> list[PhotoFace]:
        settings = self._settings
        reason = f"looks whom the faces of {photos} photo{'s' * (photos != 1)} are like"
        known = self._known_now(Access(action="search", reason=reason))
        traits = embedder_traits(settings.faces)
        faces = under_key([face for _, face in seen], known.keys, traits)
        book = threshold_book(settings.identity, traits, calibration_file(settings, traits).read())
        policy = resolver_policy(settings, traits, book).match
        if threshold is not None:
            policy = replace(policy, threshold=threshold)
        decisions: Decisions = known.who
        if settings.identity.consent == "required":
            decisions = MatchingByConsent(known.who, consents(settings).given())
        people = _People({person.identity_id: person for person in known.who.people})
        candidates = Candidates(known.gallery, decisions, people)
        now, found = datetime.now(UTC), []
        for (photo, _), face in zip(seen, faces, strict=True):
            sight = FaceSight(
                camera_id="", track_id=0, face_index=0, captured_at=now, quality=face.quality
            )
            ranking = candidates.ranked(
                face.embedding, sight, floor=policy.floor, most=max(limit, CANDIDATES_KEPT)
            )
            box, landmarks = face.place
            found.append(
                PhotoFace(
                    photo=photo,
                    box=box,
                    landmarks=landmarks,
                    quality=float(face.quality),
                    people=tuple(
                        (people.by_id[one], like) for one, like in ranking.candidates[:limit]
                    ),
                    says=_says(face.quality, ranking, policy, settings.faces.min_quality),
                    threshold=policy.threshold,
                )
            )
        return found

    def _keep(self, known: _Known) -> _Known:
        """Keep what was read until it has changed, or is not asked for any more."""
        self._known = known
        self._kept_until = time.monotonic() + _KEPT_S
        if self._watching is None:
            self._watching = threading.Thread(target=self._let_go_in_time, daemon=True)
            self._watching.start()
        return known

    def _let_go_in_time(self) -> None:
        while True:
            time.sleep(_LOOK_EVERY_S)
            with self._lock:
                if self._news.look() or time.monotonic() > self._kept_until:
                    self._known = self._watching = None
                    return

    def _known_now(self, access: Access) -> _Known:
        """Return who is known, read anew where somebody wrote since; the access is noted first."""
        keys = tenant_keys(self._settings)
        is_news = self._news.look()
        if self._known and not is_news and self._known.keys.ref == keys.ref:
            note(self._settings, keys, access)
            return self._keep(self._known)
        self._known = None
        who = who_is_who(self._settings)
        try:
            gallery = searched_gallery(self._settings, who, keys, access=access)
        except BaseException:
            self._news.look_again()
            raise
        return self._keep(_Known(who, gallery, keys))


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
