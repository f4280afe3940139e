"""Whether faces are sure enough of one person to make a visitor of.

The rule is DBSCAN's (Ester, Kriegel, Sander and Xu 1996), one track at a time: a track that is like
somebody in the gallery joins them, and one that is like nobody founds a cluster only if it has a
core, faces that are all like each other. Theirs counts the neighbours of one point; here each two
have to be neighbours, which one odd face between two people does not pass. A track that is too
short for that may found one with faces of earlier tracks.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt

from genesis_ray.domain.recognition.identity import FEWEST_FACES

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


def core_point(
    embeddings: npt.NDArray[np.float32],
    least: float,
    *,
    own: int,
    loosest: float,
    size: int = CORE_FACES,
) -> list[int]:
    """Return the places of a face of the first, a core point, and of those alike it; or none.

    Of these, the most alike first, each comes that is not unlike one before. There are two of the
    first among them at least; and faces of a core, `size` that are all alike each other, of which
    it is one, and one of the others another. Of several core points the one with most around it
    counts; of equal ones the earliest.

    Args:
        embeddings: [n, dimension] of unit length, of few faces: every choice is tried.
        least: Similarity that two have to reach to be alike.
        own: How many of them, the first, are of the track that is to found the cluster.
        loosest: Similarity below which two are unlike.
        size: At least 2.
    """
    similarities = np.vecdot(embeddings[:, None], embeddings[None])
    is_alike = similarities >= least
    best: list[int] = []
    for point in range(own):
        around: list[int] = []
        for place in np.argsort(-similarities[point], kind="stable").tolist():
            if is_alike[point, place] and (similarities[place, around] >= loosest).all():
                around.append(place)
        if len(around) <= len(best) or sum(place < own for place in around) < FEWEST_FACES:
            continue
        besides = sorted(place for place in around if place != point)
        if any(
            is_alike[np.ix_(chosen, chosen)].all() and max(chosen) >= own
            for chosen in combinations(besides, size - 1)
        ):
            best = sorted(around)
    return best


def _weakest(similarities: npt.NDArray[np.float32], places: Sequence[int]) -> float:
    """Return the least similarity of two of some faces; that of a face with itself for one."""
    return float(similarities[np.ix_(places, places)].min())
