"""Making a person known by photos."""

from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, NamedTuple
from uuid import uuid4

import numpy as np
import pyarrow.compute as pc

from genesis_ray.domain.recognition.enrolment import most_different, unknown_faces
from genesis_ray.domain.recognition.people import Person
from genesis_ray.domain.recognition.person_names import person_name
from genesis_ray.errors import ConfigurationError, FaceError, NotFoundError, SourceError, StoreError
from genesis_ray.running.assembly import embedder_traits
from genesis_ray.running.enrolling.enrolment_note import Enrolment
from genesis_ray.running.enrolling.far_photos import stored_pictures, sweep
from genesis_ray.running.enrolling.gallery_changes import take
from genesis_ray.running.enrolling.known_faces import KnownFaces
from genesis_ray.running.enrolling.photo_faces import (
    LoadedPhotoFaces,
    PhotoFaces,
    only_face,
    under_key,
)
from genesis_ray.running.enrolling.waiting_enrolments import WaitingEnrolments
from genesis_ray.running.people.identities import identity_folder, open_identities, who_is_who
from genesis_ray.running.people.intake import taker
from genesis_ray.running.people.naming import find_enrolled
from genesis_ray.running.people.turns import turn
from genesis_ray.running.templates.protected import load_protected_embedder
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.settings import Settings
from genesis_ray.store.audit.audit_entry import Access, this_user
from genesis_ray.store.galleries.stored_faces import stored_faces
from genesis_ray.store.keys.template_keys import KeyRing
from genesis_ray.store.tenant.kept_photos import seal
from genesis_ray.vision.face_picture import face_picture
from genesis_ray.vision.faces import EmbeddedFace
from genesis_ray.vision.photo_file import Photo, read_photo


class Enrolled(NamedTuple):
    """What became of an enrolment.

    Attributes:
        person: Who has the faces; None where they wait to be taken in.
        process: That of the system that runs and takes them in; None where none does.
        known: How many of the photos they were known by already, or are left out as the person has
            faces enough (`identity.photos`), so that nothing was added.
    """

    person: Person | None
    process: str | None
    known: int = 0


def enroll(
    settings: Settings, name: str, photos: Sequence[Photo], *, anyway: bool = False
) -> Person:
    """Add the faces of `photos` to the person called `name`, who is made if there is none.

    The person is known by a name or an identity. All photos are looked at before anything is
    written. Each face is stored and searched, however many there are, unless `identity.photos` says
    how many: `identity.templates` bounds what the system chooses itself, not what somebody chose;
    one that is there is not added again.
    Pictures of the faces are stored too where `faces.keep_photos` is set. `anyway`: also faces that
    look like somebody else's.

    Raises:
        SourceError: A photo cannot be read, or is too large.
        FaceError: A photo has no face, several, one that tells little about whose it is, or one
            that looks like somebody else's.
        ConfigurationError: Nobody can be called so, several people have it, or people are known by
            another embedder.
        StoreError: The tenant's key is lost, others can read it, or another process writes.
    """
    person = Enroller(settings, anyway=anyway).enroll(name, photos).person
    assert person is not None  # noqa: S101  handed over to nobody
    return person


def enroll_or_hand_over(
    settings: Settings,
    name: str,
    photos: Sequence[Photo],
    *,
    within_s: float,
    anyway: bool = False,
) -> Enrolled:
    """Do the same; where a system runs, hand the faces over to it and wait until it has them.

    Raises what `enroll` does.
    """
    return Enroller(settings, anyway=anyway).enroll(name, photos, within_s=within_s)


