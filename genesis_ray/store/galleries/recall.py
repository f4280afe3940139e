"""How often a search that may miss somebody finds whom an exact one does."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf

from genesis_ray.domain.recognition.identity import Candidate

_PART_OF_TIME = 0.01
"""That exact searches may take; one of a million faces takes a fifth of a second."""

_TIE = 1e-6
"""Far below what tells two people apart: whichever of them is found is right."""


@dataclass(frozen=True, slots=True)
class Recall:
    """What came of the searches that were done both ways.

    Attributes:
        samples: How many there were.
        first: Those whose most similar identity was found.
        wanted: Identities that exact searches gave.
        found: How many of them were found.
    """

    samples: int = 0
    first: int = 0
    wanted: int = 0
    found: int = 0


class RecallSampler:
    """Does some searches again, exactly.

    Attributes:
        recall: What came of it until now.
    """

    def __init__(self) -> None:
        self.recall = Recall()
        self._next_at = -inf

    def offer(self, found: Sequence[Candidate], exact: Callable[[], list[Candidate]]) -> None:
        """Do this search again by `exact` if it is time to."""
        begun = time.monotonic()
        if begun < self._next_at:
            return
        self.recall = compared(self.recall, found, exact())
        now = time.monotonic()
        self._next_at = now + (now - begun) / _PART_OF_TIME


def compared(before: Recall, found: Sequence[Candidate], exact: Sequence[Candidate]) -> Recall:
    """Return what has come of the samples with one more: identities found, and those there are."""
    if not exact:
        return before
    similarities = [each.similarity for each in found]
    last = similarities[-1] if len(found) >= len(exact) else -inf
    ids = {each.identity_id for each in found}
    both = sum(each.identity_id in ids or each.similarity <= last + _TIE for each in exact)
    best = similarities[0] if found else -inf
    return Recall(
        before.samples + 1,
        before.first + (best >= exact[0].similarity - _TIE),
        before.wanted + len(exact),
        before.found + both,
    )
