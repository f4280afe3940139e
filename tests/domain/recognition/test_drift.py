import pickle
from itertools import pairwise

import pytest

from genesis_ray.domain.recognition.drift import Drift, DriftPolicy, MatchDrift

POLICY = DriftPolicy(window=10, drop=0.08)


def told(*similarities: float, policy=POLICY, camera="door", embedder="fused") -> list[Drift]:
    drift = MatchDrift(policy)
    changes = (drift.update(camera, embedder, each) for each in similarities)
    return [change for change in changes if change]


def test_the_window_and_the_drop_are_those_of_the_reference_system():
    assert (DriftPolicy().window, DriftPolicy().drop) == (10_000, 0.08)


def test_matches_that_are_as_alike_as_the_first_ones_are_no_drift():
    assert told(*[0.8, 0.84] * 30) == []


def test_matches_less_alike_than_the_first_window_by_more_than_the_drop_are_told_once():
    (change,) = told(*[0.8] * 10, *[0.7] * 30)
    assert change.state == "degraded"
    assert change.baseline == pytest.approx(0.8)
    assert change.mean == pytest.approx(0.71)


def test_a_fall_by_less_than_the_drop_is_not_told():
    assert told(*[0.8] * 10, *[0.73] * 50) == []


def test_a_camera_is_well_again_when_half_of_the_drop_is_made_up():
    changes = told(*[0.8] * 10, *[0.7] * 10, *[0.73] * 20, *[0.79] * 20)
    assert [each.state for each in changes] == ["degraded", "recovered"]
    assert changes[1].mean >= 0.76


def test_a_baseline_that_is_given_counts_from_the_first_full_window_on():
    given = DriftPolicy(window=10, drop=0.08, baseline=0.81)
    assert told(*[0.7] * 9, policy=given) == []
    (change,) = told(*[0.7] * 10, policy=given)
    assert change.baseline == 0.81


def test_cameras_are_followed_apart_and_another_embedder_begins_anew():
    drift = MatchDrift(POLICY)
    for camera, similarity in (("door", 0.8), ("till", 0.6)):
        assert not any(drift.update(camera, "fused", similarity) for _ in range(20))
    assert not any(drift.update("door", "sface", 0.5) for _ in range(20))
    levels = drift.levels()
    assert levels["door"].mean == pytest.approx(0.5)
    assert levels["till"].baseline == pytest.approx(0.6)
    assert not levels["door"].is_drifting


@pytest.mark.parametrize("window", [1, 7, 100, 250, 1000])
def test_the_mean_is_of_about_a_window_however_many_matches_there_were(window):
    drift = MatchDrift(DriftPolicy(window=window))
    for number in range(5 * window):
        drift.update("door", "fused", number)
    level = drift.levels()["door"]
    assert window <= level.matches <= window * 1.02 + 1
    assert level.mean == pytest.approx(5 * window - 1 - (level.matches - 1) / 2)


def test_what_is_remembered_of_a_large_window_is_little():
    drift = MatchDrift(DriftPolicy())
    sizes = []
    for _ in range(3):
        for number in range(10_000):
            drift.update("door", "fused", 0.8 + number % 7 / 100)
        sizes.append(len(pickle.dumps(drift)))
    assert max(sizes) < 4000
    assert all(after <= before + 100 for before, after in pairwise(sizes))
