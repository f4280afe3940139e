"""What is unusual in a series of numbers: for the last while, and for its weekday and hour.

Both are folds over time: a value is compared with those before it, and then joins them.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from math import pi, sqrt
from statistics import median
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

Direction = Literal["above", "below"]

_NORMAL_MAD = 1.4826
"""Standard deviation of a normal distribution whose median absolute deviation is 1."""

_OF_MEDIAN = pi / 2
"""Variance of the median of n normal values, times n, in variances of a value: how far off what
few weeks tell may be."""


class Reading(NamedTuple):
    """A value and what was to be expected.

    Attributes:
        expected: In the unit of the values.
        spread: How far values usually are from that; never 0.
        score: (value - expected) / spread.
        samples: How many values the expectation is made of.
        weeks: How many days they are from, a week or more apart; 0 where that plays no part.
        is_unusual: Whether the score is beyond the threshold.
    """

    value: float
    expected: float
    spread: float
    score: float
    samples: int
    weeks: int
    is_unusual: bool

    @property
    def direction(self) -> Direction:
        """On which side of the expectation the value is."""
        return "above" if self.value >= self.expected else "below"


def _refuse_zero(threshold: float, least_spread: float) -> None:
    if not (threshold > 0 and least_spread > 0):
        raise ValueError(
            f"expected threshold and least_spread above 0, got {threshold} and {least_spread}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentPolicy:
    """When a value is unusual against the last ones.

    Attributes:
        window: Values that it is compared with, at most.
        threshold: Standard deviations from their mean that are still usual.
        least_samples: With fewer there is no verdict: the first values do not shout.
        least_spread: What a smaller spread counts as, in the unit of the values: where nothing ever
            changed, one person more is no alarm.
    """

    window: int = 100
    threshold: float = 2.0
    least_samples: int = 30
    least_spread: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what gives no verdict, or one on nothing."""
        if not 2 <= self.least_samples <= self.window:
            raise ValueError(
                f"expected 2 <= least_samples <= window, got {self.least_samples} and {self.window}"
            )
        _refuse_zero(self.threshold, self.least_spread)


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyPolicy:
    """When a value is unusual for its weekday and hour.

    Attributes:
        weeks: That it is compared with, the latest, at most.
        threshold: Scores up to it are usual: 3.5, as Iglewicz and Hoaglin advise ("How to Detect
            and Handle Outliers", 1993).
        least_weeks: With fewer there is no verdict.
        least_spread: What a smaller spread counts as, in the unit of the values.
        counts: Whether the values are numbers of people. These are not believed to be steadier
            than if people came independently of each other (Poisson): four quiet Mondays that
            happened to be alike would make the fifth an alarm.
    """

    weeks: int = 12
    threshold: float = 3.5
    least_weeks: int = 4
    least_spread: float = 1.0
    counts: bool = True

    def __post_init__(self) -> None:
        """Refuse what gives no verdict, or one on nothing."""
        if not 2 <= self.least_weeks <= self.weeks:
            raise ValueError(
                f"expected 2 <= least_weeks <= weeks, got {self.least_weeks} and {self.weeks}"
            )
        _refuse_zero(self.threshold, self.least_spread)


