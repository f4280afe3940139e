"""What a camera's station knows of the faces in its crops, before and after they are embedded."""

from collections.abc import Sequence
from dataclasses import dataclass

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
