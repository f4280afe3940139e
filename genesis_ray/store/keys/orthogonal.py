"""A random orthogonal matrix from a seed: the same bits on every machine, today and in years.

A gallery is worth no more than this matrix, so nothing here may change with a library's version
or a processor: the stream is ChaCha20's, not a generator's of NumPy; the numbers drawn from it
are integers; and what follows are single additions, multiplications, divisions and roots in
float64, which IEEE 754 defines to the last bit, and no BLAS, whose sums depend on the processor
and the number of threads.
"""

import math

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import ChaCha20

_UNIFORMS = 16
"""Uniform numbers of 16 bits in the sum that stands for a normal one; its scale does not matter."""

_MEAN = _UNIFORMS * (2**16 - 1) // 2

_NO_NONCE = bytes(16)
"""A seed is used for one stream only."""


def orthogonal_matrix(seed: bytes, dimension: int) -> npt.NDArray[np.float32]:
    """Return float32 [dimension, dimension] with orthonormal rows, drawn by 32 bytes of seed.

    Householder reflections of growing size make one of the next size out of a matrix (Stewart
    1980): with normal numbers it is uniform over all orthogonal matrices. It takes a second at
    640 dimensions.
    """
    normals = _normals(seed, dimension * (dimension + 1) // 2)
    matrix = np.zeros((dimension, dimension))
    matrix[-1, -1] = _sign(normals[0])
    room, drawn = np.empty(dimension * dimension), 1
    for size in range(2, dimension + 1):
        vector = normals[drawn : drawn + size].copy()
        drawn += size
        sign = _sign(vector[0])
        vector[0] += sign * math.sqrt(_squares(vector))
        block = matrix[-size:, -size:]
        block[0, 0] = -sign
        work = room[: size * size].reshape(size, size)
        along = np.add.reduce(np.multiply(vector[:, None], block, out=work), axis=0)
        np.multiply((vector * (2 / _squares(vector)))[:, None], along, out=work)
        np.subtract(block, work, out=block)
    return matrix.astype(np.float32)


def _normals(seed: bytes, count: int) -> npt.NDArray[np.float64]:
    """Return whole numbers that are spread as normal ones are, about 0."""
    stream = Cipher(ChaCha20(seed, _NO_NONCE), mode=None).encryptor()
    uniforms = np.frombuffer(stream.update(bytes(2 * _UNIFORMS * count)), "<u2")
    sums = uniforms.reshape(count, _UNIFORMS).sum(axis=1, dtype=np.int64)
    normals: npt.NDArray[np.float64] = (sums - _MEAN).astype(np.float64)
    return normals


def _squares(vector: npt.NDArray[np.float64]) -> float:
    return math.fsum((vector * vector).tolist())


def _sign(number: float) -> float:
    return 1.0 if number >= 0 else -1.0
