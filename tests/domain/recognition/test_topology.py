from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis_ray.domain.recognition.topology import NO_TOPOLOGY, Passage, Sight, Topology, Verdict

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def sight(camera: str, since: float, until: float, track: int = 1) -> Sight:
    return Sight(camera, track, NINE + seconds(since), NINE + seconds(until))


def way(origin: str, destination: str, least: float, greatest: float | None = None, **more):
    greatest = None if greatest is None else seconds(greatest)
    return Passage(
        origin=origin, destination=destination, least=seconds(least), greatest=greatest, **more
    )


def both_ways(one: str, other: str, least: float) -> list[Passage]:
    return [way(one, other, least), way(other, one, least)]


SHOP = Topology([way("door", "till", 8, 60), way("till", "door", 8, 60)])
AT_DOOR = sight("door", 0, 10)


@pytest.mark.parametrize(
    ("since", "verdict"),
    [
        (70.6, Verdict("late")),
        (70.5, Verdict("in-time")),
        (17.5, Verdict("in-time")),
        (17.4, Verdict(refusal="too-soon")),
        (9.5, Verdict(refusal="too-soon")),
        (9.4, Verdict(refusal="elsewhere-now")),
    ],
)
def test_nobody_is_there_sooner_than_the_way_takes_give_or_take_the_clocks(since, verdict):
    assert SHOP.judge(AT_DOOR, sight("till", since, since + 20)) == verdict


TWO_HOUSES = Topology(
    overlapping=[("door", "hall")], apart=[("door", "till", "hall"), ("gate", "ramp")]
)


@pytest.mark.parametrize("here", ["gate", "ramp"])
def test_nobody_is_at_two_cameras_at_once_that_are_said_to_be_apart(here):
    for seen, later in ((AT_DOOR, sight(here, 5, 20)), (sight(here, 5, 20), AT_DOOR)):
        assert TWO_HOUSES.judge(seen, later) == Verdict(refusal="elsewhere-now")
        assert NO_TOPOLOGY.judge(seen, later) == Verdict()


@pytest.mark.parametrize("since", [9.5, 10.5, 3600])
def test_how_long_the_way_is_between_cameras_that_are_apart_is_not_known(since):
    assert TWO_HOUSES.judge(AT_DOOR, sight("gate", since, since + 9)) == Verdict()


def test_of_cameras_of_one_group_nothing_is_known_nor_of_those_in_none():
    for camera in ("till", "yard"):
        assert TWO_HOUSES.judge(AT_DOOR, sight(camera, 5, 20)) == Verdict()
        assert TWO_HOUSES.is_silent_on("door", camera)
    assert TWO_HOUSES.judge(AT_DOOR, sight("hall", 5, 20)) == Verdict("overlapping-views")


def test_what_is_learned_of_two_cameras_counts_where_nothing_is_said():
    at_till = sight("till", 5, 20)
    assert TWO_HOUSES.judge(AT_DOOR, at_till, are_apart=True).refusal == "elsewhere-now"
    assert TWO_HOUSES.judge(AT_DOOR, sight("till", 11, 20), are_apart=True) == Verdict()
    assert TWO_HOUSES.judge(AT_DOOR, sight("hall", 5, 20), are_apart=True).refusal is None


def test_it_is_silent_where_nothing_follows_from_what_is_said():
    assert NO_TOPOLOGY.is_silent_on("door", "till")
    assert not NO_TOPOLOGY.is_silent_on("door", "door")
    assert not SHOP.is_silent_on("till", "door")
    assert SHOP.is_silent_on("till", "yard")
    assert not Topology(is_complete=True).is_silent_on("till", "yard")
    assert not any(TWO_HOUSES.is_silent_on("door", other) for other in ("hall", "gate"))


def test_the_gap_between_two_sights_is_below_0_while_both_last():
    assert SHOP.gap(AT_DOOR, sight("till", 12, 20)) == SHOP.gap(sight("till", 12, 20), AT_DOOR)
    assert SHOP.gap(AT_DOOR, sight("till", 12, 20)) == seconds(2)
    assert SHOP.gap(AT_DOOR, sight("till", 4, 20)) == seconds(-6)
    late = Topology(clock_offsets={"till": seconds(5)})
    assert late.gap(AT_DOOR, sight("till", 12, 20)) == seconds(-3)


def test_who_stayed_in_view_of_the_other_camera_meanwhile_is_elsewhere():
    assert SHOP.judge(AT_DOOR, sight("till", -60, 12)).refusal == "elsewhere-now"


def test_the_beginning_of_a_track_counts_and_not_how_long_it_waits():
    assert SHOP.judge(AT_DOOR, sight("till", 12, 600)).refusal == "too-soon"


def test_the_greatest_time_refuses_only_where_it_is_firm():
    lift = Topology([way("ground", "roof", 5, 60, is_firm=True)])
    seen = sight("ground", 0, 10)
    assert lift.judge(seen, sight("roof", 71, 80)).refusal == "too-late"
    assert lift.judge(seen, sight("roof", 70.5, 80)) == Verdict("in-time")
    assert SHOP.judge(AT_DOOR, sight("till", 3600, 3700)) == Verdict("late")