class Enroller:
    """Makes people known, one after another, with an embedder that is loaded once."""

    def __init__(
        self,
        settings: Settings,
        *,
        anyway: bool = False,
        faces: PhotoFaces | None = None,
        insist: str = "say --anyway",
    ) -> None:
        """Take the tenant's key.

        Args:
            settings: Whose people they are.
            anyway: Also faces that look like somebody else's.
            faces: Who looks at photos; by default an embedder that is loaded here.
            insist: What somebody does who knows that a face is right.

        Raises:
            StoreError: It is lost, or others can read it.
        """
        self._settings = settings
        self._anyway = anyway
        self._given_faces = faces
        self._insist = insist
        self._keys = tenant_keys(settings)
        self._known: KnownFaces | None = None

    def enroll(
        self,
        name: str,
        photos: Sequence[Photo],
        *,
        within_s: float | None = None,
        refused: dict[Photo, str] | None = None,
        is_known: bool = False,
    ) -> Enrolled:
        """Add faces to a person; where a system runs, by it, if it has `within_s` for that.

        Photos that cannot be used are noted in `refused`, with the reason, and the others are
        added; without it one is an error. With `is_known` nobody new is made. Raises what the
        function `enroll` does, and then NotFoundError.
        """
        settings = self._settings
        seen, enrolment = self._enrolment(name, photos, refused)
        waiting = WaitingEnrolments(settings)
        with turn(settings):
            system = taker(settings)
            if system is None:
                take_in_waiting_now(settings, self._keys)
            known = find_enrolled(who_is_who(settings), enrolment.name)
            if is_known and known is None:
                raise NotFoundError(f"no person {enrolment.name!r} is known any more")
            if known:
                enrolment = replace(enrolment, name=known.name, identity_id=known.identity_id)
            new = self._looked_at(enrolment, seen, refused)
            left_out = len(photos) - len(refused or ()) - len(new.face_ids)
            if not new.face_ids:
                waits_for = system if left_out and not known else None
                return Enrolled(known, waits_for and waits_for.process, left_out)
            if system is None or within_s is None:
                with stored_pictures(settings, new, self._keys.current) as new:
                    person = _added(settings, new, self._keys)
                self._note(new)
                with suppress(StoreError):  # what is left of others that were cut off can wait
                    sweep(settings)
                return Enrolled(person, None, left_out)
            process, embedder = system.process, system.embedder
            if embedder != new.embedder:
                raise ConfigurationError(
                    f"the system that runs, process {process}, knows people by {embedder}, and "
                    f"here it is {new.embedder}: use its configuration, or start it again where "
                    f"somebody switched (`genesis people switch`)"
                )
            with stored_pictures(settings, new, self._keys.current) as new:
                waiting.hand_over(new)
            self._note(new)
        if not waiting.is_taken_in(new, within_s=within_s):
            return Enrolled(None, process, left_out)
        return Enrolled(_owner(settings, new), process, left_out)

    def _enrolment(
        self, name: str, photos: Sequence[Photo], refused: dict[Photo, str] | None
    ) -> tuple[list[Photo], Enrolment]:
        """Return the faces of photos under the tenant's key, and the photos; nothing is written."""
        name = person_name(name)
        settings, key = self._settings, self._keys.current
        least, keeps = settings.faces.min_quality, settings.faces.keep_photos
        seen: list[Photo] = []
        faces: list[EmbeddedFace] = []
        pictures: list[bytes] = []
        for photo in photos:
            try:
                found = under_key(
                    self._faces.of(photo), self._keys, embedder_traits(settings.faces)
                )
                face = only_face(photo, found, least)
            except (FaceError, SourceError) as error:
                if refused is None:
                    raise
                refused[photo] = str(error)
                continue
            seen.append(photo)
            faces.append(face)
            pictures += [face_picture(read_photo(photo), face.xyxy)] if keeps else []
        face_ids = tuple(uuid4().hex for _ in faces)
        traits, own = embedder_traits(settings.faces), [face.embedding for face in faces]
        return seen, Enrolment(
            name=name,
            identity_id=str(uuid4()),
            face_ids=face_ids,
            templates=np.stack(own) if own else np.empty((0, traits.dimension), np.float32),
            qualities=tuple(float(face.quality) for face in faces),
            places=tuple(face.place for face in faces),
            embedder=traits.name,
            key_version=key.version,
            at=datetime.now(UTC),
            by=this_user(),
            photos=tuple(
                seal(picture, face_id, key)
                for picture, face_id in zip(pictures, face_ids, strict=keeps)
            ),
        )

    @cached_property
    def _faces(self) -> PhotoFaces:
        return self._given_faces or LoadedPhotoFaces(
            load_protected_embedder(self._settings.faces, self._keys.current)
        )

    def _looked_at(
        self, enrolment: Enrolment, photos: Sequence[Photo], refused: dict[Photo, str] | None
    ) -> Enrolment:
        """Return an enrolment with the faces that are not there yet and may be added."""
        if not enrolment.face_ids:
            return enrolment
        known = self._known_now()
        known.check_shape(enrolment.templates)
        enrolment = replace(enrolment, identity_id=known.meant(enrolment).identity_id)
        places = unknown_faces(enrolment.templates, known.own(enrolment.identity_id))
        if self._anyway:
            return self._within_bounds(enrolment.only(places), known)
        known.check_gallery()
        new, chosen = enrolment.only(places), [photos[place] for place in places]
        doubts = known.doubts(new.name, new.identity_id, chosen, new.templates)
        if refused is not None:
            refused.update({chosen[place]: reason for place, reason in doubts.items()})
        elif doubts:
            raise FaceError(doubts[min(doubts)])
        new = new.only([place for place in range(len(chosen)) if place not in doubts])
        return self._within_bounds(new, known)

    def _within_bounds(self, enrolment: Enrolment, known: KnownFaces) -> Enrolment:
        """Return an enrolment with as many of its faces as a person may have of photos."""
        most = self._settings.identity.photos
        if most is None or not enrolment.face_ids:
            return enrolment
        own = known.own(enrolment.identity_id)
        places = most_different(enrolment.templates, enrolment.qualities, own, most=most)
        return enrolment.only(places)

    def _note(self, enrolment: Enrolment) -> None:
        """Take it that faces are known which this process stored or handed over just now."""
        if self._known:
            self._known.note(enrolment)

    def _known_now(self) -> KnownFaces:
        """Return who is known by which faces, read anew where somebody wrote since."""
        if self._known and not self._known.is_current():
            self._known = None
        self._known = self._known or KnownFaces(self._settings, self._keys, insist=self._insist)
        return self._known


