"""How likely it is that two people are as alike as this: the tail of an embedder's impostor scores.

Far above the bulk of them, similarities of faces of different people fall off about exponentially,
as maxima of thin-tailed variables do (the exponential case of the generalised Pareto distribution;
Pickands 1975). So what was measured on some million pairs says something of rarer ones, and the
farther, the less surely: a risk below the one that one pair of them has is an estimate.
"""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ImpostorTail:
    """Of pairs of faces of different people, how many are at least so similar.

    Attributes:
        start: Similarity from which the tail is exponential.
        share: Of the pairs, that are at least as similar as that.
        scale: How much more similar a pair e times rarer is.
    """

    start: float
    share: float
    scale: float

    def chance(self, similarity: float) -> float:
        """Return the chance that a face of one person is so similar to one of another.

        Below `start`, of which the tail says nothing, it is 1.
        """
        if similarity < self.start:
            return 1.0
        return self.share * math.exp((self.start - similarity) / self.scale)

    def risk(self, similarity: float, comparisons: int) -> float:
        """Return the chance that among so many comparisons any is so similar."""
        chance = self.chance(similarity)
        return 1.0 if chance >= 1 else -math.expm1(comparisons * math.log1p(-chance))

    def similarity(self, chance: float) -> float:
        """Return the similarity that two people reach with a chance of at most `share`."""
        return self.start + self.scale * math.log(self.share / min(chance, self.share))
