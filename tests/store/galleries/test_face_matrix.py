from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genesis_ray.store.galleries import face_matrix
from genesis_ray.store.galleries.face_matrix import FaceMatrix
from tests.store.some_keys import unit


@pytest.fixture
def faces() -> np.ndarray:
    return unit(7, 40, 16)


def ids(rows) -> list[str]:
    return [f"face {row}" for row in rows]


def test_nobody_is_near_where_there_is_nobody(faces):
    for probes in (faces[:1], faces[:2], faces):
        assert FaceMatrix(16).nearest(probes, limit=5) == [[]] * len(probes)


def test_identities_are_ranked_by_their_most_similar_face(faces):
    matrix = FaceMatrix(16)
    matrix.add(ids(range(40)), [f"person {row % 10}" for row in range(40)], faces)
    probe = unit(8, 1, 16)[0]
    best = {
        f"person {person}": float(np.vecdot(faces[person::10], probe).max()) for person in range(10)
    }
    expected = sorted(best.items(), key=lambda item: -item[1])
    (found,) = matrix.nearest(probe[None], limit=4)
    assert [tuple(each) for each in found] == expected[:4]
    assert len(matrix.nearest(probe[None], limit=100)[0]) == 10


def test_it_makes_no_difference_how_faces_came(faces):
    at_once, one_by_one = FaceMatrix(16), FaceMatrix(16)
    names = [f"person {row % 3}" for row in range(40)]
    at_once.add(ids(range(40)), names, faces)
    for row, name in enumerate(names):
        one_by_one.add(ids([row]), [name], faces[row, None])
    assert one_by_one.nearest(faces[5:7], limit=3) == at_once.nearest(faces[5:7], limit=3)
    assert (one_by_one.count, one_by_one.identity_ids()) == (40, at_once.identity_ids())
    assert one_by_one.faces_of("person 0") == 14
    assert one_by_one.faces_of("nobody") == 0


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 39), st.integers(0, 5), st.booleans()), max_size=80))
def test_after_any_changes_it_is_as_if_only_those_left_had_been_added(changes):
    faces = unit(7, 40, 16)
    changed = FaceMatrix(16)
    left: dict[int, str] = {}
    for row, person, is_added in changes:
        if is_added and row not in left:
            left[row] = f"person {person}"
            changed.add(ids([row]), [left[row]], faces[row, None])
        elif not is_added and row in left:
            del left[row]
            changed.remove(ids([row]))
    anew = FaceMatrix(16)
    anew.add(ids(left), list(left.values()), faces[list(left)])
    probes = unit(8, 3, 16)
    assert changed.nearest(probes, limit=4) == anew.nearest(probes, limit=4)
    faces_of = defaultdict(int)
    for name in left.values():
        faces_of[name] += 1
    assert {name: changed.faces_of(name) for name in changed.identity_ids()} == faces_of
    assert changed.count == len(left)
    expected = {
        name: {faces[row].tobytes() for row, owner in left.items() if owner == name}
        for name in set(left.values())
    }
    own = {name: changed.vectors_of([name]) for name in changed.identity_ids()}
    for found in (changed.by_identity(), own):
        assert {name: {each.tobytes() for each in own} for name, own in found.items()} == expected


def test_the_room_of_removed_faces_is_used_again(faces):
    matrix = FaceMatrix(16)
    matrix.add(ids(range(40)), [f"person {row}" for row in range(40)], faces)
    room = len(matrix._vectors)
    for number in range(40, 400):
        matrix.remove(ids([number - 40]))
        matrix.add(ids([number]), [f"person {number}"], faces[number % 40, None])
    assert (len(matrix._vectors), len(matrix._identity_ids), matrix.count) == (room, 40, 40)


def plainly_nearest(names, faces, probe, limit):
    """Return what every similarity, computed by itself, makes of it."""
    best = defaultdict(lambda: -2.0)
    for name, face in zip(names, faces, strict=True):
        best[name] = max(best[name], float(np.vecdot(face, probe)))
    return sorted(best.items(), key=lambda item: (-item[1], item[0]))[:limit]


@pytest.mark.parametrize("people", [3, 40, 2000])
@pytest.mark.parametrize("apart", [0.5, 1e-3, 1e-7, 0])
def test_the_shortlist_changes_no_bit_of_the_answer_however_close_faces_are(people, apart):
    chance = np.random.default_rng(people)
    middle = unit(1, 1, 640)
    near = middle + apart * unit(2, 2000, 640)
    faces = (near / np.linalg.norm(near, axis=1, keepdims=True)).astype(np.float32)
    names = [f"person {chance.integers(people)}" for _ in faces]
    matrix = FaceMatrix(640)
    matrix.add(ids(range(2000)), names, faces)
    probes = np.concatenate([faces[:3], unit(3, 2, 640)])
    for limit in (1, 5, 40):
        for probe, found in zip(probes, matrix.nearest(probes, limit=limit), strict=True):
            expected = plainly_nearest(names, faces, probe, limit)
            assert [tuple(each) for each in found] == expected


def test_many_embeddings_are_looked_for_a_part_at_a_time_with_the_same_answers(faces, monkeypatch):
    matrix = FaceMatrix(16)
    matrix.add(ids(range(40)), [f"person {row % 10}" for row in range(40)], faces)
    at_once = matrix.nearest(faces, limit=3)
    for limit in ("_PRODUCTS_AT_ONCE", "_SMALL"):
        monkeypatch.setattr(face_matrix, limit, 100)
        assert matrix.nearest(faces[:20], limit=3) == at_once[:20]
        assert matrix.nearest(faces, limit=3) == at_once
    assert [matrix.nearest(face[None], limit=3)[0] for face in faces] == at_once
