"""Whether the faces that somebody gives to a person look like that person's."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from genesis_ray.domain.recognition.template_choice import choose

Templates = npt.NDArray[np.float32]
"""[n, dimension], of unit length."""

STRANGERS = 0.01
"""A face that one stranger in a hundred is as like, or more, is no likeness. On LFW two faces of
one person are less alike in 2 of 1,000 pairs (default embedder, quality from 0.2 on)."""

_SAME = 0.9999
"""Similarity of a face with itself, but for rounding. That of a photo stored anew is below it."""


def is_same_face(similarity: float) -> bool:
    """Tell whether two faces are one and the same picture's."""
    return similarity >= _SAME


def unknown_faces(templates: Templates, own: Templates) -> list[int]:
    """Return the places of faces that a person is not known by, each face once."""
    places: list[int] = []
    for place, template in enumerate(templates):
        if not is_same_face(_likeness(template, [own, templates[places]])):
            places.append(place)
    return places


def most_different(
    templates: Templates, qualities: Sequence[float], own: Templates, *, most: int
) -> list[int]:
    """Return the places of faces to be added to those a person has, so that there are `most`.

    Those that are least like the ones there are and each other, see `template_choice.choose`.
    """
    faces = np.concatenate([own, templates])
    worth = [1.0] * len(own) + list(qualities)
    chosen = choose(faces, worth, [""] * len(faces), most=most, beside=len(own))
    return sorted(place - len(own) for place in chosen if place >= len(own))


def unlike_faces(templates: Templates, own: Templates, *, least: float) -> dict[int, float]:
    """Return the places of faces whose likeness to each other one of a person is below `least`.

    Compared with those they are known by, and with the other new ones; with the greatest likeness
    of each. A face that is like one of these is so both ways, so without the unlike ones the others
    stay as like. Where all are unlike and they are known by none, no face tells whose it is.
    """
    if len(templates) + len(own) < 2:
        return {}
    likeness = [
        _likeness(template, [own, np.delete(templates, place, axis=0)])
        for place, template in enumerate(templates)
    ]
    return {place: greatest for place, greatest in enumerate(likeness) if greatest < least}


def _likeness(template: npt.NDArray[np.float32], others: list[Templates]) -> float:
    """Return the greatest similarity to any of the others, -1 where there are none."""
    return max((float((some @ template).max()) for some in others if len(some)), default=-1.0)
