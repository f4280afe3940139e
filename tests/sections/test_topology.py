from datetime import timedelta

import pytest
from pydantic import ValidationError

from genesis_ray.sections.topology import TopologySettings

WAY = {"between": ("door", "till"), "min_s": 8}


def problem(**values) -> str:
    with pytest.raises(ValidationError) as error:
        TopologySettings(**values)
    return str(error.value)


def test_nothing_is_said_unless_somebody_says_it():
    topology = TopologySettings().topology
    assert topology.least("door", "till") is None
    assert topology.tolerance == timedelta(seconds=0.5)


def test_a_passage_goes_both_ways_unless_it_is_one_way():
    two_ways = TopologySettings(passages=[WAY]).topology
    assert two_ways.least("door", "till") == two_ways.least("till", "door") == timedelta(seconds=8)
    one_way = TopologySettings(passages=[{**WAY, "one_way": True}]).topology
    assert one_way.least("door", "till") == timedelta(seconds=8)
    assert one_way.least("till", "door") is None


def test_each_direction_may_have_times_of_its_own():
    up = {"between": ("ground", "roof"), "min_s": 40, "max_s": 90, "one_way": True, "firm": True}
    down = {"between": ("roof", "ground"), "min_s": 30, "one_way": True}
    topology = TopologySettings(passages=[up, down]).topology
    passage = topology.passage("ground", "roof")
    assert (passage.greatest, passage.is_firm) == (timedelta(seconds=90), True)
    assert topology.passage("roof", "ground").greatest is None


def test_what_contradicts_itself_is_refused_with_both_values():
    assert "min_s 8 > max_s 5 of door <-> till" in problem(passages=[{**WAY, "max_s": 5}])
    assert "expected two cameras, got door twice" in problem(
        passages=[{"between": ("door", "door"), "min_s": 1}]
    )
    assert "max_s, which is not set for door <-> till" in problem(passages=[{**WAY, "firm": True}])
    assert "expected two cameras, got a and a" in problem(overlapping=[("a", "a")])
    assert "nobody travels between views that overlap" in problem(
        passages=[WAY], overlapping=[("till", "door")]
    )


def test_groups_that_are_apart_are_two_at_least_and_share_no_camera():
    assert "two groups of cameras or more, got one" in problem(apart=[["door", "till"]])
    assert "may stand in one group; repeated: till" in problem(apart=[["door", "till"], ["till"]])
    assert "door and till stand in overlapping and in two groups" in problem(
        apart=[["door"], ["till"]], overlapping=[("till", "door")]
    )
    assert "at least 1 item" in problem(apart=[["door"], []])


def test_groups_that_are_apart_reach_the_domain_and_their_cameras_have_to_be_there():
    section = TopologySettings(apart=[["door", "till"], ["gate"]], passages=[WAY])
    assert section.topology.are_apart("gate", "till")
    assert not section.topology.are_apart("door", "till")
    assert section.cameras == {"door", "till", "gate"}


@pytest.mark.parametrize(
    "again", [{}, {"one_way": True}, {"between": ("till", "door"), "one_way": True}]
)
def test_a_pair_stands_once(again):
    assert "repeated: " in problem(passages=[WAY, {**WAY, **again}])


def test_an_overlap_stands_once():
    assert "repeated: a and b" in problem(overlapping=[("a", "b"), ("b", "a")])


def test_cameras_are_all_that_are_named():
    section = TopologySettings(passages=[WAY], overlapping=[("hall", "yard")])
    assert section.cameras == {"door", "till", "hall", "yard"}


def test_what_a_clock_is_off_by_is_told_by_camera():
    settings = TopologySettings(clock_offsets_s={"till": 1.5, "yard": -2})
    assert settings.cameras == {"till", "yard"}
    offsets = [settings.topology.clock_offset(each).total_seconds() for each in ("till", "yard")]
    assert offsets == [1.5, -2]
    assert settings.topology.clock_offset("door") == timedelta(0)
    assert "clock_offsets_s.till" in problem(clock_offsets_s={"till": 100_000})
