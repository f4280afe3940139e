"""How a way to choose a threshold does on people whom nothing was chosen on.

People are halved at random, the threshold is chosen on one half and the other half is scored at
it, both ways round, again and again. Where halves would be too small to tell there is no answer.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from genesis_ray.errors import ConfigurationError
from genesis_ray.evaluation.calibration import PairsOfPeople, f_betas, least_above
from genesis_ray.evaluation.identification import Embeddings, Estimate, OpenSet

Bools = npt.NDArray[np.bool_]
People = npt.NDArray[np.generic]

HALVINGS = 10
LEAST_IN_HALF = 10
"""Of people of each kind, or of pairs: of fewer, one decides."""

_GALLERIES = 5
"""Drawn in a half: there are twenty halves, so that the draw matters little."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOut:
    """What scoring halves gave.

    Attributes:
        shares: By name, the mean of all halves, and what 95 % of them lie between.
        halves: How many were scored.
    """

    shares: Mapping[str, Estimate]
    halves: int


def f_beta_held_out(pairs: PairsOfPeople, *, beta: float) -> HeldOut | None:
    """Return F-beta, precision and recall of pairs at thresholds that others chose.

    Pairs of people in different halves are left out, and the others of two people count the more,
    so that of each kind there is as large a share as in all.

    Returns:
        None: in a half are fewer than ten people, pairs of one person, or pairs of two.
    """
    scored = []
    everybody = np.arange(int(pairs.people.max(initial=-1)) + 1)
    for parts in _halvings([everybody]):
        halves = [_within(pairs, part) for part in parts]
        if any(_is_small(half) for half in halves):
            return None
        rates = [f_betas(half, beta=beta, of_two=_of_two(pairs) / _of_two(half)) for half in halves]
        for own, other in (rates, rates[::-1]):
            scored.append([float(each[own.best]) for each in other])
    return _summed_up(("f_beta", "precision", "recall"), scored)


def fpir_held_out(
    identities: Sequence[str], embeddings: Embeddings, *, enroll: int, fpir: float
) -> HeldOut | None:
    """Return FNIR and FPIR at thresholds that other people chose.

    A half has half the people in its gallery, and half the strangers.

    Args:
        identities: Who each picture shows.
        embeddings: [n, dimension] of unit length; NaN where no face was found.
        enroll: Pictures enrolled a person.
        fpir: What is wanted.

    Returns:
        None: in a half are fewer than ten people to enrol, or ten strangers, or the strangers have
        fewer pictures than 1/FPIR, or too few faces.
    """
    names = np.array(identities, str)
    people, counts = np.unique(names, return_counts=True)
    scored = []
    for parts in _halvings([people[counts > enroll], people[counts <= enroll]]):
        searched = []
        for part in parts:
            chosen = np.isin(names, part)
            try:
                half = OpenSet(names[chosen].tolist(), enroll=enroll)
            except ConfigurationError:  # there is nobody of a kind
                return None
            least = min(half.enrolled, half.strangers)
            if least < LEAST_IN_HALF or half.non_mated * fpir < 1:
                return None
            searched.append(half.search(embeddings[chosen], seeds=_GALLERIES))
        for own, other in (searched, searched[::-1]):
            threshold = own.threshold_at_fpir(fpir)
            if not math.isfinite(threshold):
                return None
            scored.append(other.shares_at(least_above(threshold)))
    return _summed_up(("fnir", "fpir"), scored)


def _halvings(
    kinds: Iterable[npt.NDArray[np.generic]],
) -> Iterator[Sequence[npt.NDArray[np.generic]]]:
    """Yield two halves of people, of each kind half of them, at random."""
    for seed in range(HALVINGS):
        random = np.random.default_rng(seed)
        drawn = [random.permutation(kind) for kind in kinds]
        yield [
            np.concatenate([kind[: len(kind) // 2] for kind in drawn]),
            np.concatenate([kind[len(kind) // 2 :] for kind in drawn]),
        ]


def _within(pairs: PairsOfPeople, part: People) -> PairsOfPeople:
    chosen: Bools = np.all(np.isin(pairs.people, part), axis=1)
    return replace(
        pairs,
        similarity=pairs.similarity[chosen],
        same=pairs.same[chosen],
        people=pairs.people[chosen],
    )


def _of_two(pairs: PairsOfPeople) -> float:
    """Return how many pairs of two people there are for one of one person."""
    return float((~pairs.same).sum() / pairs.same.sum())


def _is_small(pairs: PairsOfPeople) -> bool:
    of_one = int(pairs.same.sum())
    people = len(np.unique(pairs.people))
    return min(people, of_one, len(pairs.same) - of_one) < LEAST_IN_HALF


def _summed_up(names: Sequence[str], scored: Sequence[Sequence[float]]) -> HeldOut:
    low, high = np.quantile(scored, [0.025, 0.975], axis=0)
    mean = np.mean(scored, axis=0)
    shares = map(Estimate, mean.tolist(), low.tolist(), high.tolist())
    return HeldOut(shares=dict(zip(names, shares, strict=True)), halves=len(scored))
