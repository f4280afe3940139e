"""How long to wait before trying again."""

from random import Random


class Backoff:
    """Waits that double up to a cap, each drawn evenly from nothing to its bound.

    "Full jitter" (Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015): many
    cameras behind one failed switch do not come back in step.
    """

    def __init__(self, *, first_s: float, cap_s: float, random: Random) -> None:
        """Start with waits of up to `first_s` seconds; none will be longer than `cap_s`."""
        if not 0 < first_s <= cap_s:
            raise ValueError(f"expected 0 < first_s <= cap_s, got {first_s} and {cap_s}")
        self._first_s = first_s
        self._cap_s = cap_s
        self._random = random
        self._bound_s = first_s

    def next_s(self) -> float:
        """Return how many seconds to wait now."""
        wait = self._random.uniform(0, self._bound_s)
        self._bound_s = min(self._cap_s, 2 * self._bound_s)
        return wait

    def reset(self) -> None:
        """Note a success: the next wait is a short one again."""
        self._bound_s = self._first_s
