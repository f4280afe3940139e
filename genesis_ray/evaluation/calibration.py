"""Choosing thresholds by looking at data: by F-beta on pairs, for cameras by strangers' scores."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from genesis_ray.errors import ConfigurationError
from genesis_ray.evaluation.identification import Estimate, Searches

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Indices = npt.NDArray[np.int64]

_STEP = 0.005
GRID = np.round(np.arange(0.0, 0.95 + _STEP / 2, _STEP), 3)
"""Thresholds that are tried: those that a cosine of faces can have, whatever the embedder."""

_CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True, eq=False)
class PairsOfPeople:
    """Compared pairs of pictures, both of which show a face.

    Attributes:
        similarity: float64 [n], cosine.
        same: bool [n], whether both pictures show one person.
        people: int [n, 2], who the pictures show.
    """

    similarity: Floats
    same: Bools
    people: Indices


@dataclass(frozen=True, slots=True, kw_only=True)
class ByFBeta:
    """A threshold chosen on pairs, and how it does on them."""

    threshold: Estimate
    f_beta: float
    precision: float
    recall: float


def people_of(pairs: Sequence[tuple[str, str, bool]]) -> Indices:
    """Return who the pictures of each pair show, int [n, 2].

    Pictures that pairs call one person's are one person's; all others are different people's.
    """
    leader: dict[str, str] = {}

    def leader_of(picture: str) -> str:
        while leader.setdefault(picture, picture) != picture:
            picture = leader[picture]
        return picture

    for one, other, same in pairs:
        if same:
            leader[leader_of(one)] = leader_of(other)
    leaders = [leader_of(picture) for one, other, _ in pairs for picture in (one, other)]
    _, people = np.unique(np.array(leaders, str), return_inverse=True)
    return people.reshape(-1, 2).astype(np.int64)


class FBetas(NamedTuple):
    """How pairs are told apart at each threshold of `GRID`, float64 [thresholds] each."""

    f_beta: Floats
    precision: Floats
    recall: Floats

    @property
    def best(self) -> int:
        """The place of the threshold with the highest F-beta.

        Of several that are as good the middle of their longest row: it is the furthest from being
        wrong.
        """
        best = np.flatnonzero(self.f_beta >= self.f_beta.max() - 1e-12)
        rows = np.split(best, np.flatnonzero(np.diff(best) > 1) + 1)
        longest: Indices = max(rows, key=len)
        return int(longest[len(longest) // 2])


def f_betas(
    pairs: PairsOfPeople, *, beta: float, times: Floats | None = None, of_two: float = 1.0
) -> FBetas:
    """Return how pairs are told apart at each threshold.

    Args:
        pairs: Some of each kind.
        beta: Below 1 precision counts more than recall.
        times: How often each person counts, [people]; None: once.
        of_two: How often a pair of two people counts, beside one of one person.
    """
    place = np.searchsorted(GRID, pairs.similarity, side="right")  # passes all before it
    times = np.ones(int(pairs.people.max()) + 1) if times is None else times
    one, other = times[pairs.people].T
    weight = np.where(pairs.people[:, 0] == pairs.people[:, 1], one, of_two * one * other)
    right, wrong = (
        np.cumsum(np.bincount(place[kind], weight[kind], len(GRID) + 1)[::-1])[::-1][1:]
        for kind in (pairs.same, ~pairs.same)
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = np.nan_to_num(right / (right + wrong))
        recall = np.nan_to_num(right / weight[pairs.same].sum())
        score = (1 + beta**2) * precision * recall / (beta**2 * precision + recall)
    return FBetas(np.nan_to_num(score), precision, recall)


def by_f_beta(pairs: PairsOfPeople, *, beta: float, resamples: int = 1000) -> ByFBeta:
    """Return the threshold with the highest F-beta, tried in steps of 0.005.

    A beta of 0.5 counts precision, that who is called the same is the same, twice as much as
    recall. The interval comes from people drawn again with replacement.

    Raises:
        ConfigurationError: A kind of pair is missing.
    """
    if not (pairs.same.any() and (~pairs.same).any()):
        raise ConfigurationError(
            "expected pairs of one person and pairs of two, with a face in both pictures; "
            "one kind is missing"
        )
    count, random = int(pairs.people.max()) + 1, np.random.default_rng(0)
    found = f_betas(pairs, beta=beta)
    again = [
        GRID[f_betas(pairs, beta=beta, times=_drawn(count, random)).best] for _ in range(resamples)
    ]
    return ByFBeta(
        threshold=_estimate(float(GRID[found.best]), again),
        f_beta=float(found.f_beta[found.best]),
        precision=float(found.precision[found.best]),
        recall=float(found.recall[found.best]),
    )


def least_above(similarity: float) -> float:
    """Return the least thousandth above a similarity."""
    return min(1.0, (math.floor(similarity * 1000) + 1) / 1000)


def by_fpir(searches: Searches, *, fpir: float, strangers: int) -> Estimate:
    """Return the threshold that lets at most this share of strangers' pictures in.

    It is rounded up to a thousandth, so that the highest stranger who is to stay out does: a
    similarity counts from the threshold on.

    Raises:
        ConfigurationError: There are too few strangers to tell.
    """
    if strangers * fpir < 1:
        raise ConfigurationError(
            f"an FPIR of {fpir:g} takes {math.ceil(1 / fpir):,} pictures of strangers or more, "
            f"there are {strangers:,}; add some, or ask for a higher --fpir"
        )
    found = searches.threshold_for_fpir(fpir)
    if not math.isfinite(found.value):
        raise ConfigurationError(
            "in too few of the strangers' pictures is a face, so that any threshold would do; "
            "add pictures that show faces"
        )
    return Estimate(*(least_above(each) for each in (found.value, found.low, found.high)))


@dataclass(frozen=True, slots=True, eq=False)
class ImpostorScores:
    """How much the faces that one camera saw are like people whom they certainly do not show.

    Attributes:
        similarity: float64 [n], of each face, with the nearest of them.
        people: [n], whom the face shows.
    """

    similarity: Floats
    people: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraOffset:
    """What a camera's threshold would have to differ by, and what that rests on.

    Attributes:
        offset: None where the camera saw too little to tell.
    """

    offset: Estimate | None
    faces: int
    people: int

    @property
    def is_sure(self) -> bool:
        """Whether it is more than chance."""
        return self.offset is not None and not self.offset.low <= 0 <= self.offset.high


def camera_offsets(
    cameras: Mapping[str, ImpostorScores],
    *,
    quantile: float = 0.95,
    least_faces: int = 100,
    least_people: int = 10,
    resamples: int = 1000,
) -> dict[str, CameraOffset]:
    """Return, by camera, how much its impostor scores lie above those of all cameras together.

    At a threshold raised by that much as large a share of them passes as elsewhere, provided
    that the scores of cameras differ in place and not in shape: what is compared is a high
    quantile, as of the few that come near a threshold none is left to count. Intervals come from
    each camera's people drawn again with replacement.
    """
    if not cameras:
        return {}
    together = np.concatenate([each.similarity for each in cameras.values()])
    usual = float(np.quantile(together, quantile))
    return {
        camera_id: _offset(
            scores, usual, quantile, least_faces, least_people, np.random.default_rng(0), resamples
        )
        for camera_id, scores in cameras.items()
    }


def _offset(
    scores: ImpostorScores,
    usual: float,
    quantile: float,
    least_faces: int,
    least_people: int,
    random: np.random.Generator,
    resamples: int,
) -> CameraOffset:
    _, person = np.unique(np.array(scores.people, str), return_inverse=True)
    faces, people = len(person), int(person.max(initial=-1)) + 1
    if faces < least_faces or people < least_people:
        return CameraOffset(offset=None, faces=faces, people=people)

    def shift(times: Floats) -> float:
        drawn = np.repeat(scores.similarity, times[person].astype(np.int64))
        return float(np.quantile(drawn, quantile)) - usual

    again = [shift(_drawn(people, random)) for _ in range(resamples)]
    return CameraOffset(offset=_estimate(shift(np.ones(people)), again), faces=faces, people=people)


def _drawn(people: int, random: np.random.Generator) -> Floats:
    """Return how often each of so many people is drawn, with replacement."""
    return np.bincount(random.integers(people, size=people), minlength=people).astype(float)


def _estimate(value: float, again: Sequence[float]) -> Estimate:
    low, high = np.quantile(again, [(1 - _CONFIDENCE) / 2, (1 + _CONFIDENCE) / 2])
    return Estimate(value, min(float(low), value), max(float(high), value))
