"""How often something that fails is tried again, and how long after."""

from collections.abc import Sequence

DELAYS_S = (1.0, 5.0, 15.0)
"""Before each further attempt: what is over soon is over by then, and what is not is no fluke."""


class Attempts:
    """Counts the failures of one thing without a success between them."""

    def __init__(self, delays_s: Sequence[float] = DELAYS_S) -> None:
        self._delays_s = delays_s
        self.failures = 0

    def failed(self) -> float | None:
        """Note a failure; return how many seconds to wait before the next attempt, None: none."""
        self.failures += 1
        place = self.failures - 1
        return self._delays_s[place] if place < len(self._delays_s) else None

    def succeeded(self) -> None:
        """Note a success: the next failure is the first one again."""
        self.failures = 0