def test_where_nothing_is_said_everything_passes_but_to_be_twice_in_one_camera():
    assert NO_TOPOLOGY.judge(AT_DOOR, sight("till", 0, 10)) == Verdict()
    assert SHOP.judge(AT_DOOR, sight("yard", 0, 10)) == Verdict()
    assert NO_TOPOLOGY.judge(AT_DOOR, sight("door", 11, 12, track=2)) == Verdict("same-camera")
    twice = NO_TOPOLOGY.judge(AT_DOOR, sight("door", 5, 12, track=2))
    assert twice == Verdict(refusal="elsewhere-now")


def test_views_that_overlap_see_somebody_at_once():
    topology = Topology(overlapping=[("hall", "door")])
    assert topology.judge(AT_DOOR, sight("hall", 5, 6)) == Verdict("overlapping-views")


def test_adjacent_views_do_not_see_somebody_at_once():
    topology = Topology(both_ways("door", "till", 0))
    assert topology.judge(AT_DOOR, sight("till", 10, 20)) == Verdict("in-time")
    assert topology.judge(AT_DOOR, sight("till", 5, 20)).refusal == "elsewhere-now"


def test_who_was_here_first_and_then_there_may_be_the_same():
    topology = Topology(both_ways("door", "till", 0))
    assert topology.judge(sight("till", 10, 20), sight("door", 0, 10.2)) == Verdict("in-time")


def test_over_complete_ways_one_gets_as_quickly_as_over_others_or_not_at_all():
    ways = [*both_ways("a", "b", 5), *both_ways("b", "c", 5), way("c", "d", 5)]
    topology = Topology(ways, is_complete=True)
    assert topology.least("a", "c") == seconds(10)
    assert topology.judge(sight("a", 0, 1), sight("c", 10.4, 20)).refusal == "too-soon"
    assert topology.judge(sight("a", 0, 1), sight("c", 10.5, 20)) == Verdict("in-time")
    assert topology.judge(sight("a", 0, 1), sight("d", 10.5, 20)).refusal == "too-soon"
    assert topology.judge(sight("d", 0, 1), sight("a", 600, 620)).refusal == "not-connected"
    assert topology.judge(sight("a", 0, 1), sight("x", 600, 620)).refusal == "not-connected"


def test_of_incomplete_ways_a_pair_that_is_not_listed_is_unknown_though_others_lead_there():
    topology = Topology([*both_ways("a", "b", 5), *both_ways("b", "c", 5)])
    assert topology.least("a", "c") is None
    assert topology.judge(sight("a", 0, 1), sight("c", 1, 2)) == Verdict()


def test_ways_lead_through_views_that_overlap():
    topology = Topology([way("hall", "till", 7)], overlapping=[("door", "hall")], is_complete=True)
    assert topology.least("door", "till") == seconds(7)


def test_ways_that_contradict_each_other_are_read_in_favour_of_who_goes_them():
    topology = Topology([way("a", "c", 60), way("a", "b", 5), way("b", "c", 5)])
    assert topology.least("a", "c") == seconds(10)


def test_a_way_that_is_listed_in_one_direction_says_nothing_of_the_other():
    topology = Topology([way("door", "till", 8)])
    assert topology.judge(sight("till", 0, 10), sight("door", 11, 12)) == Verdict()


spans = st.tuples(st.floats(0, 100), st.floats(0, 100)).map(sorted)


@given(spans, spans, st.floats(0, 30), st.floats(-0.5, 0.5))
def test_what_an_error_of_the_clocks_explains_passes(seen, here, least, error):
    """Whoever really went there is let through, whatever their clocks say within the tolerance."""
    gone = here[0] - seen[1] >= least
    topology = Topology(both_ways("door", "till", least))
    shifted = sight("till", here[0] + error, here[1] + error)
    verdict = topology.judge(sight("door", *seen), shifted)
    assert not gone or verdict.refusal is None


@given(spans, spans, st.floats(0, 30))
def test_to_be_at_once_is_the_same_from_both_sides(one, other, least):
    topology = Topology(both_ways("door", "till", least))
    first, second = sight("door", *one), sight("till", *other)
    assert (topology.judge(first, second).refusal == "elsewhere-now") == (
        topology.judge(second, first).refusal == "elsewhere-now"
    )


@pytest.mark.parametrize("offset", [-20.0, -1.0, 0.3, 40.0])
def test_a_camera_whose_clock_is_known_to_be_off_is_judged_by_the_times_that_it_was(offset):
    known = Topology(
        [way("door", "till", 8, 60, is_firm=True), way("till", "door", 8, 60)],
        clock_offsets={"till": seconds(offset)},
    )
    sure = Topology([way("door", "till", 8, 60, is_firm=True), way("till", "door", 8, 60)])
    for since in (-40.0, 5.0, 9.45, 12.0, 17.4, 17.5, 70.5, 70.6):
        till = sight("till", since, since + 20)
        dated = sight("till", since + offset, since + offset + 20)
        assert known.judge(AT_DOOR, dated) == sure.judge(AT_DOOR, till)
        assert known.judge(dated, AT_DOOR) == sure.judge(till, AT_DOOR)
        assert known.gap(AT_DOOR, dated) == sure.gap(AT_DOOR, till)


def test_within_one_camera_its_clock_does_not_matter():
    off = Topology(clock_offsets={"door": seconds(100)})
    assert off.judge(AT_DOOR, sight("door", 11, 12, track=2)) == Verdict("same-camera")
