import numpy as np
import pytest

from genesis_ray.evaluation.identification import open_set


def faces(*angles):
    return np.array([[np.cos(a), np.sin(a)] for a in np.deg2rad(angles)], np.float32)


def test_people_far_apart_are_all_found():
    score = open_set(faces(0, 5, 90, 95, 45), ["a", "a", "b", "b", "stranger"])
    assert score.rank1 == 1.0
    assert score.fnir == {0.003: 0.0, 0.01: 0.0, 0.1: 0.0}
    assert np.cos(np.deg2rad(45)) < score.threshold[0.01] + 1e-6
    assert (score.enrolled, score.mated, score.strangers) == (2, 2, 1)


def test_a_stranger_nearer_than_oneself_makes_a_miss():
    score = open_set(faces(0, 40, 180, 185, 20), ["a", "a", "b", "b", "stranger"], galleries=50)
    assert score.fnir[0.01] == 0.5
    assert score.rank1 == 1.0


def test_more_false_alarms_allowed_mean_fewer_misses():
    random = np.random.default_rng(1)
    people = random.normal(size=(50, 1, 16)) + 0.7 * random.normal(size=(50, 2, 16))
    crowd = np.concatenate([people.reshape(100, 16), random.normal(size=(100, 16))])
    crowd /= np.linalg.norm(crowd, axis=1, keepdims=True)
    names = [str(i // 2) for i in range(100)] + [f"stranger {i}" for i in range(100)]
    score = open_set(crowd, names)
    assert score.fnir[0.003] >= score.fnir[0.01] >= score.fnir[0.1] > 0
    assert score.threshold[0.003] >= score.threshold[0.01] >= score.threshold[0.1]


def test_a_face_not_found_is_missed():
    vectors = faces(0, 5, 90, 95, 45)
    vectors[[0, 1]] = np.nan
    score = open_set(vectors, ["a", "a", "b", "b", "stranger"])
    assert score.fnir[0.01] == 0.5
    assert score.rank1 == 0.5


def test_the_same_seed_gives_the_same_galleries():
    vectors, names = faces(0, 40, 90, 100, 45), ["a", "a", "b", "b", "stranger"]
    assert open_set(vectors, names, galleries=3) == open_set(vectors, names, galleries=3)


@pytest.mark.parametrize("names", [["a", "a", "b", "b"], ["a", "b", "c", "d"]])
def test_both_kinds_of_people_are_needed(names):
    with pytest.raises(ValueError, match="people with several faces and people with one"):
        open_set(faces(0, 10, 20, 30), names)
