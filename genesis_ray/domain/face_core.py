"""Which faces of a track are its own, and whether they are sure enough to make somebody of.

The rule is DBSCAN's (Ester, Kriegel, Sander and Xu 1996) for the one cluster a track can be: it
needs a core of faces that are all like each other, and takes in what is like one of the core.
Clusters grow one track at a time: a track that is like somebody in the gallery joins them, and
only one that is like nobody asks for a core here.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt

CORE_FACES = 3
"""Faces of a core: one alone may be somebody who walked by, and two agree by chance too often."""


def own_faces(embeddings: npt.NDArray[np.float32], least: float) -> list[int]:
    """Return the places of the faces that are like the most typical one, in their order.

    A track may carry a face of somebody else, who stood in front. Its own are the many.

    Args:
        embeddings: [n, dimension] of unit length, n at least 1.
        least: Similarity from which two faces may be of one person.
    """
    similarities = _similarities(embeddings)
    typical = int(np.argmax(np.median(similarities, axis=1)))
    return np.flatnonzero(similarities[typical] >= least).tolist()


def core_of(
    embeddings: npt.NDArray[np.float32], least: float, *, size: int = CORE_FACES
) -> list[int]:
    """Return the places of the `size` faces that are most like each other; or none.

    Those whose least similar two are most similar; of equal ones the earliest.

    Args:
        embeddings: [n, dimension] of unit length, of few faces: every choice is tried.
        least: Similarity that each two of them have to reach.
        size: At least 1.
    """
    similarities = _similarities(embeddings)
    choices = [
        (_weakest(similarities, places), places)
        for places in combinations(range(len(embeddings)), size)
    ]
    weakest, core = max(choices, key=lambda choice: choice[0], default=(-np.inf, ()))
    return list(core) if weakest >= least else []


def _weakest(similarities: npt.NDArray[np.float32], places: Sequence[int]) -> float:
    """Return the least similarity of two of some faces; that of a face with itself for one."""
    return float(similarities[np.ix_(places, places)].min())


def _similarities(embeddings: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return cosine similarities [n, n], each of which depends on its two faces alone."""
    similarities: npt.NDArray[np.float32] = np.vecdot(embeddings[:, None], embeddings[None])
    return similarities
