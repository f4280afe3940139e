"""Templates like those of real faces, as many as are wanted.

What decides how hard a search is, is how alike faces of one person and of two are. Both were
measured on LFW by the default embedder, see `LFW`. A face here is

    sqrt(c) common + sqrt(1 - c) (b person + sqrt(1 - b^2) itself)

of unit length: `common` to all faces gives the similarity c that strangers have on average,
`person` is everybody's own, `itself` every picture's. Persons and pictures are directions whose
numbers are normal with variances that fall exponentially, as fast as gives strangers' similarities
their spread: a direction of n equal variances would give 1 / sqrt(n). b is normal, a picture's
own: some pictures are less like their person than others.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]

_AT_ONCE = 16_384


@dataclass(frozen=True)
class Likeness:
    """Means and standard deviations of similarities: of one person's faces, and of strangers'."""

    genuine: tuple[float, float]
    impostor: tuple[float, float]


LFW = Likeness(genuine=(0.70, 0.10), impostor=(0.075, 0.092))
"""By `genesis_ray`'s default embedder, of 900 pictures of 267 people who have two or more; of one
pair in twenty of a person's it is below 0.52. Their variance lies in 200 directions of 640."""


class Crowd:
    """People, numbered from 0, whose faces are drawn when asked for."""

    def __init__(self, people: int, *, dimension: int, like: Likeness = LFW, seed: int = 0) -> None:
        mean, spread = like.impostor
        self._chance = np.random.default_rng(seed)
        self._common_part = max(mean, 0.0)
        directions = (1 - self._common_part) ** 2 / spread**2  # how many, were they all equal
        variances = np.exp(-np.arange(dimension) / (directions / 2))
        self._deviations = np.sqrt(variances).astype(np.float32)
        self._common = self._directions(1)[0]
        self._people = self._directions(people)
        genuine, genuine_spread = like.genuine
        self._own_part = np.sqrt((genuine - self._common_part) / (1 - self._common_part))
        self._own_spread = genuine_spread / (np.sqrt(2) * self._own_part * (1 - self._common_part))

    def faces(self, who: npt.NDArray[np.int64]) -> Vectors:
        """Return a new picture of each of these people, [n, dimension]."""
        faces = np.empty((len(who), self._people.shape[1]), np.float32)
        for start in range(0, len(who), _AT_ONCE):
            some = who[start : start + _AT_ONCE]
            own = self._chance.normal(self._own_part, self._own_spread, (len(some), 1))
            own = own.clip(0, 1).astype(np.float32)
            mixed = own * self._people[some] + np.sqrt(1 - own**2) * self._directions(len(some))
            faces[start : start + _AT_ONCE] = _unit(
                np.float32(np.sqrt(self._common_part)) * self._common
                + np.float32(np.sqrt(1 - self._common_part)) * mixed
            )
        return faces

    def _directions(self, n: int) -> Vectors:
        directions = np.empty((n, len(self._deviations)), np.float32)
        for start in range(0, n, _AT_ONCE):
            some = directions[start : start + _AT_ONCE]
            some[:] = self._chance.standard_normal(some.shape, np.float32)
            some *= self._deviations
            some[:] = _unit(some)
        return directions


def likeness(faces: Vectors, who: npt.NDArray[np.int64]) -> Likeness:
    """Return how alike faces [n, dimension] are, of which `who` says whose they are."""
    one, other = np.triu_indices(len(faces), 1)
    similarities = (faces @ faces.T)[one, other]
    same = who[one] == who[other]
    genuine, impostor = similarities[same], similarities[~same]
    return Likeness(
        (float(genuine.mean()), float(genuine.std())),
        (float(impostor.mean()), float(impostor.std())),
    )


def _unit(vectors: Vectors) -> Vectors:
    unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit
