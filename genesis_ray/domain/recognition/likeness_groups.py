"""Whether faces that are said to be one person's are: groups of faces that are unlike each other.

Each face of somebody else's photos is like another of these, so that none stands out alone. Average
linkage (UPGMA; Sokal and Michener 1958) goes by how alike two groups are on the whole, which one
face between two people does not change. It is computed by chains of nearest neighbours (Murtagh
1983), which takes time and room as the square of the faces.
"""

import numpy as np
import numpy.typing as npt

from genesis_ray.domain.recognition.enrolment import Templates

_FEWEST = 2
"""Faces of a group: one that is unlike all others stands out alone."""


def groups_of(templates: Templates, *, least: float) -> list[list[int]]:
    """Return the places of faces [n, dimension] in groups, the largest first, then the earliest.

    No two groups are alike by `least` on average; two that are, or more, were made one.
    """
    members = [[place] for place in range(len(templates))]
    likeness = templates.astype(np.float64) @ templates.T.astype(np.float64)
    np.fill_diagonal(likeness, -np.inf)
    done: list[list[int]] = []
    waiting = set(range(len(members)))
    chain: list[int] = []
    while waiting:
        last = chain[-1] if chain else min(waiting)
        nearest = _nearest(likeness[last], chain[-2:-1])
        if nearest is None or likeness[last, nearest] < least:  # nor will it be like a larger one
            done.append(sorted(members[last]))
            waiting.discard(last)
            likeness[:, last] = -np.inf
            chain = chain[:-1]
        elif nearest in chain[-2:-1]:
            _join(likeness, members, last, nearest)
            waiting.discard(last)
            chain = chain[:-2]
        else:
            chain = [*(chain or [last]), nearest]
    return sorted(done, key=lambda group: (-len(group), group))


def strange_groups(templates: Templates, own: Templates, *, least: float) -> list[list[int]]:
    """Return the places of faces, by group, that may be somebody else's than a person's.

    Groups of two or more that are unlike those they are known by. Where they are known by none, no
    group tells whose it is: then all, if there are several.
    """
    known = len(own)
    groups = groups_of(np.concatenate([own, templates]), least=least)
    strange = [
        [place - known for place in group]
        for group in groups
        if len(group) >= _FEWEST and group[0] >= known
    ]
    return strange if known or len(strange) > 1 else []


def _nearest(likeness: npt.NDArray[np.float64], before: list[int]) -> int | None:
    """Return the group that is most like one; of several the one that the chain came from."""
    greatest = likeness.max(initial=-np.inf)
    if greatest == -np.inf:
        return None
    ties = np.flatnonzero(likeness == greatest)
    return next((each for each in before if each in ties), int(ties[0]))


def _join(
    likeness: npt.NDArray[np.float64], members: list[list[int]], one: int, other: int
) -> None:
    """Have `other` be both groups, and `one` be none."""
    sizes = len(members[one]), len(members[other])
    both = np.average(likeness[[one, other]], axis=0, weights=sizes)
    both[[one, other]] = -np.inf
    likeness[other], likeness[:, other] = both, both
    likeness[one], likeness[:, one] = -np.inf, -np.inf
    members[other] += members[one]
    members[one] = []
