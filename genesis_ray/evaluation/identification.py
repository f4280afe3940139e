"""Open-set identification: finding enrolled people among faces, most of which are strangers'."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Embeddings = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class OpenSetScore:
    """What random galleries gave, taken together (ISO/IEC 19795-1, NIST FRVT 1:N).

    Attributes:
        fnir: Share of the enrolled people's other faces that are missed (not first, or not above
            the threshold), by the share of strangers' faces that raise a false alarm (FPIR).
        threshold: The similarity over which a face counts, by the same.
        rank1: Share of the enrolled people's other faces that are nearest to their own.
        enrolled, mated, strangers: Faces in a gallery, and of both kinds of probe.
    """

    fnir: Mapping[float, float]
    threshold: Mapping[float, float]
    rank1: float
    enrolled: int
    mated: int
    strangers: int


def open_set(
    embeddings: Embeddings,
    identities: Sequence[str],
    *,
    fpirs: Sequence[float] = (0.003, 0.01, 0.1),
    galleries: int = 20,
    seed: int = 0,
) -> OpenSetScore:
    """Enrol one random face of everybody with several, and look for all other faces.

    Those of people with one face only are the strangers'.

    Args:
        embeddings: [n, dimension] of unit length; NaN where no face was found, which is never
            recognised.
        identities: [n], whose face it is.
        fpirs: False alarms a stranger's face, for which a threshold is wanted.
        galleries: How many random galleries are drawn.
        seed: Of the draw.

    Raises:
        ValueError: Nobody has several faces, or everybody has.
    """
    _, person, counts = np.unique(np.array(identities), return_inverse=True, return_counts=True)
    several = np.flatnonzero(counts > 1)
    strangers = np.flatnonzero(counts[person] == 1)
    if len(several) == 0 or len(strangers) == 0:
        raise ValueError(
            f"expected people with several faces and people with one, got {len(several)} and "
            f"{len(strangers)}"
        )
    random = np.random.default_rng(seed)
    alarms, hits, firsts = [], [], []
    for _ in range(galleries):
        gallery = np.array([random.choice(np.flatnonzero(person == who)) for who in several])
        mated = np.setdiff1d(np.flatnonzero(counts[person] > 1), gallery)
        alarms.append(_similarities(embeddings, strangers, gallery).max(axis=1))
        similarity = _similarities(embeddings, mated, gallery)
        own = similarity[np.arange(len(mated)), np.searchsorted(several, person[mated])]
        is_first = (own == similarity.max(axis=1)) & np.isfinite(own)
        firsts.append(is_first)
        hits.append(np.where(is_first, own, -np.inf))
    ranked, hit = np.sort(np.concatenate(alarms))[::-1], np.concatenate(hits)
    threshold = {fpir: float(ranked[int(fpir * len(ranked))]) for fpir in fpirs}
    return OpenSetScore(
        fnir={fpir: float((hit <= threshold[fpir]).mean()) for fpir in fpirs},
        threshold=threshold,
        rank1=float(np.concatenate(firsts).mean()),
        enrolled=len(several),
        mated=len(person) - len(strangers) - len(several),
        strangers=len(strangers),
    )


def _similarities(
    embeddings: Embeddings, probes: npt.NDArray[np.int64], gallery: npt.NDArray[np.int64]
) -> Embeddings:
    """Return [probes, gallery]; -inf where a face is missing."""
    similarity: Embeddings = embeddings[probes] @ embeddings[gallery].T
    return np.where(np.isnan(similarity), np.float32(-np.inf), similarity)
