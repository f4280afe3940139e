import numpy as np
import pytest

from genesis_ray.errors import ConfigurationError
from genesis_ray.evaluation.calibration import (
    ImpostorScores,
    PairsOfPeople,
    by_f_beta,
    by_fpir,
    camera_offsets,
    people_of,
)
from genesis_ray.evaluation.identification import Searches


def pairs_of(same: list[float], different: list[float]) -> PairsOfPeople:
    """Pairs of which each is of people of its own."""
    one = np.arange(len(same))
    two = len(same) + np.arange(2 * len(different)).reshape(-1, 2)
    return PairsOfPeople(
        similarity=np.array(same + different),
        same=np.arange(len(same) + len(different)) < len(same),
        people=np.concatenate([np.column_stack([one, one]), two]).astype(np.int64),
    )


def brute_force(pairs: PairsOfPeople, threshold: float, beta: float) -> float:
    passes = pairs.similarity >= threshold
    right = (passes & pairs.same).sum()
    if not right:
        return 0.0
    precision, recall = right / passes.sum(), right / pairs.same.sum()
    return (1 + beta**2) * precision * recall / (beta**2 * precision + recall)


def test_where_the_kinds_are_apart_the_threshold_is_amid_the_gap():
    chosen = by_f_beta(pairs_of([0.7, 0.8, 0.9], [0.1, 0.2, 0.3]), beta=0.5)
    assert chosen.threshold.value == pytest.approx(0.5, abs=0.006)
    assert (chosen.f_beta, chosen.precision, chosen.recall) == (1, 1, 1)
    assert chosen.threshold.low <= chosen.threshold.value <= chosen.threshold.high


@pytest.mark.parametrize("beta", [0.5, 1, 2])
def test_no_other_threshold_has_a_higher_f_beta(beta):
    rng = np.random.default_rng(7)
    pairs = pairs_of(rng.normal(0.6, 0.15, 200).tolist(), rng.normal(0.3, 0.15, 200).tolist())
    chosen = by_f_beta(pairs, beta=beta, resamples=1)
    assert chosen.f_beta == pytest.approx(brute_force(pairs, chosen.threshold.value, beta))
    others = [brute_force(pairs, step * 0.005, beta) for step in range(191)]
    assert chosen.f_beta == pytest.approx(max(others))


def test_a_low_beta_asks_for_more_likeness_than_a_high_one():
    rng = np.random.default_rng(7)
    pairs = pairs_of(rng.normal(0.6, 0.15, 200).tolist(), rng.normal(0.3, 0.15, 200).tolist())
    strict, mild = (by_f_beta(pairs, beta=beta, resamples=1).threshold.value for beta in (0.5, 2))
    assert strict > mild + 0.05


def test_a_kind_of_pair_that_is_missing_is_said():
    with pytest.raises(ConfigurationError, match="one kind is missing"):
        by_f_beta(pairs_of([0.8], []), beta=0.5)


def test_pictures_are_one_persons_where_pairs_say_so_through_others():
    people = people_of([("a", "b", True), ("c", "b", True), ("a", "x", False), ("y", "x", False)])
    ((a, b), (c, again), (_, x), (y, _)) = people.tolist()
    assert a == b == c == again
    assert len({a, x, y}) == 3


def test_the_threshold_of_an_fpir_keeps_out_the_stranger_it_is_to_keep_out():
    alarm = np.linspace(0.1, 0.6, 200).astype(np.float32)
    searches = Searches(
        own=np.array([0.9], np.float32),
        other=np.array([0.1], np.float32),
        mated=np.array([0]),
        alarm=alarm,
        non_mated=np.arange(200),
    )
    threshold = by_fpir(searches, fpir=0.01, strangers=200)
    assert (alarm >= threshold.value).sum() == 2
    assert threshold.low <= threshold.value <= threshold.high
    with pytest.raises(ConfigurationError, match=r"0\.001 takes 1,000 pictures of strangers"):
        by_fpir(searches, fpir=0.001, strangers=200)


def seen(mean: float, *, people: int = 40, faces: int = 10, seed: int = 0) -> ImpostorScores:
    rng = np.random.default_rng(seed)
    return ImpostorScores(
        rng.normal(mean, 0.05, people * faces), [f"p{n}" for n in range(people)] * faces
    )


def test_a_camera_whose_strangers_look_more_alike_asks_for_more():
    offsets = camera_offsets({"door": seen(0.2), "hall": seen(0.2, seed=1), "till": seen(0.3)})
    assert offsets["till"].is_sure
    difference = offsets["till"].offset.value - offsets["door"].offset.value
    assert difference == pytest.approx(0.1, abs=0.02)


def test_cameras_that_see_the_same_differ_by_no_more_than_chance():
    offsets = camera_offsets({f"camera-{n}": seen(0.2, seed=n) for n in range(4)}, resamples=200)
    assert not any(each.is_sure for each in offsets.values())


@pytest.mark.parametrize("little", [seen(0.4, people=9, faces=50), seen(0.4, people=30, faces=3)])
def test_of_a_camera_that_saw_little_nothing_is_said(little):
    offset = camera_offsets({"door": seen(0.2), "till": little})["till"]
    assert offset.offset is None
    assert not offset.is_sure
    assert (offset.faces, offset.people) == (len(little.people), len(set(little.people)))
