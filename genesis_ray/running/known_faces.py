"""Looking at faces before they are given to a person: whose are they like?

A photo that shows somebody else makes strangers bear a person's name, and a person who is known
under two names is named by neither. So what looks wrong is refused, unless somebody insists.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from genesis_ray.domain.enrolment import STRANGERS, Templates, unlike_faces
from genesis_ray.domain.people import Person
from genesis_ray.errors import ConfigurationError, NotFoundError
from genesis_ray.running.assembly import embedder_traits, impostors_of
from genesis_ray.running.enrolment_note import Enrolment
from genesis_ray.running.enrolments import WaitingEnrolments, person_meant
from genesis_ray.running.gallery_figures import gallery_figures
from genesis_ray.running.identities import identity_folder, searched_gallery, who_is_who
from genesis_ray.running.thresholds import calibration_file, threshold_book
from genesis_ray.settings import Settings
from genesis_ray.store.audit_entry import Access
from genesis_ray.store.learning_gallery import LearningGallery
from genesis_ray.store.table_news import TableNews
from genesis_ray.store.template_keys import KeyRing
from genesis_ray.store.tenants import LEDGER

_TO_ENROLL = Access(action="enroll", reason="looks whom faces to be added are like")


class KnownFaces:
    """Whom a tenant knows by which faces, and will by those that wait to be taken in.

    It is as it was when this was made; `is_current` tells whether it still is.
    """

    def __init__(self, settings: Settings, keys: KeyRing) -> None:
        """Read them.

        Raises:
            StoreError: The access cannot be noted, or the gallery cannot be read.
        """
        self._settings = settings
        traits = embedder_traits(settings.faces)
        self._embedder = traits.name
        folder = identity_folder(settings)
        own = f"faces_{traits.name}", f"template_changes_{traits.name}"
        self._news = TableNews(folder, ("people", LEDGER, *own))
        self._news.look()
        # Before the tables: what is taken in meanwhile is seen twice, and not missed.
        self._enrolments = WaitingEnrolments(settings)
        self._names_waiting = self._enrolments.names()
        enrolments = self._enrolments.readable()
        self._who = who_is_who(settings)
        self._waiting: dict[str, tuple[Person, Templates]] = {}
        ours = traits.name, traits.dimension, keys.current.version
        for each in enrolments:
            if (each.embedder, each.templates.shape[1], each.key_version) == ours:
                self._await(each)
        self._none: Templates = np.empty((0, traits.dimension), np.float32)
        calibration = calibration_file(settings, traits).read()
        self._names_from = threshold_book(settings.identity, traits, calibration).usual.value
        self._like_from = impostors_of(settings.faces).similarity(STRANGERS)
        self._gallery: LearningGallery | None = None
        if folder.is_dir():
            self._gallery = searched_gallery(settings, self._who, keys, access=_TO_ENROLL)

    def is_current(self) -> bool:
        """Tell whether nobody wrote since this was made; once no, it is of no more use."""
        return not self._news.look() and self._enrolments.names() == self._names_waiting

    def note(self, enrolment: Enrolment) -> None:
        """Take it that faces are known which whoever has this stored or handed over just now."""
        self._await(enrolment)
        self._news.look()
        self._names_waiting = self._enrolments.names()

    def check_shape(self, templates: Templates) -> None:
        """Make sure that faces could be ones of this gallery.

        Raises:
            StoreError: They are of another model, or no faces.
        """
        if self._gallery:
            self._gallery.check(templates)

    def own(self, identity_id: str) -> Templates:
        """Return the faces by which a person is known, or will be."""
        stored = self._none
        if self._gallery:
            stored = self._gallery.vectors_of(self._who.members(identity_id))
        waiting = self._waiting.get(identity_id)
        return np.concatenate([stored, waiting[1]]) if waiting else stored

    def meant(self, enrolment: Enrolment) -> Person:
        """Return whom an enrolment is about, who may be new.

        Raises:
            ConfigurationError: Several people are called so.
        """
        return person_meant(enrolment, self._who, self._new())

    def check_gallery(self) -> None:
        """Make sure that faces are added where people are known.

        Raises:
            ConfigurationError: This embedder knows nobody, and another does.
        """
        if self._waiting or (self._gallery and self._gallery.count):
            return
        others = [each for each in gallery_figures(self._settings) if each.faces]
        if others:
            most = max(others, key=lambda each: each.faces)
            raise ConfigurationError(
                f"people here are known by {most.embedder}, which has {most.faces:,} faces, and "
                f"{self._embedder} knows nobody: who is enrolled with it is nobody to the others. "
                f"Use the configuration that names people; to change the embedder: genesis people "
                f"re-embed --to {self._embedder}, then switch. To begin with {self._embedder} "
                f"all the same, say --anyway"
            )

    def doubts(
        self, name: str, identity_id: str, photos: Sequence[Path], templates: Templates
    ) -> dict[int, str]:
        """Return which of some faces do not look like a person's, and what is wrong with each.

        They are somebody else's, or unlike the person's others. The others may be given to them.
        """
        found: dict[int, str] = {}
        for place, template in enumerate(templates):
            other, similarity = self._most_like(template, besides=identity_id)
            if other and similarity >= self._names_from:
                found[place] = self._taken_for(photos[place], name, other, similarity)
        left = [place for place in range(len(templates)) if place not in found]
        own = self.own(identity_id)
        unlike = unlike_faces(templates[left], own, least=self._like_from)
        is_anyones = len(unlike) == len(left) and not len(own)
        for among_left, similarity in unlike.items():
            place = left[among_left]
            told = self._anyones if is_anyones else self._unlike
            found[place] = told(photos[place], name, similarity)
        return found

    def _unlike(self, photo: Path, name: str, similarity: float) -> str:
        return (
            f"{photo}: the face is unlike all others of {name} (similarity {similarity:.2f} at "
            f"most, and strangers reach {self._like_from:.2f}), so it may be somebody else's, who "
            f"would be taken for {name}. If it is right, say --anyway"
        )

    def _anyones(self, photo: Path, name: str, similarity: float) -> str:
        return (
            f"{photo}: the faces for {name} are unlike each other (similarity {similarity:.2f} at "
            f"most, and strangers reach {self._like_from:.2f}), so which of them is {name} cannot "
            f"be told. Leave out what shows somebody else, or if all are right, say --anyway"
        )

    def _taken_for(self, photo: Path, name: str, other: Person, similarity: float) -> str:
        short = other.identity_id[:8]
        remedy = (
            f"If that is who {name} is: genesis people rename {short} NAME, and enrol the photo "
            f"under that name"
            if other.kind == "visitor"
            else f"If the two are one person, add the photo to {other.name}, or merge them"
        )
        return (
            f"{photo}: the face is that of {other.name} ({short}), to whom it is so like that it "
            f"is named so (similarity {similarity:.2f}, {self._names_from:.2f} is enough); known "
            f"as both, {name} would be named neither. {remedy}. If it is right, say --anyway"
        )

    def _most_like(self, template: Templates, *, besides: str) -> tuple[Person | None, float]:
        """Return who else is most like a face, and how like."""
        best: tuple[Person | None, float] = None, -1.0
        for identity_id, (person, faces) in self._waiting.items():
            similarity = float((faces @ template).max())
            if identity_id != besides and similarity > best[1]:
                best = person, similarity
        members = self._who.members(besides)
        found = self._gallery.nearest(template, limit=len(members) + 5) if self._gallery else ()
        for identity_id, similarity in found:
            present = self._who.now(identity_id)
            if present == besides or similarity <= best[1]:
                continue
            try:
                best = self._who.person(present), similarity
            except NotFoundError:  # a visitor who expired
                continue
        return best

    def _await(self, enrolment: Enrolment) -> None:
        """Take it that an enrolment will be taken in, which one of several namesakes is not."""
        try:
            person = self.meant(enrolment)
        except ConfigurationError:
            return
        before = self._waiting.get(person.identity_id)
        templates = enrolment.templates
        together = np.concatenate([before[1], templates]) if before else templates
        self._waiting[person.identity_id] = person, together

    def _new(self) -> list[Person]:
        """Return people who are made by what waits."""
        known = {person.identity_id for person in self._who.people}
        return [person for person, _ in self._waiting.values() if person.identity_id not in known]
