"""Whether the faces of a track are sure enough of one person to make a visitor of.

The rule is DBSCAN's (Ester, Kriegel, Sander and Xu 1996), one track at a time: a track that is like
somebody in the gallery joins them, and one that is like nobody founds a cluster only if it has a
core, faces that are all like each other. Theirs counts the neighbours of one point; here each two
have to be neighbours, which one odd face between two people does not pass.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt

CORE_FACES = 3
"""Faces of a core: one alone may be somebody who walked by, and two agree by chance too often."""


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
    similarities = np.vecdot(embeddings[:, None], embeddings[None])
    choices = [
        (_weakest(similarities, places), places)
        for places in combinations(range(len(embeddings)), size)
    ]
    weakest, core = max(choices, key=lambda choice: choice[0], default=(-np.inf, ()))
    return list(core) if weakest >= least else []


def _weakest(similarities: npt.NDArray[np.float32], places: Sequence[int]) -> float:
    """Return the least similarity of two of some faces; that of a face with itself for one."""
    return float(similarities[np.ix_(places, places)].min())
