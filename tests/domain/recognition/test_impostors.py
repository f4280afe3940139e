import pytest

from genesis_ray.domain.recognition.impostors import ImpostorTail

TAIL = ImpostorTail(start=0.4, share=1e-3, scale=0.05)


def test_a_pair_is_the_rarer_the_more_alike_it_is():
    assert TAIL.chance(0.4) == pytest.approx(1e-3)
    assert TAIL.chance(0.45) == pytest.approx(1e-3 / 2.71828, rel=1e-4)


def test_below_its_start_the_tail_makes_no_promise():
    assert TAIL.chance(0.39) == 1
    assert TAIL.risk(0.39, 1) == 1


def test_the_risk_adds_up_over_comparisons_and_never_passes_one():
    assert TAIL.risk(0.9, 1000) == pytest.approx(1000 * TAIL.chance(0.9), rel=1e-3)
    assert TAIL.risk(0.4, 10**6) == pytest.approx(1)
    assert TAIL.risk(0.9, 0) == 0


@pytest.mark.parametrize("chance", [1e-3, 1e-5, 1e-9])
def test_a_similarity_is_found_by_its_chance(chance):
    assert TAIL.chance(TAIL.similarity(chance)) == pytest.approx(chance)


def test_no_chance_above_the_share_is_promised():
    assert TAIL.similarity(0.5) == pytest.approx(0.4)
