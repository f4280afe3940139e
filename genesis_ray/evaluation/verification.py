"""How well similarities tell pairs of one person from pairs of two (face verification)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

_FOLDS = 10
FALSE_ACCEPT_RATES = (0.01, 0.001)


@dataclass(frozen=True, slots=True, eq=False)
class ScoredPairs:
    """Pairs of pictures that have been compared.

    Attributes:
        similarity: float64 [n], cosine; NaN where a picture has no face, which counts as wrong.
        same: bool [n], whether both pictures show one person.
        sets: [n], the name of the set that a pair belongs to.
    """

    similarity: Floats
    same: Bools
    sets: Sequence[str]

    def __post_init__(self) -> None:
        n = len(self.similarity)
        if n == 0 or self.same.shape != (n,) or len(self.sets) != n:
            raise ValueError(
                f"expected as many labels and sets as similarities and at least one, got {n} "
                f"similarities, {self.same.shape} labels and {len(self.sets)} sets"
            )


@dataclass(frozen=True, slots=True)
class SetScore:
    """How one set of pairs went."""

    accuracy: float
    pairs: int
    undetected: int


@dataclass(frozen=True, slots=True)
class VerificationScore:
    """How well pairs were told apart.

    Attributes:
        accuracy: Share of all pairs that were told rightly, each at a threshold chosen on
            other pairs.
        threshold: The best one for all pairs together; None where no pair has two faces.
        tar_at_far: Share of the pairs of one person accepted where at most this share of the
            pairs of two is, by that share; NaN where a kind of pair is missing.
        pairs: How many.
        undetected: Those with a picture in which no face was found.
        sets: The same by set.
    """

    accuracy: float
    threshold: float | None
    tar_at_far: Mapping[float, float]
    pairs: int
    undetected: int
    sets: Mapping[str, SetScore]


def verify(pairs: ScoredPairs) -> VerificationScore:
    """Score compared pairs by the protocol of LFW (Huang et al. 2007).

    Where there are several sets, they are the folds: a set is judged at the threshold that
    is best for all others. A single set is cut into ten folds with the same share of each
    kind of pair. A fold whose others lack a kind of pair is judged at the best threshold of
    all pairs, itself included.
    """
    detected = ~np.isnan(pairs.similarity)
    right = np.zeros(len(pairs.similarity), bool)
    folds = _folds(pairs)
    for fold in range(folds.max() + 1):
        judged = folds == fold
        learnt = detected & ~judged
        if len(set(pairs.same[learnt])) < 2:
            learnt = detected
        threshold = _best_threshold(pairs.similarity[learnt], pairs.same[learnt])
        if threshold is not None:
            right[judged] = (pairs.similarity[judged] >= threshold) == pairs.same[judged]
    right &= detected
    names = np.array(pairs.sets)
    return VerificationScore(
        accuracy=float(right.mean()),
        threshold=_best_threshold(pairs.similarity[detected], pairs.same[detected]),
        tar_at_far={far: _tar_at_far(pairs, far) for far in FALSE_ACCEPT_RATES},
        pairs=len(right),
        undetected=int((~detected).sum()),
        sets={
            name: SetScore(
                accuracy=float(right[names == name].mean()),
                pairs=int((names == name).sum()),
                undetected=int((~detected[names == name]).sum()),
            )
            for name in dict.fromkeys(pairs.sets)
        },
    )


def _folds(pairs: ScoredPairs) -> npt.NDArray[np.int64]:
    """Return the number of each pair's fold."""
    names, by_set = np.unique(np.array(pairs.sets), return_inverse=True)
    if len(names) > 1:
        return by_set
    folds = np.zeros(len(pairs.same), np.int64)
    for kind in (True, False):
        folds[pairs.same == kind] = np.arange((pairs.same == kind).sum()) % _FOLDS
    return folds


def _best_threshold(similarity: Floats, same: Bools) -> float | None:
    """Return the similarity that tells most pairs rightly; of several, amid the widest gap."""
    if len(similarity) == 0:
        return None
    order = np.argsort(similarity)
    steps = np.concatenate([[-1.0], similarity[order], [1.0]])
    missed = np.concatenate([[0], np.cumsum(same[order])])
    let_in = np.count_nonzero(~same) - np.concatenate([[0], np.cumsum(~same[order])])
    gap = np.diff(steps)
    wrong = np.where(gap > 0, missed + let_in, len(same) + 1)  # equals cannot be told apart
    best = np.flatnonzero(wrong == wrong.min())
    widest = best[np.argmax(gap[best])]
    return float(steps[widest] + steps[widest + 1]) / 2


def _tar_at_far(pairs: ScoredPairs, far: float) -> float:
    """Return the share of same pairs that is let in with at most `far` of the others."""
    similarity = np.nan_to_num(pairs.similarity, nan=-np.inf)
    same, different = similarity[pairs.same], np.sort(similarity[~pairs.same])[::-1]
    if len(same) == 0 or len(different) == 0:
        return float("nan")
    strictest = different[int(far * len(different))]
    return float((same > strictest).mean())
