"""What a camera's station knows of the faces in its crops, before and after they are embedded."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from genesis_ray.domain.recognition.identity import Face, FaceSight
from genesis_ray.pipeline.observer import Observation
from genesis_ray.vision.faces import EmbeddedFace, FaceCrop, GradedFace


@dataclass(frozen=True, slots=True)
class Looks:
    """What is known of the faces of crops, in their order.

    Attributes:
        faces: Of each crop its face, None where there is none; embedded or as it was found.
        chosen: Those that are to be embedded.
        places: Where in `faces` these are.
    """

    faces: list[EmbeddedFace | GradedFace | None]
    chosen: list[FaceCrop]
    places: list[int]

    def embedded(self, embedded: Sequence[EmbeddedFace | None]) -> "Looks":
        """Return this with the chosen ones embedded; None are those that could not be."""
        faces = [*self.faces]
        for place, face in zip(self.places, embedded, strict=True):
            faces[place] = face
        return Looks(faces, [], [])


def sights(
    camera_id: str, observation: Observation, answers: Iterator[EmbeddedFace | GradedFace | None]
) -> Iterator[FaceSight]:
    """Yield the faces that an observation asked for, with the next of the answers each."""
    for wanted in observation.wanted_faces:
        if not (answer := next(answers)):
            continue
        about: dict[str, Any] = {
            "camera_id": camera_id,
            "track_id": wanted.track_id,
            "face_index": wanted.face_index,
            "captured_at": observation.at,
            "quality": answer.quality,
            "in_view_since": wanted.in_view_since,
            "companions": wanted.companions,
            "overlapped": wanted.overlapped,
        }
        if isinstance(answer, EmbeddedFace):
            yield Face(
                **about, embedding=answer.embedding, key=answer.key, embedder=answer.embedder
            )
        else:
            yield FaceSight(**about)
