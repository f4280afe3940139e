import pytest

from genesis_ray.analytics.journeys import journeys, zone_transitions
from genesis_ray.errors import ConfigurationError
from tests.hand_made import at, tables, visit

RANGE = {"since": at(0), "until": at(1000)}


def matrix(events, least_group=1):
    rows = zone_transitions(tables(events), **RANGE, least_group=least_group).to_pylist()
    return {(row["origin"], row["destination"]): row for row in rows}


def links(events, **how):
    rows = journeys(tables(events), **RANGE, **{"least_group": 1, **how}).to_pylist()
    return [(row["step"], row["origin"], row["destination"], row["visits"]) for row in rows]


TWO = [
    *visit(0, 90, "ada", ("shelf", "shelf", "till")),
    *visit(10, 50, "bob", ("shelf",)),
]


def test_moves_are_between_zones_that_follow_each_other():
    found = matrix(TWO)
    assert {pair: row["moves"] for pair, row in found.items() if row["moves"]} == {
        ("(enter)", "shelf"): 2, ("shelf", "till"): 1, ("shelf", "(leave)"): 1,
        ("till", "(leave)"): 1,
    }  # fmt: skip
    assert found["shelf", "till"]["share"] == 0.5
    assert found["till", "shelf"]["moves"] == 0


def test_people_are_fewer_than_moves_where_one_comes_again():
    found = matrix([*visit(0, 9, "ada", ("till",)), *visit(20, 29, "ada", ("till",))])
    assert (found["(enter)", "till"]["moves"], found["(enter)", "till"]["people"]) == (2, 1)


def test_links_of_journeys_have_their_step():
    assert links(TWO) == [
        (1, "(enter)", "shelf", 2), (2, "shelf", "(leave)", 1), (2, "shelf", "till", 1),
        (3, "till", "(leave)", 1),
    ]  # fmt: skip


def test_what_flows_into_a_node_flows_out_of_it():
    flows = links([*TWO, *visit(20, 30, "cyd", ("till", "shelf", "till"))])
    for step in (1, 2):
        into = {}
        for each in flows:
            if each[0] == step and each[2] != "(leave)":
                into[each[2]] = into.get(each[2], 0) + each[3]
        out = {}
        for each in flows:
            if each[0] == step + 1:
                out[each[1]] = out.get(each[1], 0) + each[3]
        assert into == out


def test_long_journeys_go_on_beyond_the_last_step():
    assert links(TWO, most_steps=2) == [
        (1, "(enter)", "shelf", 2), (2, "shelf", "(further)", 1), (2, "shelf", "(leave)", 1)
    ]  # fmt: skip
    with pytest.raises(ConfigurationError, match="at least 1 step"):
        links(TWO, most_steps=0)


def test_who_entered_no_zone_goes_straight_out():
    assert links(visit(0, 9)) == [(1, "(enter)", "(leave)", 1)]


def test_visits_that_are_not_over_or_began_outside_have_no_journey():
    assert links([*visit(0, None), *visit(-1, 9), *visit(1000, 1009)]) == []


def test_a_visit_that_ends_after_the_range_counts_in_full():
    assert links(visit(999, 5000, zones=("till",)))[0] == (1, "(enter)", "till", 1)


def test_few_people_are_withheld_and_cannot_be_had_by_subtraction():
    events = [
        each
        for number in range(20)
        for each in visit(number, number + 50, f"p{number}", ("a" if number < 12 else "b", "c"))
    ]
    events += visit(30, 40, "lone", ("a",))
    found = matrix(events, least_group=5)
    assert found["a", "(leave)"]["suppressed"]  # one person
    assert [found["a", "(leave)"][name] for name in ("moves", "people", "share")] == [None] * 3
    assert found["a", "c"]["suppressed"]  # else who came into a less these gives it away
    assert found["c", "(leave)"]["suppressed"]  # and so do all who left
    assert (found["b", "c"]["moves"], found["(enter)", "b"]["people"]) == (8, 8)
