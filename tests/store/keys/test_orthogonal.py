import hashlib

import numpy as np
import pytest

from genesis_ray.store.keys.orthogonal import orthogonal_matrix

SEED = bytes(range(32))


@pytest.mark.parametrize(
    ("dimension", "digest"),
    [
        (2, "b546c8db8f91a85d5888e1fb7aa71a17ec8f38e42379ff58c795e2abce3cb509"),
        (16, "fa2da8b1c64de804e950c213c129c3c89acaae6fcca580f8aa3716e109553443"),
        (640, "d6328c19e0435ea0350bf8a2d4a4bbeb5b2232703fe90f136a9f03a99115f9fd"),
    ],
)
def test_the_bits_are_those_that_galleries_were_made_with(dimension, digest):
    matrix = orthogonal_matrix(SEED, dimension)
    assert hashlib.sha256(matrix.astype("<f4").tobytes()).hexdigest() == digest


@pytest.mark.parametrize("dimension", [1, 2, 3, 16, 128])
def test_rows_are_orthonormal_but_for_rounding(dimension):
    matrix = orthogonal_matrix(SEED, dimension).astype(np.float64)
    assert np.abs(matrix @ matrix.T - np.eye(dimension)).max() < 1e-7


def test_another_seed_gives_a_matrix_that_has_nothing_to_do_with_it():
    one, other = (orthogonal_matrix(bytes([n] * 32), 128) for n in (1, 2))
    assert np.abs(one @ other.T).max() < 0.5  # elements of a random one: a deviation of 0.09


def test_no_direction_is_preferred():
    """The elements have the spread, and the products the sizes, of a uniformly random matrix."""
    matrices = np.stack([orthogonal_matrix(bytes([n] * 32), 16) for n in range(200)])
    assert np.abs(matrices.mean(axis=0)).max() < 5 / (16 * 200) ** 0.5
    assert np.allclose((matrices**2).mean(axis=0), 1 / 16, atol=0.04)
    assert {round(np.linalg.det(one)) for one in matrices} == {-1, 1}
