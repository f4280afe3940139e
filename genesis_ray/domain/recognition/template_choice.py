"""Which faces of a person are kept as templates: few, good, and unlike each other.

A second template is worth what the first one lacks: other light, pose, or camera. Three of one look
are one template that is searched three times, and each a further chance for strangers.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

OTHER_CAMERA = 0.1
"""What a camera of its own adds to a face's difference from others: about what light and angle of
another place take off the similarity of two faces of one person."""


def choose(
    embeddings: npt.NDArray[np.float32],
    qualities: Sequence[float],
    cameras: Sequence[str],
    *,
    most: int,
    beside: int = 0,
) -> list[int]:
    """Return the places of at most `most` faces, in the order in which they were chosen.

    The best face first, then each time the one whose quality times its difference from those
    chosen is greatest: farthest-point selection (Gonzalez 1985) that heeds quality, since the face
    farthest from all others is often the worst. Of equal ones the earliest.

    Args:
        embeddings: [n, dimension] of unit length.
        qualities: One a face, 0 to 1.
        cameras: One a face.
        most: How many, at least 1.
        beside: So many, the first, are chosen already.
    """
    if not len(embeddings):
        return []
    worth = np.asarray(qualities, np.float64)
    chosen = [*range(beside)] or [int(np.argmax(worth))]
    while len(chosen) < min(most, len(embeddings)):
        gain = worth * differences(embeddings, cameras, chosen)
        gain[chosen] = -np.inf
        chosen.append(int(np.argmax(gain)))
    return chosen


def differences(
    embeddings: npt.NDArray[np.float32], cameras: Sequence[str], chosen: Sequence[int]
) -> npt.NDArray[np.float64]:
    """Return how far each face [n] is from the nearest of those at the places `chosen`.

    That is one less the cosine similarity, and `OTHER_CAMERA` more where none of them is of its
    camera.
    """
    similarities = np.vecdot(embeddings[:, None], embeddings[list(chosen)][None])
    nearest = 1 - similarities.max(axis=1).astype(np.float64)
    known = {cameras[place] for place in chosen}
    strange = np.array([0 if camera in known else OTHER_CAMERA for camera in cameras], np.float64)
    apart: npt.NDArray[np.float64] = nearest + strange
    return apart
