"""Short sketches of templates, by which those worth comparing are found among very many."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from genesis_ray.processors import usable_cores
from genesis_ray.store.templates import Embeddings

_BITS = 512
"""A row is then as long as a line of a processor's cache."""

_SEED = 640

_FACES_AT_ONCE = 8192
"""Bounds the memory that sketching takes, here 16 MiB."""

_PART = 200_000
"""So many sketches and more are worth a thread."""

_MOST_THREADS = 4
"""After that memory is what they wait for."""


class Sketches:
    """The signs that templates have in 512 directions, in the order of the templates.

    Two templates at an angle of a differ in about a / pi of these signs (Charikar, Similarity
    estimation techniques from rounding algorithms, 2002); with directions that are orthogonal to
    each other, as many as there are dimensions, this is less a matter of chance (Ji et al.,
    Super-bit locality-sensitive hashing, 2012). Signs that differ are counted forty times as
    quickly as templates are compared.

    Attributes:
        count: How many templates there are sketches of.
    """

    def __init__(self, dimension: int) -> None:
        self.count = 0
        self._directions = _directions(dimension)
        self._bits = np.empty((0, _BITS // 8), np.uint8)
        self._threads = min(_MOST_THREADS, usable_cores())
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="sketches")

    def cover(self, templates: Embeddings) -> None:
        """Sketch those of all templates [n, dimension] that are new since the last time."""
        if len(templates) > len(self._bits):
            room = np.empty((max(len(templates), 2 * len(self._bits)), _BITS // 8), np.uint8)
            room[: self.count] = self._bits[: self.count]
            self._bits = room
        for start in range(self.count, len(templates), _FACES_AT_ONCE):
            some = templates[start : start + _FACES_AT_ONCE]
            self._bits[start : start + len(some)] = self._of(some)
        self.count = len(templates)

    def replace(self, row: int) -> None:
        """Take the last sketch, whose template is now at `row`, for what was there."""
        self.count -= 1
        self._bits[row] = self._bits[self.count]

    def nearest(self, embeddings: Embeddings, *, rows: int) -> list[npt.NDArray[np.intp]]:
        """Return, for each of the embeddings [n, dimension], the rows whose signs differ least."""
        probes = self._of(embeddings)
        if len(probes) > 1:  # each by a thread of OpenCV's
            return list(_nearest(probes, self._bits[: self.count], rows)[1])
        parts = max(1, min(self._threads, self.count // _PART))
        edges = [self.count * part // parts for part in range(parts + 1)]
        found = self._pool.map(
            lambda start, end: _nearest(probes, self._bits[start:end], rows), edges[:-1], edges[1:]
        )
        differ, places = zip(*found, strict=True)
        order = np.argsort(np.concatenate(differ, axis=1)[0], kind="stable")[:rows]
        among_all = [own[0] + start for own, start in zip(places, edges[:-1], strict=True)]
        return [np.concatenate(among_all)[order]]

    def _of(self, templates: Embeddings) -> npt.NDArray[np.uint8]:
        return np.packbits(templates @ self._directions > 0, axis=1)


def _nearest(
    probes: npt.NDArray[np.uint8], sketches: npt.NDArray[np.uint8], rows: int
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.intp]]:
    """Return how many signs differ and which rows those are, [probes, rows], the least first."""
    import cv2  # who has few faces never loads it

    differ, places = cv2.batchDistance(
        probes, sketches, cv2.CV_32S, normType=cv2.NORM_HAMMING, K=min(rows, len(sketches))
    )
    return differ, places.astype(np.intp)


def _directions(dimension: int) -> npt.NDArray[np.float32]:
    """Return directions as columns, [dimension, 512], orthogonal in blocks."""
    chance = np.random.default_rng(_SEED)
    blocks = [
        np.linalg.qr(chance.standard_normal((dimension, dimension)))[0]
        for _ in range(-(-_BITS // dimension))
    ]
    return np.concatenate(blocks, axis=1)[:, :_BITS].astype(np.float32)