class RecentScore:
    """A rolling z-score: each value against mean and standard deviation of those before it."""

    def __init__(self, policy: RecentPolicy = RecentPolicy()) -> None:
        self._policy = policy
        self._last = np.zeros(policy.window)
        self._count = 0  # of the last values, those that there were

    def update(self, value: float) -> Reading | None:
        """Take the next value; return how unusual it is, None as long as too few came before."""
        readings = self._readings(np.array([value], np.float64))
        return readings[0][1] if readings else None

    def unusual(self, values: npt.NDArray[np.float64]) -> list[tuple[int, Reading]]:
        """Take further values [n]; return the places and readings of those that are unusual."""
        return [each for each in self._readings(values, only_unusual=True) if each[1].is_unusual]

    def _readings(
        self, values: npt.NDArray[np.float64], *, only_unusual: bool = False
    ) -> list[tuple[int, Reading]]:
        """Return places and readings; with `only_unusual` others may be left out."""
        policy = self._policy
        seen = np.concatenate([self._last, values])
        samples = np.minimum(self._count + np.arange(len(values)), policy.window)
        wanted = samples >= policy.least_samples
        if only_unusual:
            wanted &= self._may_be_unusual(seen, values, samples)
        places = np.flatnonzero(wanted)
        self._last = seen[len(seen) - policy.window :]
        self._count = min(self._count + len(values), policy.window)
        if not len(places):
            return []
        windows = np.lib.stride_tricks.sliding_window_view(seen, policy.window)[places]
        values, samples = values[places], samples[places]
        is_value = np.arange(policy.window) >= policy.window - samples[:, None]  # else filled up
        expected = windows.sum(axis=1) / samples
        deviations = np.where(is_value, windows - expected[:, None], 0)
        variances = np.square(deviations).sum(axis=1) / np.maximum(samples - 1, 1)
        spreads = np.maximum(np.sqrt(variances), policy.least_spread)
        columns = [column.tolist() for column in (places, values, expected, spreads, samples)]
        return [
            (place, _reading(value, mean, spread, policy.threshold, count, weeks=0))
            for place, value, mean, spread, count in zip(*columns, strict=True)
        ]

    def _may_be_unusual(
        self,
        seen: npt.NDArray[np.float64],
        values: npt.NDArray[np.float64],
        samples: npt.NDArray[np.int64],
    ) -> npt.NDArray[np.bool_]:
        """Tell which values are far enough from the mean, were their spread the least there is.

        Running sums tell it at a fraction of what the spreads take, and round more.
        """
        policy = self._policy
        least = policy.threshold * policy.least_spread
        if np.ptp(seen) <= least:  # as in most zones: nothing in it is farther from a mean
            return np.zeros(len(values), np.bool_)
        sums = np.concatenate([[0.0], np.cumsum(seen)])
        ends = policy.window + np.arange(len(values))
        means = (sums[ends] - sums[ends - policy.window]) / np.maximum(samples, 1)
        rounded = 1e-9 * float(np.abs(seen).sum())
        return np.asarray(np.abs(values - means) > least - rounded, np.bool_)


class WeeklyScore:
    """Each value against those of the same weekday and hour of the weeks before.

    Nine o'clock is nine o'clock in summer time, too: the hour is that of the site's zone. The one
    that comes twice when summer time ends is compared twice; the one that is left out in spring is
    missed by nobody. Median and median absolute deviation are used, which a holiday, or an hour
    when the camera was down, among the weeks before does not move.
    """

    def __init__(
        self,
        zone: tzinfo,
        policy: WeeklyPolicy = WeeklyPolicy(),
    ) -> None:
        """Begin; `zone` is the site's time zone."""
        self._zone = zone
        self._policy = policy
        self._slots: dict[tuple[int, int], _Slot] = {}

    def update(self, at: datetime, value: float) -> Reading | None:
        """Take the value of the bucket that begins at `at`; buckets come in order of time.

        Returns how unusual it is, or None as long as there are too few weeks of that hour.
        """
        local = at.astimezone(self._zone)
        key = local.weekday(), local.hour
        slot = self._slots.get(key)
        if slot is None:
            slot = self._slots[key] = _Slot(local.date(), deque(maxlen=self._policy.weeks))
        elif slot.date != local.date():
            slot.days.append(slot.today)
            before = [value for values in slot.days for value in values]
            slot.date, slot.today = local.date(), []
            slot.usual = usual_of(before, len(slot.days), self._policy)
        slot.today.append(value)
        if slot.usual is None:
            return None
        return slot.usual.reading(value, self._policy)


class Usual(NamedTuple):
    """What is expected of an hour, how far from it values usually are; of how many, and weeks."""

    expected: float
    spread: float
    samples: int
    weeks: int

    def reading(self, value: float, policy: WeeklyPolicy) -> Reading:
        """Return how unusual a value is."""
        return _reading(
            value, self.expected, self.spread, policy.threshold, self.samples, weeks=self.weeks
        )


def usual_of(before: Sequence[float], weeks: int, policy: WeeklyPolicy) -> Usual | None:
    """Return what one expects after the values of days before, a week or more apart.

    None: they are of too few weeks.
    """
    if weeks < policy.least_weeks:
        return None
    expected = median(before)
    deviation = median(abs(value - expected) for value in before)
    spread = max(_NORMAL_MAD * deviation, policy.least_spread)
    if policy.counts:
        spread = max(spread, sqrt(max(expected, 0.0)))
    return Usual(expected, spread * sqrt(1 + _OF_MEDIAN / weeks), len(before), weeks)


@dataclass(slots=True)
class _Slot:
    """An hour of a weekday: its values on the latest day, those of days before, what they tell."""

    date: date
    days: deque[list[float]]
    today: list[float] = field(default_factory=list)
    usual: Usual | None = None


def _reading(
    value: float, expected: float, spread: float, threshold: float, samples: int, *, weeks: int
) -> Reading:
    score = (value - expected) / spread
    return Reading(value, expected, spread, score, samples, weeks, abs(score) > threshold)
