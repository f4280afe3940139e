"""Open-set identification: finding enrolled people among faces, most of which are strangers'.

The protocol is that of ISO/IEC 19795-1 and NIST's FRTE 1:N. Of everybody with more pictures than
are enrolled a person, so many are drawn at random; their other pictures are the mated probes, and
those of everybody else, the strangers, the non-mated ones. That is done for many galleries,
whose probes are taken together.

* FPIR, the false positive identification rate: the share of non-mated probes that score over
  the threshold with anybody.
* FNIR, the false negative identification rate: the share of mated probes that are missed, as
  somebody else scores as high or higher, or their own person at or below the threshold.

A picture in which no face was found counts. As a probe it scores with nobody. Drawn for the
gallery it is a template that nothing is like: a person without another is missed always.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from genesis_ray.errors import ConfigurationError

Embeddings = npt.NDArray[np.float32]
Scores = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]

_CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share, and the interval that it lies in with 95 % confidence."""

    value: float
    low: float
    high: float


class OpenSet:
    """Pictures of people, parted into those who can be enrolled and strangers.

    Attributes:
        enrolled: People in a gallery.
        strangers: People who are none.
        mated: Pictures that are probes of theirs, once theirs are enrolled.
        non_mated: Pictures of strangers.
    """

    def __init__(self, identities: Sequence[str], *, enroll: int = 1) -> None:
        """Part the people.

        Args:
            identities: Who each picture shows.
            enroll: Pictures enrolled a person.

        Raises:
            ConfigurationError: There is nobody to enrol, or no stranger.
        """
        if enroll < 1:
            raise ConfigurationError(f"expected at least 1 picture enrolled a person, got {enroll}")
        _, person, counts = np.unique(
            np.array(identities, str), return_inverse=True, return_counts=True
        )
        most = counts.max(initial=0)
        if most <= enroll:
            raise ConfigurationError(
                f"nobody has {enroll + 1} pictures, {enroll} to enrol and one to look for; "
                f"the most that one person has is {most}: add pictures, or enrol fewer"
            )
        if counts.min() > enroll:
            raise ConfigurationError(
                f"there are no strangers, as everybody has more than {enroll} pictures, so false "
                f"alarms cannot be counted; add people with {enroll} or fewer, or enrol more"
            )
        self._enroll = enroll
        self._person: Indices = person
        self._of_person = [np.flatnonzero(person == who) for who in np.flatnonzero(counts > enroll)]
        self._strangers = np.flatnonzero(counts[person] <= enroll)
        self.enrolled = len(self._of_person)
        self.strangers = int((counts <= enroll).sum())
        self.non_mated = len(self._strangers)
        self.mated = len(person) - self.non_mated - self.enrolled * enroll

    def search(
        self, embeddings: Embeddings, *, seeds: int = 20, resamples: int = 1000
    ) -> "Searches":
        """Draw a gallery for each of so many seeds and look for everybody else in it.

        Args:
            embeddings: [n, dimension] of unit length; NaN where no face was found.
            seeds: How many galleries.
            resamples: How often people are drawn again for an interval.
        """
        parts = [self._search_one(embeddings, np.random.default_rng(seed)) for seed in range(seeds)]
        own, other, mated, alarm = (np.concatenate(part) for part in zip(*parts, strict=True))
        stranger = np.tile(self._person[self._strangers], seeds)
        return Searches(
            own=own,
            other=other,
            mated=mated,
            alarm=alarm,
            non_mated=stranger,
            resamples=resamples,
        )

    def _search_one(
        self, embeddings: Embeddings, random: np.random.Generator
    ) -> tuple[Scores, Scores, Indices, Scores]:
        """Return own and others' best scores of the mated, whose they are, and strangers' best."""
        drawn = [random.permutation(pictures) for pictures in self._of_person]
        gallery = np.concatenate([pictures[: self._enroll] for pictures in drawn])
        probes = np.concatenate([pictures[self._enroll :] for pictures in drawn])
        column = np.repeat(np.arange(self.enrolled), [len(p) - self._enroll for p in drawn])
        scores = self._scores(embeddings, probes, gallery)
        own = np.take_along_axis(scores, column[:, None], axis=1)[:, 0]
        np.put_along_axis(scores, column[:, None], -np.inf, axis=1)
        alarm = self._scores(embeddings, self._strangers, gallery).max(axis=1)
        return own, scores.max(axis=1), self._person[probes], alarm

    def _scores(self, embeddings: Embeddings, probes: Indices, gallery: Indices) -> Scores:
        """Return the scores of probes with people, [probes, enrolled]; -inf without a face."""
        similarity = embeddings[probes] @ embeddings[gallery].T
        found = np.where(np.isnan(similarity), np.float32(-np.inf), similarity)
        best: Scores = found.reshape(len(probes), self.enrolled, self._enroll).max(axis=2)
        return best


