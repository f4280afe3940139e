import math

import numpy as np
import pytest

from genesis_ray.evaluation.verification import ScoredPairs, verify

NO_FACE = math.nan


def scored(same, different, set_name="a"):
    return ScoredPairs(
        similarity=np.array([*same, *different], float),
        same=np.array([True] * len(same) + [False] * len(different)),
        sets=[set_name] * (len(same) + len(different)),
    )


def joined(*parts):
    return ScoredPairs(
        similarity=np.concatenate([part.similarity for part in parts]),
        same=np.concatenate([part.same for part in parts]),
        sets=[name for part in parts for name in part.sets],
    )


def test_pairs_far_apart_are_all_told_rightly():
    score = verify(scored([0.8, 0.7, 0.9], [0.1, 0.2, 0.3]))
    assert score.accuracy == 1.0
    assert score.threshold == pytest.approx(0.5)


def test_a_pair_without_a_face_is_wrong_whichever_kind_it_is():
    score = verify(scored([0.8, 0.7, NO_FACE], [0.1, 0.2, 0.3, NO_FACE]))
    assert score.undetected == 2
    assert score.accuracy == pytest.approx(5 / 7)


def test_a_set_is_judged_at_the_threshold_of_the_others():
    strict = scored([0.9, 0.8], [0.6, 0.5], "strict")
    loose = scored([0.4, 0.3], [0.1, 0.0], "loose")
    score = verify(joined(strict, loose))
    # At 0.7 both loose pairs of one person are missed, at 0.2 both strict strangers are let in.
    assert score.sets["loose"].accuracy == 0.5
    assert score.sets["strict"].accuracy == 0.5
    assert score.accuracy == 0.5


def test_accuracy_is_the_share_of_all_pairs_where_sets_differ_in_size():
    large = scored([0.9] * 8, [0.1] * 8, "large")
    small = scored([0.0, 0.9], [0.1, 0.1], "small")
    score = verify(joined(large, small))
    assert score.sets["small"].accuracy == 0.75
    assert score.accuracy == pytest.approx(19 / 20)


def test_a_single_set_is_not_judged_at_a_threshold_of_its_own():
    similarity = np.random.default_rng(0).normal(size=400)
    chance = scored(similarity[:200], similarity[200:])
    own = np.mean((chance.similarity >= verify(chance).threshold) == chance.same)
    assert verify(chance).accuracy < own


def test_pairs_of_one_kind_only_are_judged_at_their_own_threshold():
    score = verify(scored([0.8, 0.7, 0.9], []))
    assert score.accuracy == 1.0
    assert math.isnan(score.tar_at_far[0.01])


def test_without_a_single_face_everything_is_wrong():
    score = verify(scored([NO_FACE] * 2, [NO_FACE]))
    assert (score.accuracy, score.threshold, score.undetected) == (0.0, None, 3)


def test_true_accept_rate_lets_in_no_more_than_the_false_accept_rate():
    strangers = np.linspace(0, 0.5, 1000)
    above_second, above_eleventh = strangers[-2] + 1e-6, strangers[-11] + 1e-6
    people = [0.9, above_second, above_eleventh, 0.0]
    score = verify(scored(people, strangers))
    assert score.tar_at_far == {0.01: 0.75, 0.001: 0.5}


def test_few_strangers_mean_that_none_is_let_in():
    assert verify(scored([0.9, 0.4], [0.5, 0.1])).tar_at_far[0.001] == 0.5


def test_a_face_not_found_is_never_accepted():
    assert verify(scored([0.9, NO_FACE], [0.5, 0.1])).tar_at_far[0.01] == 0.5


def test_equal_similarities_cannot_be_told_apart():
    score = verify(scored([0.5], [0.5, 0.5, 0.2]))
    assert score.threshold is not None
    assert not 0.2 < score.threshold <= 0.5


@pytest.mark.parametrize("shape", [(0, 0), (3, 2)])
def test_labels_of_another_number_are_refused(shape):
    similarities, labels = shape
    with pytest.raises(ValueError, match="as many labels"):
        ScoredPairs(np.zeros(similarities), np.zeros(labels, bool), ["a"] * similarities)
