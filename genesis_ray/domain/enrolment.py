"""Whether the faces that somebody gives to a person look like that person's."""

import numpy as np
import numpy.typing as npt

Templates = npt.NDArray[np.float32]
"""[n, dimension], of unit length."""

STRANGERS = 0.01
"""A face that one stranger in a hundred is as like, or more, is no likeness. On LFW two faces of
one person are less alike in 2 of 1,000 pairs (default embedder, quality from 0.2 on)."""

_SAME = 0.9999
"""Similarity of a face with itself, but for rounding. That of a photo stored anew is below it."""


def unknown_faces(templates: Templates, own: Templates) -> list[int]:
    """Return the places of faces that a person is not known by, each face once."""
    places: list[int] = []
    for place, template in enumerate(templates):
        if _likeness(template, [own, templates[places]]) < _SAME:
            places.append(place)
    return places


def least_like(templates: Templates, own: Templates) -> tuple[int, float] | None:
    """Return the place of the face that is least like all others of a person, and how like it is.

    Compared with those they are known by, and with the other new ones. None: there is no other.
    """
    if not len(templates) or len(templates) + len(own) < 2:
        return None
    likeness = [
        _likeness(template, [own, np.delete(templates, place, axis=0)])
        for place, template in enumerate(templates)
    ]
    place = int(np.argmin(likeness))
    return place, likeness[place]


def _likeness(template: npt.NDArray[np.float32], others: list[Templates]) -> float:
    """Return the greatest similarity to any of the others, -1 where there are none."""
    return max((float((some @ template).max()) for some in others if len(some)), default=-1.0)
