"""What workers died of: an actor, whose process loads neither Ray Data nor models for that."""

from collections import Counter


class Attempts:
    """Where workers say what they look at, so that is known of what they died."""

    def __init__(self) -> None:
        self._begun: set[int] = set()
        self._deaths: Counter[int] = Counter()

    def begin(self, place: int) -> int:
        """Note that a photo is being looked at; return how many died while they did."""
        if place in self._begun:
            self._deaths[place] += 1
        self._begun.add(place)
        return self._deaths[place]

    def end(self, place: int) -> None:
        """Note that a photo was looked at."""
        self._begun.discard(place)
