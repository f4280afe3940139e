import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genesis_ray.store.galleries import sketches
from genesis_ray.store.galleries.face_matrix import FaceMatrix
from genesis_ray.store.galleries.sketches import Sketches
from tests.store.some_keys import unit


@pytest.mark.parametrize("dimension", [16, 128, 512, 640])
def test_signs_differ_by_the_angle_between_templates(dimension):
    one, other = unit(1, 2, dimension)
    across = other - (other @ one) * one
    across /= np.linalg.norm(across)
    angles = np.linspace(0, np.pi, 9)
    turned = (np.cos(angles)[:, None] * one + np.sin(angles)[:, None] * across).astype(np.float32)
    signs = Sketches(dimension)._of(np.concatenate([one[None], turned]))
    differ = np.bitwise_count(signs[0] ^ signs[1:]).sum(axis=1) / 512
    np.testing.assert_allclose(differ, angles / np.pi, atol=0.1)


def test_of_many_at_once_and_of_one_the_same_are_near(monkeypatch):
    monkeypatch.setattr(sketches, "_ROWS_AT_ONCE", 300)
    faces, probes = unit(1, 1000, 64), unit(2, 5, 64)
    many = Sketches(64)
    many.cover(faces)
    together = many.nearest(probes, rows=250)  # as many times that are all: none is passed over
    for probe, own in zip(probes, together, strict=True):
        (alone,) = many.nearest(probe[None], rows=250)
        differ = np.bitwise_count(many._of(faces) ^ many._of(probe[None])).sum(axis=1)
        for found in (own, alone):
            assert len(set(found)) == 250
            np.testing.assert_array_equal(np.sort(differ[found]), np.sort(differ)[:250])


def test_of_few_rows_those_whose_first_signs_differ_least_are_compared(monkeypatch):
    monkeypatch.setattr(sketches, "_ROWS_AT_ONCE", 300)
    faces = unit(1, 1000, 64)
    many = Sketches(64)
    many.cover(faces)
    (probe,) = many._of(unit(2, 1, 64))
    (found,) = many.nearest(unit(2, 1, 64), rows=5)
    signs = np.unpackbits(many._of(faces).view(np.uint8), axis=1)
    differing = signs != np.unpackbits(probe[None].view(np.uint8))
    heads, whole = differing[:, :192].sum(axis=1), differing.sum(axis=1)
    np.testing.assert_array_equal(many._differing_heads(probe), heads)
    compared = np.flatnonzero(heads <= np.sort(heads)[80])
    np.testing.assert_array_equal(np.sort(whole[found]), np.sort(whole[compared])[:5])


def test_faces_of_whom_all_are_alike_are_all_near():
    many = Sketches(16)
    many.cover(np.repeat(unit(1, 1, 16), 5000, axis=0))
    (found,) = many.nearest(unit(1, 1, 16), rows=8)
    assert len(set(found)) == 8


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 39), st.booleans(), st.booleans()), max_size=80))
def test_after_any_changes_it_is_as_if_only_those_left_had_been_added(changes):
    faces = unit(7, 40, 16)
    changed = FaceMatrix(16, exact_up_to=1)
    left: list[int] = []
    for row, is_added, is_searched in changes:
        if is_added and row not in left:
            left.append(row)
            changed.add([f"{row}"], [f"{row}"], faces[row, None])
        elif not is_added and row in left:
            left.remove(row)
            changed.remove([f"{row}"])
        if is_searched:
            changed.nearest(faces[:1], limit=1)
    if changed.is_sketched:
        changed.nearest(faces[:1], limit=1)
        own = changed._sketches
        own.cover(changed._vectors[: changed.count])
        expected = own._of(changed._vectors[: changed.count])
        np.testing.assert_array_equal(own._signs[: changed.count], expected)
        np.testing.assert_array_equal(own._heads[:, : changed.count], expected[:, :3].T)


def test_whoever_is_most_similar_is_among_those_compared():
    """Of people as alike as real ones: strangers by 0.07 +- 0.1, a person's own faces by 0.6."""
    crowd = unit(1, 20_000, 128)
    matrix = FaceMatrix(128, exact_up_to=1)
    matrix.add([f"{row}" for row in range(20_000)], [f"{row}" for row in range(20_000)], crowd)
    own = 0.6 * crowd[:200] + 0.8 * unit(2, 200, 128)
    probes = (own / np.linalg.norm(own, axis=1, keepdims=True)).astype(np.float32)
    found = [names[0].identity_id for names in matrix.nearest(probes, limit=3)]
    assert found == [f"{row}" for row in range(200)]
