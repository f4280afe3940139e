"""Changing the face embedder: people's photos embedded anew, beside the gallery in use.

Vectors of two embedders cannot be compared, and none can be made from the other: it takes the
photos. They are the operator's, in a folder, or those that were kept of people who were enrolled.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np

from genesis_ray.domain.recognition.ledger import WhoIsWho
from genesis_ray.domain.recognition.people import Person
from genesis_ray.errors import (
    ConfigurationError,
    FaceError,
    NotFoundError,
    SourceError,
    StoreError,
)
from genesis_ray.running.assembly import Embedder, embedder_traits
from genesis_ray.running.enrolling.face_doubts import FaceDoubts, most_like
from genesis_ray.running.enrolling.kept_photos import kept_photos_of
from genesis_ray.running.enrolling.photo_faces import face_of
from genesis_ray.running.people.consent import consents
from genesis_ray.running.people.identities import identity_folder, who_is_who
from genesis_ray.running.people.naming import find
from genesis_ray.running.templates.galleries import open_gallery
from genesis_ray.running.templates.gallery_figures import missing_from
from genesis_ray.running.templates.protected import load_protected_embedder
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.settings import Settings
from genesis_ray.store.audit.audit_entry import Access
from genesis_ray.store.galleries.learning_gallery import LearningGallery
from genesis_ray.store.keys.template_keys import KeyRing
from genesis_ray.store.tenant.kept_photos import KeptPhoto, KeptPhotos
from genesis_ray.vision.face_picture import read_face_picture
from genesis_ray.vision.faces import EmbeddedFace

OnProgress = Callable[[str, int, int], None]
"""Told who is next, and how many of how many are done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReEmbedding:
    """What became of the people in a folder of photos.

    Attributes:
        done: Names of those who have faces in the new gallery now, and had none.
        before: Of those who had some.
        failed: Why somebody could not be taken over, by the name of their folder.
        missing: Names of everybody enrolled who has no face in the new gallery.
    """

    embedder: str
    done: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()


def re_embed(
    settings: Settings,
    embedder: str,
    photos: Path,
    *,
    anyway: bool = False,
    on_progress: OnProgress = lambda *_: None,
) -> ReEmbedding:
    """Fill the gallery of another embedder from a folder of photos: one folder a person in it.

    A person's folder is called by their name or identity. The gallery in use is not touched, and
    a system may go on with it meanwhile. Somebody's faces are stored in one step, and who has some
    is left as they are: cut off at any point, the next call goes on. Whose faces look like somebody
    else's, or like several people's, is left out as enrolment would, unless `anyway`.

    Raises:
        SourceError: There is no such folder, or nobody's in it.
        ConfigurationError: The embedder is unknown, or the one that is in use.
        StoreError: Another process fills that gallery, or the tenant's key cannot be had.
    """
    folders = _folders_in(photos)
    with _filling(settings, embedder) as filling:
        for number, folder in enumerate(folders):
            on_progress(folder.name, number, len(folders))
            try:
                person = filling.who.person(find(filling.who, folder.name))
                if person.identity_id in filling.present:
                    filling.before.append(person.name)
                    continue
                filling.enroll_folder(person, folder, anyway=anyway)
            except (FaceError, SourceError, NotFoundError, ConfigurationError) as error:
                filling.failed[folder.name] = str(error)
        return filling.result()


def re_embed_kept(
    settings: Settings,
    embedder: str,
    *,
    on_progress: OnProgress = lambda *_: None,
) -> ReEmbedding:
    """Do the same with the photos that were kept of people when they were enrolled.

    A face has the same id in both galleries, so that what was decided about it holds in both, and
    so does each that was added since the last time. Who has faces of other photos in the gallery
    is left as they are; so is who withdrew consent, or gave none where it is required.

    Raises:
        ConfigurationError: No photo is kept, the embedder is unknown, or the one that is in use.
        StoreError: Another process fills that gallery, the tenant's key cannot be had, or what
            says whose a photo is cannot be read.
    """
    with _filling(settings, embedder) as filling:
        kept = kept_photos_of(settings, filling.who)
        if not kept:
            raise ConfigurationError(
                "no photo of anybody is kept: name a folder with photos, one folder a person. "
                "With faces.keep_photos: true those of people who are enrolled from now on are kept"
            )
        said = consents(settings)
        for number, (identity_id, photos) in enumerate(kept.items()):
            person = filling.who.person(identity_id)
            on_progress(person.name, number, len(kept))
            consent = said.of(identity_id).state
            required = settings.identity.consent == "required"
            if consent == "withdrawn" or (required and consent != "given"):
                filling.failed[person.name] = "has not agreed to be recognised, or not any more"
                continue
            try:
                filling.enroll_kept(person, photos)
            except (FaceError, SourceError) as error:
                filling.failed[person.name] = str(error)
        return filling.result()


