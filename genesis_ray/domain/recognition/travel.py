"""Travel times between cameras as people took them, and what they suggest for a topology."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

import numpy as np

ENOUGH = 20
"""Transitions below which nothing is suggested: of fewer, the quickest in 20 is not known."""

_QUICK, _SLOW = 0.05, 0.95
"""Quantiles that stand for the quickest and the slowest: one in twenty may be somebody else, or
somebody who went for a coffee, without a say."""

_SLACK = 1.25
"""Beyond the quantiles, for those who were not seen: people hurry, and people dawdle."""

_OFTEN = 0.2
"""Share of transitions with both cameras seeing somebody at once that makes views overlap."""


class Transition(NamedTuple):
    """Somebody's way from one camera to the next; below 0 where both saw them at once."""

    origin: str
    destination: str
    seconds: float

    def at_true_times(self, offset_of: Callable[[str], timedelta]) -> "Transition":
        """Return it as it took, by how much each camera's times are later than it was."""
        apart = offset_of(self.destination) - offset_of(self.origin)
        return self._replace(seconds=self.seconds - apart.total_seconds())


@dataclass(frozen=True, slots=True)
class TravelTimes:
    """How long people took from one camera to another.

    Attributes:
        seconds: Of each time, rising.
        at_once: How often both cameras saw somebody at the same time.
    """

    origin: str
    destination: str
    seconds: tuple[float, ...]
    at_once: int

    @property
    def count(self) -> int:
        """How often somebody went."""
        return len(self.seconds)

    @property
    def quick(self) -> float:
        """Seconds that all but one in twenty take at least; NaN where nobody went."""
        return self.quantile(_QUICK, "lower")

    @property
    def slow(self) -> float:
        """Seconds that all but one in twenty take at most; NaN where nobody went."""
        return self.quantile(_SLOW, "higher")

    @property
    def median(self) -> float:
        """Seconds that half of them take at most; NaN where nobody went."""
        return self.quantile(0.5, "lower")

    def quantile(self, share: float, method: str) -> float:
        """Return a quantile of the seconds, one that was measured."""
        if not self.seconds:
            return math.nan
        return float(np.quantile(self.seconds, share, method=method))  # type: ignore[call-overload]


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestedPassage:
    """A way that people were seen to go, and the times to allow for it."""

    between: tuple[str, str]
    min_s: float
    max_s: float
    one_way: bool
    count: int
    median_s: float


@dataclass(frozen=True, slots=True)
class SuggestedTopology:
    """What was learned, to be looked at by somebody.

    Attributes:
        overlapping: Pairs of cameras that often saw somebody at the same time.
        too_few: What was seen too seldom to say anything.
    """

    passages: tuple[SuggestedPassage, ...]
    overlapping: tuple[tuple[str, str], ...]
    too_few: tuple[TravelTimes, ...]


def travel_times(transitions: Iterable[Transition], *, tolerance: timedelta) -> list[TravelTimes]:
    """Gather transitions by origin and destination; `tolerance` is what clocks may be apart."""
    at_once_below = -tolerance.total_seconds()
    seconds: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    for each in transitions:
        seconds[each.origin, each.destination].append(each.seconds)
    return [
        TravelTimes(
            origin,
            destination,
            tuple(sorted(max(0.0, each) for each in own if each >= at_once_below)),
            sum(each < at_once_below for each in own),
        )
        for (origin, destination), own in sorted(seconds.items())
    ]


def suggest(times: Sequence[TravelTimes], *, enough: int = ENOUGH) -> SuggestedTopology:
    """Return the topology that travel times suggest, of pairs with `enough` transitions."""
    by_pair = {(each.origin, each.destination): each for each in times}
    passages: list[SuggestedPassage] = []
    overlapping: list[tuple[str, str]] = []
    too_few: list[TravelTimes] = []
    for pair in sorted({(min(pair), max(pair)) for pair in by_pair}):
        own = [by_pair[way] for way in (pair, pair[::-1]) if way in by_pair]
        counts = sum(each.count for each in own), sum(each.at_once for each in own)
        known = [each for each in own if each.count >= enough]
        if sum(counts) >= enough and counts[1] >= _OFTEN * sum(counts):
            overlapping.append(pair)
            continue
        if known:
            passages.append(_passage(known))
        too_few += [each for each in own if each not in known]
    return SuggestedTopology(tuple(passages), tuple(overlapping), tuple(too_few))


def _passage(ways: Sequence[TravelTimes]) -> SuggestedPassage:
    """Return one passage for what was learned of a way in one or both of its directions."""
    seconds = sorted(each for way in ways for each in way.seconds)
    return SuggestedPassage(
        between=(ways[0].origin, ways[0].destination),
        min_s=math.floor(min(way.quick for way in ways) / _SLACK * 10) / 10,
        max_s=float(math.ceil(max(way.slow for way in ways) * _SLACK)),
        one_way=len(ways) == 1,
        count=len(seconds),
        median_s=float(np.median(seconds)),
    )
