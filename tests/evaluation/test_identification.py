from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as example_settings
from hypothesis import strategies as st

from genesis_ray.errors import ConfigurationError
from genesis_ray.evaluation.identification import Estimate, OpenSet, Searches

FPIRS = (0.003, 0.01, 0.1)
A_AND_B = ["a", "a", "b", "b", "stranger"]


def faces(*angles):
    return np.array([[np.cos(a), np.sin(a)] for a in np.deg2rad(angles)], np.float32)


def crowd(seed, *, spread, people=40, strangers=60):
    """Two faces of everybody, one of each stranger."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(people, 1, 16))
    pairs = (centres + spread * random.normal(size=(people, 2, 16))).reshape(-1, 16)
    vectors = np.concatenate([pairs, random.normal(size=(strangers, 16))]).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    names = [f"{i // 2}" for i in range(2 * people)] + [f"stranger {i}" for i in range(strangers)]
    return vectors, names


def searched(vectors, names, *, enroll=1, seeds=20, resamples=100):
    return OpenSet(names, enroll=enroll).search(vectors, seeds=seeds, resamples=resamples)


def test_people_far_apart_are_all_found():
    people = OpenSet(A_AND_B)
    searches = people.search(faces(0, 5, 90, 95, 45))
    assert searches.rank1 == 1.0
    assert all(searches.fnir_at_fpir(fpir) == Estimate(0, 0, 0) for fpir in FPIRS)
    assert np.cos(np.deg2rad(45)) < searches.threshold_at_fpir(0.01) + 1e-6
    assert (people.enrolled, people.mated, people.non_mated) == (2, 2, 1)


def test_a_stranger_nearer_than_oneself_makes_a_miss():
    searches = searched(faces(0, 40, 180, 185, 20), A_AND_B, seeds=50)
    assert searches.fnir_at_fpir(0.01).value == 0.5
    assert searches.rank1 == 1.0


def test_a_score_at_the_threshold_is_a_miss_and_no_alarm():
    searches = searched(faces(0, 0, 90, 90, 45), A_AND_B)
    itself = float(faces(0)[0] @ faces(0)[0])
    assert searches.fnir_at(itself).value == 1.0
    assert searches.fnir_at(np.nextafter(np.float32(itself), np.float32(0))).value == 0.0
    assert searches.fpir_at(searches.threshold_at_fpir(0)).value == 0.0


def test_an_embedder_to_whom_all_are_equal_finds_nobody():
    searches = searched(faces(0, 0, 0, 0, 0), A_AND_B)
    assert searches.rank1 == 0.0
    assert searches.fnir_at(-1.0).value == 1.0


def test_of_several_templates_the_best_counts():
    people = OpenSet(["a", "a", "a", "b", "b", "b", "c", "c"], enroll=2)
    assert (people.enrolled, people.mated, people.non_mated) == (2, 2, 2)
    searches = people.search(faces(0, 60, 60, 180, 240, 240, 120, 300))
    assert searches.fnir_at(0.499).value == 0.0  # the two templates of `a` are never both far
    assert searches.fpir_at(0.499).value == 1.0  # `c` is 60 degrees from one of each
    assert searches.fpir_at(0.501).value == 0.0


def test_whoever_has_as_many_pictures_as_are_enrolled_is_a_stranger():
    people = OpenSet([*"aaaa", *"bbb", *"cc", "d"], enroll=3)
    assert (people.enrolled, people.mated, people.non_mated) == (1, 1, 6)


def test_a_face_not_found_is_missed_as_a_probe_and_as_a_template():
    vectors = faces(0, 5, 90, 95, 45)
    vectors[0] = np.nan
    searches = searched(vectors, A_AND_B)
    assert searches.fnir_at(-1.0).value == 0.5
    assert searches.rank1 == 0.5


def test_a_template_not_found_leaves_the_others():
    vectors = faces(0, 0, 0, 90)
    vectors[0] = np.nan
    searches = searched(vectors, ["a", "a", "a", "stranger"], enroll=2)
    as_a_probe = sum(
        np.random.default_rng(seed).permutation([0, 1, 2])[2] == 0 for seed in range(20)
    )
    assert searches.fnir_at(0.5).value == pytest.approx(as_a_probe / 20)


def test_a_stranger_without_a_face_raises_no_alarm():
    vectors = faces(0, 5, 90, 95, 2)
    vectors[4] = np.nan
    searches = searched(vectors, A_AND_B)
    assert searches.fpir_at(-1.0).value == 0.0
    assert searches.threshold_at_fpir(0.01) == -np.inf


def test_the_same_seeds_give_the_same_galleries():
    vectors, names = crowd(1, spread=1.0)
    one, again = (searched(vectors, names, seeds=3).fnir_at_fpir(0.1) for _ in range(2))
    assert one == again


def test_more_people_make_a_narrower_interval():
    few, many = (
        searched(*crowd(1, spread=0.8, people=n, strangers=n), seeds=3).fnir_at(0.6)
        for n in (20, 400)
    )
    assert 0 < many.high - many.low < 0.6 * (few.high - few.low)


def test_pictures_of_one_person_are_no_independent_evidence():
    own = np.repeat(np.array([0.9, 0.1], np.float32), 50)  # of each half all are alike
    other, alarm = np.zeros(100, np.float32), np.zeros(1, np.float32)

    def width(person):
        searches = Searches(own=own, other=other, mated=person, alarm=alarm, non_mated=np.zeros(1))
        estimate = searches.fnir_at(0.5)
        return estimate.high - estimate.low

    assert width(np.arange(100)) < 0.25
    assert width(np.repeat([0, 1], 50)) == 1.0


@pytest.mark.parametrize(
    ("names", "enroll", "said"),
    [
        (["a", "b", "c"], 1, "nobody has 2 pictures, 1 to enrol and one to look for"),
        (["a", "a", "a", "b"], 3, "nobody has 4 pictures"),
        ([], 1, "nobody has 2 pictures"),
        (["a", "a", "b", "b"], 1, "no strangers, as everybody has more than 1"),
        (A_AND_B, 0, "at least 1 picture enrolled a person, got 0"),
    ],
)
def test_both_kinds_of_people_are_needed(names, enroll, said):
    with pytest.raises(ConfigurationError, match=said):
        OpenSet(names, enroll=enroll)


few_examples = example_settings(max_examples=10)
seeds = st.integers(0, 1000)


@few_examples
@given(seeds, st.lists(st.floats(-1, 1, width=32), min_size=2, max_size=2))
def test_a_higher_threshold_never_misses_fewer_nor_lets_more_in(seed, thresholds):
    searches = searched(*crowd(seed, spread=1.0), seeds=2)
    low, high = sorted(thresholds)
    assert searches.fnir_at(low).value <= searches.fnir_at(high).value
    assert searches.fpir_at(low).value >= searches.fpir_at(high).value


@few_examples
@given(seeds)
def test_more_false_alarms_allowed_mean_no_more_misses(seed):
    searches = searched(*crowd(seed, spread=1.0), seeds=2)
    strict, middle, loose = (searches.fnir_at_fpir(fpir).value for fpir in FPIRS)
    assert strict >= middle >= loose


@few_examples
@given(seeds, st.sampled_from([0.0, 0.003, 0.01, 0.1, 0.5]))
def test_the_threshold_of_a_rate_lets_no_more_strangers_in(seed, fpir):
    searches = searched(*crowd(seed, spread=1.0), seeds=2)
    assert searches.fpir_at(searches.threshold_at_fpir(fpir)).value <= fpir


@few_examples
@given(seeds, st.integers(1, 3))
def test_perfect_embeddings_miss_nobody(seed, enroll):
    order = np.random.default_rng(seed).permutation(30)
    person = order % 6  # five faces of each
    names = [f"{who}" for who in person] + ["stranger"]
    vectors = np.eye(7, dtype=np.float32)[[*person, 6]]
    searches = searched(vectors, names, enroll=enroll, seeds=3)
    assert searches.rank1 == 1.0
    assert searches.fnir_at_fpir(0.003) == Estimate(0, 0, 0)


@few_examples
@given(seeds)
def test_the_order_of_probes_changes_nothing(seed):
    random = np.random.default_rng(seed)
    own, other, alarm = random.choice(np.linspace(0, 1, 20, dtype=np.float32), (3, 50))
    mated, non_mated = random.integers(10, size=(2, 50))
    m, n = random.permutation(50), random.permutation(50)
    searches = partial(Searches, resamples=100)
    one = searches(own=own, other=other, mated=mated, alarm=alarm, non_mated=non_mated)
    same = searches(
        own=own[m], other=other[m], mated=mated[m], alarm=alarm[n], non_mated=non_mated[n]
    )
    assert one.rank1 == same.rank1
    assert one.fnir_at_fpir(0.1) == same.fnir_at_fpir(0.1)


@few_examples
@given(seeds, st.floats(0.3, 1.5), st.sampled_from(FPIRS))
def test_the_interval_contains_the_value(seed, spread, fpir):
    searches = searched(*crowd(seed, spread=spread, people=10, strangers=10), seeds=2)
    for estimate in (searches.fnir_at_fpir(fpir), searches.fpir_at(0.6)):
        assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1
