"""Searches that will be wanted soon, done together."""

from collections.abc import Callable

import numpy as np

from genesis_ray.domain.recognition.identity import Candidate, Embedding
from genesis_ray.store.keys.templates import Embeddings

Search = Callable[[Embeddings, int], list[list[Candidate]]]
"""Embeddings [n, dimension] and a limit in; the nearest identities of each out."""


class Lookahead:
    """Looks for all faces that are expected when the first of them is asked for.

    What is answered is what a search would answer at that moment: when faces were added or
    removed, those still expected are looked for again. A search of many costs little more than
    one of few, and few faces bring a change.
    """

    def __init__(self, search: Search) -> None:
        self._search = search
        self._limit = 0
        self._expected: dict[bytes, Embedding] = {}
        self._found: dict[bytes, list[Candidate]] = {}

    def expect(self, embeddings: Embeddings, *, limit: int) -> None:
        """Look for these next [n, dimension], and for earlier ones no more."""
        self._limit = limit
        self._expected = {each.tobytes(): each for each in embeddings}
        self._found = {}

    def outdate(self) -> None:
        """Forget what was found, as faces were added or removed."""
        self._found = {}

    def take(self, embedding: Embedding, *, limit: int) -> list[Candidate]:
        """Return who is nearest to an embedding, expected or not."""
        key = embedding.tobytes()
        if limit != self._limit or key not in self._expected:
            return self._search(embedding[None], limit)[0]
        if key not in self._found:
            together = np.stack(list(self._expected.values()))
            found = self._search(together, limit)
            self._found = dict(zip(self._expected, found, strict=True))
        del self._expected[key]
        return self._found.pop(key)