@contextmanager
def _filling(settings: Settings, embedder: str) -> Iterator["_Filling"]:
    """Open the gallery that is to come for writing, with its embedder."""
    faces = settings.faces.model_copy(update={"embedder": embedder})
    if embedder_traits(faces).name == embedder_traits(settings.faces).name:
        raise ConfigurationError(
            f"{embedder} is the embedder that is in use; name the one that is to come"
        )
    keys, who = tenant_keys(settings), who_is_who(settings)
    loaded = load_protected_embedder(faces, keys.current)
    with open_gallery(
        settings,
        access=Access(action="re-embed", reason="adds the faces of people anew"),
        embedder=loaded.name,
        dimension=loaded.dimension,
        keys=keys,
        writer=True,
        moved=who.moved_faces,
    ) as gallery:
        present = {who.now(each) for each in gallery.identity_ids()}
        kept = KeptPhotos(identity_folder(settings))
        coming = settings.model_copy(update={"faces": faces})
        doubts = FaceDoubts(coming, loaded, insist="say --anyway")
        yield _Filling(gallery, who, loaded, keys, kept, doubts, faces.min_quality, present)


@dataclass(slots=True)
class _Filling:
    """A gallery that is being filled, and what became of people.

    Attributes:
        present: Who has faces in it.
    """

    gallery: LearningGallery
    who: WhoIsWho
    embedder: Embedder
    keys: KeyRing
    kept: KeptPhotos
    doubts: FaceDoubts
    least: float
    present: set[str]
    done: list[str] = field(default_factory=list)
    before: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)

    def enroll_folder(self, person: Person, folder: Path, *, anyway: bool) -> None:
        """Store the faces of all photos in a folder, in one step.

        Raises:
            SourceError: There is no photo, or one cannot be read.
            FaceError: A photo does not show one face, or one that does not look like the others,
                or like somebody else, unless it is taken `anyway`.
        """
        photos = [path for path in _entries(folder) if path.is_file()]
        if not photos:
            raise SourceError(f"{folder}: no photo in it")
        faces = [face_of(photo, self.embedder, least=self.least) for photo in photos]
        templates = np.stack([face.embedding for face in faces])
        besides = person.identity_id
        wrong = (
            {}
            if anyway
            else self.doubts.among(
                templates,
                photos,
                person.name,
                own=templates[:0],
                most_like=partial(most_like, self.gallery, self.who, besides=besides),
            )
        )
        if wrong:
            raise FaceError(wrong[min(wrong)])
        self.gallery.enroll(
            person.identity_id,
            templates,
            qualities=[face.quality for face in faces],
            at=datetime.now(UTC),
            places=[face.place for face in faces],
        )
        self._stored(person)

    def enroll_kept(self, person: Person, photos: Sequence[KeptPhoto]) -> None:
        """Store the faces of those kept photos that have none here, in one step.

        Raises:
            SourceError: One is no picture.
            FaceError: One cannot be opened, or no usable face is found on it.
        """
        here = self.gallery.here([photo.face_id for photo in photos])
        waiting = [photo for photo in photos if photo.face_id not in here]
        has_others = not here and person.identity_id in self.present
        if has_others or not waiting:
            self.before.append(person.name)
            return
        faces = [self._face_in(photo) for photo in waiting]
        for photo, face in zip(waiting, faces, strict=True):
            self.gallery.enroll(
                photo.identity_id,
                face.embedding[None],
                qualities=[face.quality],
                at=photo.at,
                face_ids=[photo.face_id],
                places=[face.place],
            )
        self._stored(person)

    def result(self) -> ReEmbedding:
        """Return what became of people."""
        return ReEmbedding(
            embedder=self.embedder.name,
            done=tuple(self.done),
            before=tuple(self.before),
            failed=self.failed,
            missing=missing_from(self.who, self.present),
        )

    def _face_in(self, photo: KeptPhoto) -> EmbeddedFace:
        """Return the face that a kept photo was made of: the largest, as it was cut around it."""
        try:
            picture = read_face_picture(self.kept.picture(photo, self.keys))
        except StoreError as error:  # which holds up this person alone
            raise FaceError(str(error)) from error
        faces = self.embedder.faces_in(picture)
        if not faces or faces[0].quality < self.least:
            raise FaceError(
                f"no face that can be used is found in the photo kept on {photo.at:%Y-%m-%d}; "
                f"re-embed this person from photos of yours"
            )
        return faces[0]

    def _stored(self, person: Person) -> None:
        self.gallery.flush()
        self.done.append(person.name)
        self.present.add(person.identity_id)


def _folders_in(photos: Path) -> list[Path]:
    if not photos.is_dir():
        raise SourceError(f"{photos}: no such folder; name one that has a folder for each person")
    folders = [path for path in _entries(photos) if path.is_dir()]
    if not folders:
        raise SourceError(f"{photos}: no folder in it; it takes one for each person, by name")
    return folders


def _entries(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.iterdir()) if not path.name.startswith("."))
