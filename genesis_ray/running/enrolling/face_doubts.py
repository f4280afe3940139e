"""What is wrong with giving faces to a person: whose else are they like, and are they one person's?

A photo that shows somebody else makes strangers bear a person's name, and a person who is known
under two names is named by neither.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from genesis_ray.domain.recognition.enrolment import STRANGERS, Templates, unlike_faces
from genesis_ray.domain.recognition.identity import Embedding
from genesis_ray.domain.recognition.ledger import WhoIsWho
from genesis_ray.domain.recognition.likeness_groups import strange_groups
from genesis_ray.domain.recognition.people import Person
from genesis_ray.errors import FaceError, NotFoundError
from genesis_ray.running.assembly import EmbedderTraits, impostors_of
from genesis_ray.running.thresholds import calibration_file, threshold_book
from genesis_ray.settings import Settings
from genesis_ray.store.galleries.gallery import FaceGallery
from genesis_ray.vision.photo_file import Photo

_NAMES_SHOWN = 3


class Likeness(NamedTuple):
    """Somebody, and how like them a face is."""

    person: Person
    similarity: float


class FaceDoubts:
    """Finds faces that should not be given to a person, and says why."""

    def __init__(self, settings: Settings, embedder: EmbedderTraits, *, insist: str) -> None:
        """Take the thresholds; `insist` is what somebody does who knows that a face is right."""
        calibration = calibration_file(settings, embedder).read()
        self._names_from = threshold_book(settings.identity, embedder, calibration).usual.value
        self._like_from = impostors_of(settings.faces).similarity(STRANGERS)
        self._insist = f"If that is right, {insist}"

    def among(
        self,
        templates: Templates,
        photos: Sequence[Photo],
        name: str,
        *,
        own: Templates,
        most_like: Callable[[Embedding], Likeness | None],
    ) -> dict[int, str]:
        """Return which of some faces do not look like a person's, and what is wrong with each.

        They are somebody else's, or unlike the person's others. The others may be given to them.

        Args:
            templates: [n, dimension].
            photos: Of each of them.
            name: What the person is called.
            own: Templates [m, dimension] by which they are known.
            most_like: Returns who else is most like a face.

        Raises:
            FaceError: They seem to be several people's, of whom any may be the one who is meant.
        """
        found: dict[int, str] = {}
        for place, template in enumerate(templates):
            other = most_like(template)
            if other and other.similarity >= self._names_from:
                found[place] = self._taken_for(photos[place], name, other)
        left = [place for place in range(len(templates)) if place not in found]
        unlike = unlike_faces(templates[left], own, least=self._like_from)
        is_anyones = len(unlike) == len(left) and not len(own)
        for among_left, similarity in unlike.items():
            place = left[among_left]
            told = self._anyones if is_anyones else self._unlike
            found[place] = told(photos[place], name, similarity)
        left = [place for place in left if place not in found]
        groups = strange_groups(templates[left], own, least=self._like_from)
        if groups and not len(own):
            raise FaceError(
                self._several(name, [[photos[left[each]] for each in group] for group in groups])
            )
        for group in groups:
            for each in group:
                photo = photos[left[each]]
                found[left[each]] = self._unlike_together(photo, name, len(group))
        return found

    def _unlike(self, photo: Photo, name: str, similarity: float) -> str:
        return (
            f"{photo}: the face is unlike all others of {name} (similarity {similarity:.2f} at "
            f"most, and strangers reach {self._like_from:.2f}), so it may be somebody else's, who "
            f"would be taken for {name}. {self._insist}"
        )

    def _anyones(self, photo: Photo, name: str, similarity: float) -> str:
        return (
            f"{photo}: the faces for {name} are unlike each other (similarity {similarity:.2f} at "
            f"most, and strangers reach {self._like_from:.2f}), so which of them is {name} cannot "
            f"be told. Leave out what shows somebody else. {self._insist}"
        )

    def _unlike_together(self, photo: Photo, name: str, count: int) -> str:
        return (
            f"{photo}: the face and {count - 1} more of these are like each other, and unlike "
            f"those by which {name} is known (on average less than {self._like_from:.2f}), so they "
            f"may be somebody else's, who would be taken for {name}. {self._insist}"
        )

    def _several(self, name: str, groups: Sequence[Sequence[Photo]]) -> str:
        told = "; ".join(_names(group) for group in groups)
        return (
            f"the faces for {name} seem to be {len(groups)} people's, in groups that are unlike "
            f"each other (similarity less than {self._like_from:.2f} on average), so which of them "
            f"is {name} cannot be told: {told}. Leave out what shows somebody else. {self._insist}"
        )

    def _taken_for(self, photo: Photo, name: str, other: Likeness) -> str:
        person, short = other.person, other.person.identity_id[:8]
        remedy = (
            f"If that is who {name} is: genesis people rename {short} NAME, and enrol the photo "
            f"under that name"
            if person.kind == "visitor"
            else f"If the two are one person, add the photo to {person.name}, or merge them"
        )
        return (
            f"{photo}: the face is that of {person.name} ({short}), to whom it is so like that it "
            f"is named so (similarity {other.similarity:.2f}, {self._names_from:.2f} is enough); "
            f"known as both, {name} would be named neither. {remedy}. {self._insist}"
        )


def most_like(
    gallery: FaceGallery, who: WhoIsWho, template: Embedding, *, besides: str
) -> Likeness | None:
    """Return who in a gallery is most like a face, other than a person; None: nobody is known."""
    members = who.members(besides)
    for identity_id, similarity in gallery.nearest(template, limit=len(members) + 5):
        present = who.now(identity_id)
        if present == besides:
            continue
        try:
            return Likeness(who.person(present), similarity)
        except NotFoundError:  # a visitor who expired
            continue
    return None


def _names(photos: Sequence[Photo]) -> str:
    """Return how many photos there are, and the names of some."""
    shown = ", ".join(photo.name for photo in photos[:_NAMES_SHOWN])
    more = len(photos) - _NAMES_SHOWN
    return f"{len(photos)} ({shown}{f' and {more:,} more' if more > 0 else ''})"
