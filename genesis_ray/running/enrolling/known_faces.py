"""Looking at faces before they are given to a person: what looks wrong is refused.

Unless somebody insists. They are compared with all that there is at that moment, stored or not yet.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np

from genesis_ray.domain.recognition.enrolment import Templates
from genesis_ray.domain.recognition.identity import Embedding
from genesis_ray.domain.recognition.people import Person
from genesis_ray.errors import ConfigurationError
from genesis_ray.running.assembly import embedder_traits
from genesis_ray.running.enrolling.enrolment_note import Enrolment
from genesis_ray.running.enrolling.face_doubts import FaceDoubts, Likeness, most_like
from genesis_ray.running.enrolling.gallery_changes import person_meant
from genesis_ray.running.enrolling.waiting_enrolments import WaitingEnrolments
from genesis_ray.running.people.identities import identity_folder, searched_gallery, who_is_who
from genesis_ray.running.templates.gallery_figures import gallery_figures
from genesis_ray.settings import Settings
from genesis_ray.store.audit.audit_entry import Access
from genesis_ray.store.galleries.learning_gallery import LearningGallery
from genesis_ray.store.keys.template_keys import KeyRing
from genesis_ray.store.lance.table_news import TableNews
from genesis_ray.store.tenant.tenants import LEDGER
from genesis_ray.vision.photo_file import Photo

_TO_ENROLL = Access(action="enroll", reason="looks whom faces to be added are like")


class KnownFaces:
    """Whom a tenant knows by which faces, and will by those that wait to be taken in.

    It is as it was when this was made; `is_current` tells whether it still is.
    """

    def __init__(self, settings: Settings, keys: KeyRing, *, insist: str = "say --anyway") -> None:
        """Read them; `insist` is what somebody does who knows that a face is right.

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
        self._doubts = FaceDoubts(settings, traits, insist=insist)
        self._insist = insist
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
                f"all the same, {self._insist}"
            )

    def doubts(
        self, name: str, identity_id: str, photos: Sequence[Photo], templates: Templates
    ) -> dict[int, str]:
        """Return which of some faces do not look like a person's, and what is wrong with each.

        Raises:
            FaceError: They seem to be several people's, of whom any may be the one who is meant.
        """
        return self._doubts.among(
            templates,
            photos,
            name,
            own=self.own(identity_id),
            most_like=partial(self._most_like, besides=identity_id),
        )

    def _most_like(self, template: Embedding, *, besides: str) -> Likeness | None:
        """Return who else is most like a face, and how like."""
        found = [
            Likeness(person, float((faces @ template).max()))
            for identity_id, (person, faces) in self._waiting.items()
            if identity_id != besides
        ]
        if self._gallery:
            stored = most_like(self._gallery, self._who, template, besides=besides)
            found += [stored] if stored else []
        return max(found, key=lambda each: each.similarity, default=None)

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
