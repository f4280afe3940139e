"""Faces that somebody gives to a person, and the note by which they are handed over."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Self

import numpy as np

from genesis_ray.domain.recognition.face_place import FacePlace
from genesis_ray.store.keys.templates import Embeddings


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """Faces of photos, and what the person in them is called.

    Attributes:
        identity_id: Of the person, as was known then, or should nobody be called so.
        face_ids: One a face, so that it is taken in once.
        templates: float32 [n, dimension], protected.
        key_version: Of the key that protects them.
        photos: Pictures of the same faces, sealed, where they are to be kept; else none.
        addresses: Of those pictures, where they are kept elsewhere; `photos` is empty then.
        sealed_with: Version and fingerprint of the key that seals those.
        places: Where the faces are in their photos; none in notes of earlier versions.
        at: When it was asked for.
    """

    name: str
    identity_id: str
    face_ids: tuple[str, ...]
    templates: Embeddings
    qualities: tuple[float, ...]
    embedder: str
    key_version: int
    at: datetime
    by: str
    photos: tuple[bytes, ...] = ()
    addresses: tuple[str, ...] = ()
    sealed_with: tuple[int, str] = (0, "")
    places: tuple[FacePlace, ...] = ()

    @property
    def has_photos(self) -> bool:
        """Whether pictures are to be kept."""
        return bool(self.photos or self.addresses)

    def only(self, places: Sequence[int]) -> Self:
        """Return the same with the faces at some places alone."""
        return replace(
            self,
            face_ids=tuple(self.face_ids[place] for place in places),
            templates=self.templates[[*places]],
            qualities=tuple(self.qualities[place] for place in places),
            photos=tuple(self.photos[place] for place in places) if self.photos else (),
            addresses=tuple(self.addresses[place] for place in places) if self.addresses else (),
            places=tuple(self.places[place] for place in places) if self.places else (),
        )

    def to_note(self) -> dict[str, Any]:
        """Return what `from_note` takes, for JSON."""
        templates = base64.b64encode(self.templates.tobytes()).decode()
        photos = [base64.b64encode(photo).decode() for photo in self.photos]
        return {
            **asdict(self),
            "templates": templates,
            "at": self.at.isoformat(),
            "photos": photos,
        }

    @classmethod
    def from_note(cls, note: dict[str, Any]) -> "Enrolment":
        """Return what a note says.

        Raises:
            ValueError: It is none.
        """
        try:
            templates = np.frombuffer(base64.b64decode(note["templates"], validate=True), "<f4")
            face_ids = tuple(map(str, note["face_ids"]))
            photos = [base64.b64decode(each, validate=True) for each in note.get("photos", ())]
            return cls(
                **{
                    **note,
                    "face_ids": face_ids,
                    "templates": templates.reshape(len(face_ids), -1).astype(np.float32),
                    "qualities": tuple(map(float, note["qualities"])),
                    "at": datetime.fromisoformat(note["at"]),
                    "photos": tuple(photos),
                    "addresses": tuple(map(str, note.get("addresses", ()))),
                    "sealed_with": tuple(note.get("sealed_with", (0, ""))),
                    "places": tuple(FacePlace.of(*each) for each in note.get("places", ())),
                }
            )
        except (LookupError, TypeError, binascii.Error) as error:
            raise ValueError(f"expected an enrolment, got something else ({error})") from error
