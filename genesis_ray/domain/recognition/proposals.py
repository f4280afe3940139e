"""Who may be one person: pairs of identities too alike to be two, unless they cannot be one."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from genesis_ray.domain.recognition.impostors import ImpostorTail

Pair = frozenset[str]

_PRODUCTS_AT_ONCE = 1 << 23
"""Bounds the memory of the comparison, here 32 MiB and what is as large, however many there are."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Two identities that may be one person.

    Attributes:
        similarity: Of their two most similar templates.
        risk: The chance that two people of a gallery as large as this are so alike: that among
            the comparisons of one of them with everybody else any comes out so high.
    """

    one: str
    other: str
    similarity: float
    risk: float

    @property
    def pair(self) -> Pair:
        """The two, in no order."""
        return frozenset((self.one, self.other))


def propose(
    templates: Mapping[str, npt.NDArray[np.float32]],
    tail: ImpostorTail,
    *,
    most_risk: float,
    cannot: Collection[Pair] = (),
) -> list[Proposal]:
    """Return the pairs that may be one person, those of the least risk first.

    Args:
        templates: [n, dimension] of unit length, n at least 1, of each identity.
        tail: How alike faces of different people are to the embedder.
        most_risk: Pairs of a higher one are left out.
        cannot: Pairs that are two people for sure.
    """
    ids = sorted(templates)
    counts = np.array([len(templates[each]) for each in ids], np.int64)
    best = _most_similar(ids, templates, counts, _least(tail, counts, most_risk))
    found = []
    for (row, column), similarity in best.items():
        one, other = ids[row], ids[column]
        comparisons = max(_comparisons(counts, row), _comparisons(counts, column))
        proposal = Proposal(one, other, similarity, tail.risk(similarity, comparisons))
        if proposal.risk <= most_risk and proposal.pair not in cannot:
            found.append(proposal)
    return sorted(found, key=lambda each: (each.risk, each.one, each.other))


def mergeable(
    proposals: Sequence[Proposal], *, most_risk: float, cannot: Collection[Pair]
) -> list[Proposal]:
    """Return those that can be made one after the other, none of a higher risk.

    Merges add up: who becomes one with two others makes these one, so a proposal is left out
    that would bring two together who cannot be one.
    """
    groups: dict[str, frozenset[str]] = {}
    chosen = []
    for proposal in proposals:
        left, right = (groups.get(each, frozenset({each})) for each in proposal.pair)
        clash = any(frozenset((a, b)) in cannot for a in left for b in right)
        if proposal.risk > most_risk or clash or left == right:
            continue
        groups.update(dict.fromkeys(left | right, left | right))
        chosen.append(proposal)
    return chosen


def _least(tail: ImpostorTail, counts: npt.NDArray[np.int64], most_risk: float) -> float:
    """Return a similarity below which no pair can have so little risk."""
    fewest = min((_comparisons(counts, each) for each in range(len(counts))), default=1)
    return tail.similarity(most_risk / max(fewest, 1)) if most_risk < 1 else -1.0


def _comparisons(counts: npt.NDArray[np.int64], place: int) -> int:
    """Return how often templates of one identity are compared with those of others."""
    return int(counts[place] * (counts.sum() - counts[place]))


def _most_similar(
    ids: Sequence[str],
    templates: Mapping[str, npt.NDArray[np.float32]],
    counts: npt.NDArray[np.int64],
    least: float,
) -> dict[tuple[int, int], float]:
    """Return the greatest similarity of each two identities, by their places, from `least` on."""
    best: dict[tuple[int, int], float] = {}
    if not ids:
        return best
    vectors = np.concatenate([templates[each] for each in ids])
    owners = np.repeat(np.arange(len(ids)), counts)
    for row, column in _candidates(vectors, owners, least):
        similarity = float(np.vecdot(vectors[row], vectors[column]))
        pair = int(owners[row]), int(owners[column])
        best[pair] = max(similarity, best.get(pair, -1.0))
    return best


def _candidates(
    vectors: npt.NDArray[np.float32], owners: npt.NDArray[np.int64], least: float
) -> Iterator[tuple[int, int]]:
    """Yield the places of templates of two identities that may be so similar, each two once."""
    at_once = max(1, _PRODUCTS_AT_ONCE // len(vectors))
    for start in range(0, len(vectors), at_once):
        some = vectors[start : start + at_once]
        similar = some @ vectors.T >= least - 1e-5  # a matrix product rounds in its own way
        similar &= owners[start : start + at_once, None] < owners[None]
        rows, columns = np.nonzero(similar)
        yield from zip((rows + start).tolist(), columns.tolist(), strict=True)
