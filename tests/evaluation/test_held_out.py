import numpy as np
import pytest

from genesis_ray.evaluation.calibration import PairsOfPeople, by_f_beta, by_fpir
from genesis_ray.evaluation.held_out import f_beta_held_out, fpir_held_out
from genesis_ray.evaluation.identification import OpenSet


def pairs(people: int, *, gap: float, seed: int = 0) -> PairsOfPeople:
    """Two pairs of each person, and each with two others; likenesses are `gap` apart."""
    random = np.random.default_rng(seed)
    who = np.arange(people)
    same = np.column_stack([np.repeat(who, 2)] * 2)
    different = np.concatenate([np.column_stack([who, np.roll(who, by)]) for by in (1, 2, 3, 4)])
    similarity = random.normal(0.4, 0.1, len(same) + len(different))
    similarity[: len(same)] += gap
    return PairsOfPeople(
        similarity=similarity,
        same=np.arange(len(similarity)) < len(same),
        people=np.concatenate([same, different]),
    )


def crowd(people: int, strangers: int, *, spread: float = 0.4, seed: int = 0):
    """Two faces of everybody, one of each stranger: who they are, and their vectors."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(people, 1, 16))
    own = (centres + spread * random.normal(size=(people, 2, 16))).reshape(-1, 16)
    vectors = np.concatenate([own, random.normal(size=(strangers, 16))]).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return [f"{i // 2}" for i in range(2 * people)] + [f"s{i}" for i in range(strangers)], vectors


def test_on_others_a_threshold_does_worse_than_on_those_that_it_was_chosen_on():
    some = [pairs(40, gap=0.2, seed=seed) for seed in range(10)]
    own = [by_f_beta(each, beta=0.5, resamples=1).f_beta for each in some]
    others = [f_beta_held_out(each, beta=0.5).shares["f_beta"] for each in some]
    assert np.mean([each.value for each in others]) < np.mean(own) - 0.02
    assert all(each.low <= each.value <= each.high for each in others)


def test_of_many_people_others_fare_as_those_that_it_was_chosen_on():
    many = pairs(4000, gap=0.2)
    own = by_f_beta(many, beta=0.5, resamples=1)
    others = f_beta_held_out(many, beta=0.5)
    assert others.halves == 20
    assert others.shares["f_beta"].value == pytest.approx(own.f_beta, abs=0.01)
    assert others.shares["precision"].value == pytest.approx(own.precision, abs=0.03)


def test_a_person_is_never_in_both_halves():
    """Each person's own likeness is told by a mark of theirs: at it, no other person is right."""
    who = np.repeat(np.arange(40), 2)
    marked = PairsOfPeople(
        similarity=np.where(np.arange(80) % 2 == 0, 0.3 + who * 0.01, 0.3 + who * 0.01 - 0.005),
        same=np.arange(80) % 2 == 0,
        people=np.column_stack([who, who]),
    )
    everybody = by_f_beta(marked, beta=0.5, resamples=1)
    assert f_beta_held_out(marked, beta=0.5).shares["f_beta"].value < everybody.f_beta


def test_on_other_strangers_more_are_let_in_than_was_wanted_as_often_as_fewer():
    names, vectors = crowd(60, 400)
    everybody = OpenSet(names)
    searches = everybody.search(vectors, seeds=5, resamples=10)
    chosen = by_fpir(searches, fpir=0.05, strangers=everybody.non_mated)
    assert searches.fpir_at(chosen.value).value <= 0.05
    others = fpir_held_out(names, vectors, enroll=1, fpir=0.05).shares
    assert others["fpir"].low < 0.05 < others["fpir"].high
    assert others["fpir"].value == pytest.approx(0.05, abs=0.02)
    assert 0 < others["fnir"].value < 1


def test_halves_have_people_and_strangers_of_their_own(monkeypatch):
    """Faces of each half are seen by nobody else: those searched are all the faces there are."""
    names, vectors = crowd(40, 100)
    seen: list[set[str]] = []
    real = OpenSet.__init__

    def noted(self, identities, *, enroll):
        seen.append(set(identities))
        real(self, identities, enroll=enroll)

    monkeypatch.setattr(OpenSet, "__init__", noted)
    assert fpir_held_out(names, vectors, enroll=1, fpir=0.1).halves == 20
    assert len(seen) == 20
    for one, other in zip(seen[::2], seen[1::2], strict=True):
        assert not one & other
        assert one | other == set(names)
        assert {len(half) for half in (one, other)} == {70}
    assert len({frozenset(half) for half in seen}) == 20


@pytest.mark.parametrize(
    ("people", "strangers", "fpir"), [(19, 200, 0.05), (60, 19, 0.2), (60, 100, 0.01), (1, 1, 0.5)]
)
def test_of_too_few_people_nothing_is_told(people, strangers, fpir):
    names, vectors = crowd(people, strangers)
    assert fpir_held_out(names, vectors, enroll=1, fpir=fpir) is None


def test_of_strangers_without_a_face_nothing_is_told():
    names, vectors = crowd(60, 100)
    vectors[120:] = np.nan
    assert fpir_held_out(names, vectors, enroll=1, fpir=0.1) is None


@pytest.mark.parametrize("people", [1, 5, 19])
def test_of_too_few_pairs_nothing_is_told(people):
    assert f_beta_held_out(pairs(people, gap=0.2), beta=0.5) is None
