import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis_ray.domain.recognition import proposals
from genesis_ray.domain.recognition.impostors import ImpostorTail
from genesis_ray.domain.recognition.proposals import Proposal, mergeable, propose

TAIL = ImpostorTail(start=0.4, share=1e-3, scale=0.05)


def turned(*degrees: float) -> np.ndarray:
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def pairs(found) -> list[tuple[str, str]]:
    return [(each.one, each.other) for each in found]


def proposal(one: str, other: str, risk: float = 0) -> Proposal:
    return Proposal(one, other, 0.9, risk)


def test_people_who_are_too_alike_are_proposed_the_surest_first():
    people = {"ann": turned(0), "ben": turned(30), "cat": turned(180), "dan": turned(185)}
    assert pairs(propose(people, TAIL, most_risk=1e-3)) == [("cat", "dan"), ("ann", "ben")]


def test_the_two_most_alike_templates_count():
    people = {"ann": turned(0, 80), "ben": turned(170, 85)}
    (found,) = propose(people, TAIL, most_risk=1)
    assert found.similarity == pytest.approx(np.cos(np.radians(5)), abs=1e-5)


def test_the_risk_grows_with_all_that_each_is_compared_with():
    few = propose({"ann": turned(0), "ben": turned(10)}, TAIL, most_risk=1)
    many = propose(
        {"ann": turned(0), "ben": turned(10), "cat": turned(180, 181, 182)}, TAIL, most_risk=1
    )
    assert few[0].risk == pytest.approx(TAIL.chance(few[0].similarity))
    assert many[0].risk == pytest.approx(4 * few[0].risk, rel=1e-3)


def test_a_higher_risk_is_not_taken():
    people = {"ann": turned(0), "ben": turned(30)}
    risk = propose(people, TAIL, most_risk=1)[0].risk
    assert propose(people, TAIL, most_risk=risk * 1.01)
    assert not propose(people, TAIL, most_risk=risk * 0.99)


@pytest.mark.parametrize("products", [1, 8])
def test_compared_a_part_at_a_time_it_is_the_same(products, monkeypatch):
    people = {f"{angle:03}": turned(angle, angle + 1) for angle in range(0, 180, 7)}
    at_once = propose(people, TAIL, most_risk=1)
    monkeypatch.setattr(proposals, "_PRODUCTS_AT_ONCE", products)
    assert propose(people, TAIL, most_risk=1) == at_once


def test_who_cannot_be_one_is_not_proposed():
    people = {"ann": turned(0), "ben": turned(1)}
    cannot = {frozenset(("ben", "ann"))}
    assert propose(people, TAIL, most_risk=1, cannot=cannot) == []


def test_of_nobody_and_of_one_nothing_is_proposed():
    assert propose({}, TAIL, most_risk=1) == []
    assert propose({"ann": turned(0, 1)}, TAIL, most_risk=1) == []


@given(st.lists(st.lists(st.floats(0, 360), min_size=1, max_size=3), max_size=6))
def test_no_pair_is_overlooked(faces):
    people = {str(number): turned(*degrees) for number, degrees in enumerate(faces)}
    found = {each.pair for each in propose(people, TAIL, most_risk=1e-4)}
    for one in people:
        for other in people:
            if one < other:
                similarity = float((people[one] @ people[other].T).max())
                others = sum(len(each) for each in people.values())
                comparisons = max(len(people[x]) * (others - len(people[x])) for x in (one, other))
                risk = TAIL.risk(similarity, comparisons)
                if abs(risk - 1e-4) > 1e-7:
                    assert (frozenset((one, other)) in found) == (risk < 1e-4)


def test_merges_that_would_bring_two_together_who_cannot_be_one_are_left_out():
    proposals = [proposal("ann", "ben"), proposal("ben", "cat"), proposal("cat", "dan")]
    cannot = {frozenset(("ann", "cat"))}
    made = mergeable(proposals, most_risk=1, cannot=cannot)
    assert pairs(made) == [("ann", "ben"), ("cat", "dan")]


def test_who_is_one_already_by_other_merges_is_not_merged_again():
    proposals = [proposal("ann", "ben"), proposal("ben", "cat"), proposal("ann", "cat")]
    assert len(mergeable(proposals, most_risk=1, cannot=())) == 2


def test_only_what_is_sure_enough_is_merged():
    proposals = [proposal("ann", "ben", 1e-7), proposal("cat", "dan", 1e-5)]
    assert pairs(mergeable(proposals, most_risk=1e-6, cannot=())) == [("ann", "ben")]