def _owner(settings: Settings, enrolment: Enrolment) -> Person:
    """Return whose the faces are that a system took in."""
    faces = stored_faces(
        identity_folder(settings), enrolment.embedder, enrolment.templates.shape[1]
    )
    of_it = faces.filter(pc.field("face_id").isin(enrolment.face_ids))
    own: list[Any] = of_it["identity_id"].to_pylist()
    who = who_is_who(settings)
    if own:
        return who.person(own[0])
    if known := find_enrolled(who, enrolment.name):  # already by these faces
        return known
    raise ConfigurationError(
        f"{enrolment.name!r} was forgotten meanwhile, and these faces with them; enrol the "
        f"photos again if that person is to be known"
    )


def _added(settings: Settings, enrolment: Enrolment, keys: KeyRing) -> Person:
    """Add an enrolment's faces here; with photos as if it was handed over.

    So there are no photos without their faces for long: who writes next after a process that was
    killed takes in the whole of it.
    """
    waiting = WaitingEnrolments(settings)
    try:
        with ExitStack() as opened:
            if enrolment.has_photos:
                waiting.hand_over(enrolment)
            reading = Access(action="enroll", reason="opens the gallery to add faces")
            traits = embedder_traits(settings.faces)
            identities = open_identities(settings, traits, keys, opened, access=reading)
            if enrolment.has_photos:
                waiting.is_taken_in(enrolment, within_s=0)  # for why it was refused
            person = take(enrolment, settings, identities, keys)
            identities.flush()
    except BaseException:
        if enrolment.has_photos:
            waiting.withdraw(enrolment)
        raise
    return person


def take_in_waiting(settings: Settings) -> None:
    """Take in what was handed over to a system that runs no more.

    Raises:
        StoreError: One runs.
    """
    if WaitingEnrolments(settings):
        with turn(settings):
            take_in_waiting_now(settings, tenant_keys(settings))


def take_in_waiting_now(settings: Settings, keys: KeyRing) -> None:
    """Take in what nobody did; who calls it has the turn."""
    if WaitingEnrolments(settings):
        reading = Access(action="enroll", reason="takes in faces that were handed over")
        with ExitStack() as opened:
            open_identities(settings, embedder_traits(settings.faces), keys, opened, access=reading)
