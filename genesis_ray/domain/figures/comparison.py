"""How a figure compares with that of the period before, and what may be said of it."""

from dataclasses import dataclass
from math import sqrt

LEAST_FOR_SHARE = 20
"""What is counted, or what a mean or quantile is taken of, before it is compared in percent: from
4 to 6 is no rise by half."""

_USUAL = 2.0
"""Standard deviations that two counts of people who come independently (Poisson) may differ by."""


@dataclass(frozen=True, slots=True)
class Change:
    """From the period before to this one.

    Attributes:
        difference: In the unit of the figure.
        share: Of the figure before; None where that is of too few.
        is_within_chance: Whether two counts differ no more than equal crowds would by chance;
            None of what is no count.
    """

    difference: float
    share: float | None
    is_within_chance: bool | None


def count_change(now: int, before: int) -> Change:
    """Compare two counts."""
    difference = now - before
    return Change(
        difference,
        difference / before if before >= LEAST_FOR_SHARE else None,
        abs(difference) <= _USUAL * sqrt(now + before),
    )


def value_change(now: float, before: float, *, of: int, of_before: int) -> Change | None:
    """Compare two means or quantiles of so many values; None: one of them is of too few."""
    if min(of, of_before) < LEAST_FOR_SHARE:
        return None
    return Change(now - before, (now - before) / before if before else None, None)
