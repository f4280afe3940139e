"""Faces by the photos in a Genesis folder, with pictures of them where these are to be kept."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import numpy as np

from genesis_ray.domain.recognition.enrolment import is_same_face
from genesis_ray.domain.recognition.identity import Embedding
from genesis_ray.errors import FaceError, SourceError
from genesis_ray.running.assembly import Embedder
from genesis_ray.running.enrolling.face_doubts import FaceDoubts, most_like
from genesis_ray.running.enrolling.far_photos import kept_photos_in
from genesis_ray.running.enrolling.photo_faces import only_face
from genesis_ray.running.imports.import_report import Tally
from genesis_ray.running.people.identities import Identities
from genesis_ray.settings import Settings
from genesis_ray.store.keys.template_keys import KeyRing
from genesis_ray.store.tenant.kept_photos import KeptPhoto, KeptPhotos, seal
from genesis_ray.vision.face_picture import face_picture
from genesis_ray.vision.faces import EmbeddedFace
from genesis_ray.vision.photo_file import read_photo


class _Seen(NamedTuple):
    """The face of a photo.

    Attributes:
        picture: Of it, to be kept; empty where none is.
    """

    photo: Path
    face: EmbeddedFace
    picture: bytes


@dataclass(slots=True)
class FaceImport:
    """Adds faces to a gallery that is open for writing, each once.

    What was split off from a person stays whose it is since, and is not added to them again. Faces
    that are somebody else's, or unlike the person's others, are left out, as enrolment refuses
    them; what is here already stays.

    A person's faces are stored first, and then their pictures: killed between, the next import
    finds the faces and keeps the pictures that are missing.

    Attributes:
        faces: Counts photos.
        pictures: Counts those with a face that can be used, where `faces.keep_photos` is set.
    """

    settings: Settings
    stores: Identities
    embedder: Embedder
    keys: KeyRing
    faces: Tally
    pictures: Tally
    _templates: list[tuple[str, Embedding]] = field(default_factory=list)
    _kept: KeptPhotos = field(init=False)
    _kept_before: frozenset[str] = field(init=False)
    _given_to: defaultdict[str, set[str]] = field(init=False)
    _doubts: FaceDoubts = field(init=False)

    def __post_init__(self) -> None:
        """Look which pictures are there, and can be opened, and who has faces that were others'."""
        self._doubts = FaceDoubts(
            self.settings, self.embedder, insist="enrol it: genesis people enroll --anyway"
        )
        self._given_to = defaultdict(set)
        moved = self.stores.decided.moved_faces
        for face in self.stores.gallery.faces().to_pylist() if moved else ():
            if owner := moved.get(face["face_id"]):
                self._given_to[face["identity_id"]].add(owner)
        self._kept = kept_photos_in(self.settings)
        usable = (photo for photo in self._kept.all() if photo.is_under(self.keys))
        self._kept_before = frozenset(photo.face_id for photo in usable)

    def add(self, identity_id: str, photos: Sequence[Path]) -> None:
        """Add the faces of one person's photos; those without one that can be used are told.

        Raises:
            StoreError: The disk is full or refuses.
        """
        seen: list[_Seen] = []
        for photo in photos:
            self.faces.read += 1
            try:
                image = read_photo(photo)
                faces = self.embedder.faces_in(image)
                face = only_face(photo, faces, self.settings.faces.min_quality)
            except (FaceError, SourceError) as error:
                self._leave_out(photo, str(error), kind="no usable face")
                continue
            keeps = self.settings.faces.keep_photos
            picture = face_picture(image, face.xyxy) if keeps else b""
            seen.append(_Seen(photo, face, picture))
        pictures: dict[str, bytes] = {}
        for one in self._without_doubtful(identity_id, seen):
            self._templates.append((identity_id, one.face.embedding))
            pictures[self._stored(identity_id, one.face)] = one.picture
        if pictures and self.settings.faces.keep_photos:
            self.stores.gallery.flush()
            self._keep(identity_id, pictures)

    def verify(self) -> None:
        """Count which faces are in the gallery as the photos show them."""
        self.faces.verified = sum(
            self._same_face(identity_id, embedding) is not None
            for identity_id, embedding in self._templates
        )

    def _without_doubtful(self, identity_id: str, seen: Sequence[_Seen]) -> list[_Seen]:
        """Return what may be added to a person, or is there already; the rest is told."""
        stores = self.stores
        present = stores.decided.now(identity_id)
        new = [one for one in seen if self._same_face(identity_id, one.face.embedding) is None]
        if not new:
            return [*seen]
        try:
            doubts = self._doubts.among(
                np.stack([one.face.embedding for one in new]),
                [one.photo for one in new],
                stores.name_of(identity_id),
                own=stores.gallery.vectors_of(stores.decided.members(present)),
                most_like=partial(most_like, stores.gallery, stores.decided, besides=present),
            )
        except FaceError as error:
            doubts = {place: str(error) for place in range(len(new))}
        for place, reason in doubts.items():
            self._leave_out(new[place].photo, reason, kind="may be somebody else's")
        doubtful = [new[place] for place in doubts]
        return [one for one in seen if not any(one is each for each in doubtful)]

    def _leave_out(self, photo: Path, reason: str, *, kind: str) -> None:
        name = f"{photo.parent.name}/{photo.name}"
        self.faces.leave_out(name, reason.removeprefix(f"{photo}: "), kind=kind)

    def _stored(self, identity_id: str, face: EmbeddedFace) -> str:
        """Return the id of a face, which is added where it is not there yet."""
        if same := self._same_face(identity_id, face.embedding):
            self.faces.already_there += 1
            return same
        face_id = uuid4().hex
        self.stores.gallery.enroll(
            identity_id,
            face.embedding[None],
            qualities=[face.quality],
            at=datetime.now(UTC),
            face_ids=[face_id],
            places=[face.place],
        )
        self.faces.brought_in += 1
        return face_id

    def _same_face(self, identity_id: str, embedding: Embedding) -> str | None:
        """Return the id of this very face of a person, whoever has it now; None: there is none."""
        owners = [identity_id, *self._given_to.get(identity_id, ())]
        likeness = {
            each.face_id: float(np.vecdot(each.embedding, embedding))
            for each in self.stores.gallery.templates(owners)
        }
        found = max(likeness, key=lambda face_id: likeness[face_id], default=None)
        return found if found and is_same_face(likeness[found]) else None

    def _keep(self, identity_id: str, pictures: dict[str, bytes]) -> None:
        """Store those of a person's pictures that are not there, sealed, and read them back."""
        key = self.keys.current
        for face_id, picture in pictures.items():
            self.pictures.read += 1
            if face_id in self._kept_before:
                self.pictures.already_there += 1
                self.pictures.verified += 1
                continue
            photo = KeptPhoto(
                face_id=face_id,
                identity_id=identity_id,
                key_version=key.version,
                fingerprint=key.fingerprint,
                at=datetime.now(UTC),
            )
            self._kept.put(photo, seal(picture, face_id, key))
            self.pictures.brought_in += 1
            self.pictures.verified += self._kept.picture(photo, self.keys) == picture
