"""How often an index finds whom an exact search would: some searches are done both ways."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf

from genesis_ray.domain.identity import Candidate

_log = logging.getLogger(__name__)

_PART_OF_TIME = 0.02
"""That exact searches may take; one of a million faces takes seconds."""

_TIE = 1e-6
"""Far below what tells two people apart: whichever of them is found is right."""


@dataclass(frozen=True, slots=True)
class Recall:
    """What came of the searches that were done both ways.

    Attributes:
        samples: How many there were.
        first: Those whose most similar identity was found.
        wanted: Identities that exact searches gave.
        found: How many of them the index gave too.
    """

    samples: int = 0
    first: int = 0
    wanted: int = 0
    found: int = 0


class RecallSampler:
    """Does some searches again, exactly, in a thread of its own, one at a time.

    Attributes:
        recall: What came of it until now.
    """

    def __init__(self) -> None:
        self.recall = Recall()
        self._thread: threading.Thread | None = None
        self._next_at = -inf

    def offer(self, found: Sequence[Candidate], exact: Callable[[], list[Candidate]]) -> None:
        """Do this search again if it is time to; `exact` is called in another thread."""
        if time.monotonic() < self._next_at:
            return
        self._next_at = inf  # until the thread is done
        self._thread = threading.Thread(target=self._compare, args=(tuple(found), exact))
        self._thread.start()

    def settle(self) -> None:
        """Wait until the search that is under way is over."""
        if self._thread:
            self._thread.join()

    def _compare(self, found: Sequence[Candidate], exact: Callable[[], list[Candidate]]) -> None:
        begun = time.monotonic()
        try:
            self.recall = compared(self.recall, found, exact())
        except (OSError, RuntimeError, ValueError) as error:  # what LanceDB raises
            _log.warning("a search could not be done again: %s", error)
        finally:
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
