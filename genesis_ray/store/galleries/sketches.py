"""Short sketches of templates, by which those worth comparing are found among very many."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from genesis_ray.processors import usable_cores
from genesis_ray.store.keys.templates import Embeddings

_BITS = 512
"""A row is then as long as a line of a processor's cache."""

_WORDS = _BITS // 64

_HEAD_WORDS = 3
"""Signs of which differing ones are counted in all rows: 192, so that a count fits into a byte."""

_TAIL = 50
"""One row in so many, of those whose heads differ least, has all its signs compared: of 3,000 faces
as alike as real ones, one was not among these though of a million it was most similar."""

_LEAST = 16
"""As many times the rows that are asked for, at least."""

_SEED = 640

_FACES_AT_ONCE = 8192
"""Bounds the memory that sketching takes, here 16 MiB."""

_ROWS_AT_ONCE = 1 << 15
"""Of a pass over heads, so that it stays in a core's own cache."""

_SAMPLED = 1 << 14
"""Rows that tell how much the heads of the nearest differ, where there are more."""

_Words = npt.NDArray[np.uint64]


class Sketches:
    """The signs that templates have in 512 directions, in the order of the templates.

    Two templates at an angle of a differ in about a / pi of these signs (Charikar, Similarity
    estimation techniques from rounding algorithms, 2002); with directions that are orthogonal to
    each other, as many as there are dimensions, this is less a matter of chance (Ji et al.,
    Super-bit locality-sensitive hashing, 2012). Signs that differ are counted forty times as
    quickly as templates are compared.

    The first of the signs are counted in all rows, the others where those are near. They lie apart,
    word by word, so that one pass over memory reads nothing else.

    Attributes:
        count: How many templates there are sketches of.
    """

    def __init__(self, dimension: int) -> None:
        self.count = 0
        self._directions = _directions(dimension)
        self._signs = np.empty((0, _WORDS), np.uint64)
        self._heads = np.empty((_HEAD_WORDS, 0), np.uint64)
        self._pool = ThreadPoolExecutor(usable_cores(), thread_name_prefix="sketches")

    def cover(self, templates: Embeddings) -> None:
        """Sketch those of all templates [n, dimension] that are new since the last time."""
        if len(templates) > len(self._signs):
            self._grow(max(len(templates), 2 * len(self._signs)))
        for start in range(self.count, len(templates), _FACES_AT_ONCE):
            some = self._of(templates[start : start + _FACES_AT_ONCE])
            self._signs[start : start + len(some)] = some
            self._heads[:, start : start + len(some)] = some[:, :_HEAD_WORDS].T
        self.count = len(templates)

    def replace(self, row: int) -> None:
        """Take the last sketch, whose template is now at `row`, for what was there."""
        self.count -= 1
        self._signs[row] = self._signs[self.count]
        self._heads[:, row] = self._heads[:, self.count]

    def nearest(self, embeddings: Embeddings, *, rows: int) -> list[npt.NDArray[np.intp]]:
        """Return, for each of the embeddings [n, dimension], rows whose signs differ least.

        In no order; as many as are asked for or, where there are fewer, all.
        """
        sketches = self._of(embeddings)
        if len(sketches) == 1:
            return [self._nearest(sketches[0], rows)]
        return list(self._pool.map(lambda sketch: self._nearest(sketch, rows), sketches))

    def _nearest(self, sketch: _Words, rows: int) -> npt.NDArray[np.intp]:
        some = self._with_near_heads(sketch, max(_LEAST * rows, self.count // _TAIL))
        if len(some) <= rows:
            return some
        differ = np.bitwise_count(self._signs.take(some, axis=0) ^ sketch)
        return some[np.argpartition(differ @ np.ones(_WORDS, np.float32), rows)[:rows]]

    def _with_near_heads(self, sketch: _Words, wanted: int) -> npt.NDArray[np.intp]:
        """Return about as many rows as are wanted, those whose heads differ least."""
        if wanted >= self.count:
            return np.arange(self.count)
        differ = self._differing_heads(sketch)
        sample = differ[:: max(1, self.count // _SAMPLED)]
        last = wanted * len(sample) // self.count
        return np.flatnonzero(differ <= np.partition(sample, last)[last])

    def _differing_heads(self, sketch: _Words) -> npt.NDArray[np.uint8]:
        """Return how many of the first signs differ, of every row."""
        differ = np.empty(self.count, np.uint8)
        word = np.empty(_ROWS_AT_ONCE, np.uint64)
        more = np.empty(_ROWS_AT_ONCE, np.uint8)
        for start in range(0, self.count, _ROWS_AT_ONCE):
            part = differ[start : start + _ROWS_AT_ONCE]
            part[:] = 0
            for own, theirs in zip(sketch, self._heads, strict=False):
                np.bitwise_xor(theirs[start : start + len(part)], own, out=word[: len(part)])
                np.bitwise_count(word[: len(part)], out=more[: len(part)])
                part += more[: len(part)]
        return differ

    def _grow(self, room: int) -> None:
        signs = np.empty((room, _WORDS), np.uint64)
        signs[: self.count] = self._signs[: self.count]
        heads = np.empty((_HEAD_WORDS, room), np.uint64)
        heads[:, : self.count] = self._heads[:, : self.count]
        self._signs, self._heads = signs, heads

    def _of(self, templates: Embeddings) -> _Words:
        """Return the sketches of templates [n, dimension] as [n, 8]."""
        return np.packbits(templates @ self._directions > 0, axis=1).view(np.uint64)


def _directions(dimension: int) -> npt.NDArray[np.float32]:
    """Return directions as columns, [dimension, 512], orthogonal in blocks."""
    chance = np.random.default_rng(_SEED)
    blocks = [
        np.linalg.qr(chance.standard_normal((dimension, dimension)))[0]
        for _ in range(-(-_BITS // dimension))
    ]
    return np.concatenate(blocks, axis=1)[:, :_BITS].astype(np.float32)