class Searches:
    """What looking for people in galleries gave.

    Intervals come from people drawn again with replacement, enrolled ones and strangers each
    among themselves: pictures of one person are no independent evidence. The galleries stay
    as they were. Where nothing is missed the interval is 0 to 0, of however few people.
    """

    def __init__(
        self,
        *,
        own: Scores,
        other: Scores,
        mated: Indices,
        alarm: Scores,
        non_mated: Indices,
        resamples: int = 1000,
    ) -> None:
        """Take the scores of all probes, -inf where there is none.

        Args:
            own: [m], of mated probes with the person they show.
            other: [m], their best with anybody else.
            mated: [m], the person.
            alarm: [n], of non-mated probes, their best with anybody.
            non_mated: [n], the person.
            resamples: How often people are drawn again.
        """
        first = own > other
        self.rank1 = float(first.mean())
        self._hits = _Ranked(np.where(first, own, np.float32(-np.inf)), mated)
        self._alarms = _Ranked(alarm, non_mated)
        self._resamples = resamples

    def fnir_at_fpir(self, fpir: float) -> Estimate:
        """Return the share of misses at the threshold that lets so many strangers through."""
        return self._estimate(lambda hits, alarms: 1 - hits.share_over(alarms.threshold(fpir)))

    def threshold_at_fpir(self, fpir: float) -> float:
        """Return the score over which at most this share of strangers is."""
        return self._alarms.as_seen().threshold(fpir)

    def threshold_for_fpir(self, fpir: float) -> Estimate:
        """Return the same with the interval that it would lie in for other strangers."""
        return self._estimate(lambda _, alarms: alarms.threshold(fpir))

    def fnir_at(self, threshold: float) -> Estimate:
        """Return the share of mated probes that are missed."""
        return self._estimate(lambda hits, _: 1 - hits.share_over(threshold))

    def fpir_at(self, threshold: float) -> Estimate:
        """Return the share of strangers' probes that are taken for somebody."""
        return self._estimate(lambda _, alarms: alarms.share_over(threshold))

    def shares_at(self, threshold: float) -> tuple[float, float]:
        """Return the share of mated probes that are missed, and of strangers' that are let in."""
        hits, alarms = self._hits.as_seen(), self._alarms.as_seen()
        return 1 - hits.share_over(threshold), alarms.share_over(threshold)

    def _estimate(self, share: Callable[["_Sample", "_Sample"], float]) -> Estimate:
        """Return a share of hits and alarms; its interval never leaves the share itself out."""
        random = np.random.default_rng(0)
        value = share(self._hits.as_seen(), self._alarms.as_seen())
        again = [
            share(self._hits.resampled(random), self._alarms.resampled(random))
            for _ in range(self._resamples)
        ]
        low, high = np.quantile(again, [(1 - _CONFIDENCE) / 2, (1 + _CONFIDENCE) / 2])
        return Estimate(value, min(float(low), value), max(float(high), value))


class _Ranked:
    """Scores of probes, highest first, whose people can be drawn again."""

    def __init__(self, scores: Scores, person: Indices) -> None:
        order = np.argsort(-scores, kind="stable")
        self._falling = scores[order]
        people, self._person = np.unique(person[order], return_inverse=True)
        self._people = len(people)

    def as_seen(self) -> "_Sample":
        """Return the scores with everybody once."""
        return self._sample(np.ones(self._people, np.int64))

    def resampled(self, random: np.random.Generator) -> "_Sample":
        """Return the scores of as many people, drawn with replacement."""
        drawn = random.integers(self._people, size=self._people)
        return self._sample(np.bincount(drawn, minlength=self._people))

    def _sample(self, times: Indices) -> "_Sample":
        return _Sample(self._falling, np.cumsum(times[self._person]))


@dataclass(frozen=True, slots=True, eq=False)
class _Sample:
    """Falling scores, and how many probes each ends the row of, counted as often as drawn."""

    falling: Scores
    count: Indices

    def threshold(self, share: float) -> float:
        """Return the score over which at most this share of the probes is."""
        allowed = int(share * self.count[-1])
        return float(self.falling[np.searchsorted(self.count, allowed, side="right")])

    def share_over(self, threshold: float) -> float:
        """Return the share of the probes over the threshold."""
        over = np.searchsorted(-self.falling, -threshold, side="left")
        return float(self.count[over - 1] / self.count[-1]) if over else 0.0
