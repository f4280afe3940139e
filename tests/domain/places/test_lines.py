from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from genesis_ray.domain.clocks.schedules import Schedule, Window
from genesis_ray.domain.places.geometry import Point
from genesis_ray.domain.places.lines import Line, LineCounter, LineCrossing

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
DOOR = Line("door", Point(0.5, 0.2), Point(0.5, 0.8))
"""Runs downwards, so that its right-hand side is the left of the picture."""
OUTDOORS, INDOORS, ON_THE_LINE = Point(0.8, 0.5), Point(0.2, 0.5), Point(0.5, 0.5)
BELOW = Point(0.8, 0.95), Point(0.2, 0.95)
"""Past the line's lower end, outdoors and indoors."""


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def walk(*positions: Point, settle_s: float = 1, fps: float = 1) -> list[LineCrossing]:
    counter = LineCounter([DOOR], settle=timedelta(seconds=settle_s))
    return [
        crossing
        for frame, position in enumerate(positions)
        for crossing in counter.update(at(frame / fps), {7: position})
    ]


def test_a_crossing_is_dated_from_the_step_over_the_line():
    assert walk(OUTDOORS, INDOORS, INDOORS) == [LineCrossing("door", 7, "in", at(1))]


def test_the_way_back_is_out():
    crossings = walk(OUTDOORS, INDOORS, INDOORS, OUTDOORS, OUTDOORS)
    assert [(c.direction, c.at) for c in crossings] == [("in", at(1)), ("out", at(3))]


def test_dithering_over_the_line_makes_no_crossing_until_it_ends():
    assert walk(*[OUTDOORS, INDOORS] * 10, fps=2.5) == []
    crossings = walk(*[OUTDOORS, INDOORS] * 10, INDOORS, INDOORS, INDOORS, fps=2.5)
    assert [c.direction for c in crossings] == ["in"]


def test_who_walks_past_the_end_of_the_line_does_not_cross_it():
    assert walk(OUTDOORS, *BELOW, INDOORS, INDOORS) == []


def test_who_came_round_the_end_can_go_back_over_the_line():
    crossings = walk(OUTDOORS, *BELOW, INDOORS, INDOORS, OUTDOORS, OUTDOORS)
    assert [c.direction for c in crossings] == ["out"]


def test_stopping_on_the_line_is_not_yet_crossing_it():
    assert walk(OUTDOORS, ON_THE_LINE, ON_THE_LINE, ON_THE_LINE, OUTDOORS, OUTDOORS) == []


def test_going_on_from_the_line_to_the_other_side_crosses_it():
    crossings = walk(OUTDOORS, ON_THE_LINE, INDOORS, INDOORS)
    assert crossings == [LineCrossing("door", 7, "in", at(2))]


def test_somebody_first_seen_behind_the_line_has_not_crossed_it():
    assert walk(INDOORS, INDOORS, INDOORS) == []


steps = st.lists(st.floats(0.01, 0.99).map(lambda x: Point(x, 0.5)), min_size=1, max_size=80)
WALL = Line("wall", Point(0.5, -1), Point(0.5, 2))


@given(steps, st.sampled_from([OUTDOORS, INDOORS]), st.sampled_from([0, 0.5, 2]))
def test_ins_less_outs_is_where_somebody_ended_less_where_they_began(way, last, settle_s):
    counter = LineCounter([WALL], settle=timedelta(seconds=settle_s))
    positions = [*way, *[last] * 10]  # so that the last move settles
    directions = [
        crossing.direction
        for n, position in enumerate(positions)
        for crossing in counter.update(at(n / 4), {7: position})
    ]
    indoors = [position.x < 0.5 for position in positions if position.x != 0.5]
    assert directions.count("in") - directions.count("out") == indoors[-1] - indoors[0]
    assert all(one != following for one, following in pairwise(directions))


@given(st.lists(st.builds(Point, st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=40))
def test_ins_less_outs_is_the_net_of_the_steps_between_the_lines_ends(positions):
    net = 0
    for before, after in pairwise(positions):
        assume(0.5 not in (before.x, after.x))
        if (before.x < 0.5) != (after.x < 0.5):
            y = before.y + (0.5 - before.x) * (after.y - before.y) / (after.x - before.x)
            assume(min(abs(y - 0.2), abs(y - 0.8)) > 1e-6)
            net += (1 if after.x < 0.5 else -1) if 0.2 < y < 0.8 else 0
    directions = [crossing.direction for crossing in walk(*positions, settle_s=0)]
    assert directions.count("in") - directions.count("out") == net


@given(steps, st.sampled_from([0, 0.5, 2]))
def test_a_line_the_other_way_round_swaps_in_and_out(positions, settle_s):
    back = Line("wall", WALL.end, WALL.start)
    counters = [LineCounter([line], settle=timedelta(seconds=settle_s)) for line in (WALL, back)]
    there, other = (
        [c for n, p in enumerate(positions) for c in counter.update(at(n / 4), {7: p})]
        for counter in counters
    )
    swapped = {"in": "out", "out": "in"}
    assert [(swapped[c.direction], c.at) for c in there] == [(c.direction, c.at) for c in other]


@pytest.mark.parametrize("fps", [2, 5, 25])
def test_crossings_do_not_depend_on_frame_rate(fps):
    positions = [INDOORS if 2 <= frame / fps < 5 else OUTDOORS for frame in range(8 * fps + 1)]
    crossings = walk(*positions, fps=fps)
    assert [(c.direction, c.at) for c in crossings] == [("in", at(2)), ("out", at(5))]


def test_a_finished_track_is_forgotten():
    counter = LineCounter([DOOR], settle=timedelta())
    counter.update(at(0), {7: OUTDOORS})
    counter.close(7)
    assert counter.update(at(1), {7: INDOORS}) == []


def test_tracks_and_lines_are_told_apart():
    shelf = Line("shelf", Point(0, 0.3), Point(1, 0.3))
    counter = LineCounter([DOOR, shelf], settle=timedelta())
    counter.update(at(0), {1: OUTDOORS, 2: Point(0.8, 0.1)})
    assert counter.update(at(1), {1: INDOORS, 2: Point(0.8, 0.5)}) == [
        LineCrossing("door", 1, "in", at(1)),
        LineCrossing("shelf", 2, "in", at(1)),
    ]


BAND = 0.1
WIDE = replace(WALL, line_id="wide", band=BAND)
within = st.lists(
    st.floats(-0.9, 0.9).map(lambda share: Point(0.5 + share * BAND, 0.5)), max_size=60
)
"""Places within the band, on both sides of the line."""


def over(line: Line, positions, *, settle_s: float = 0.5, fps: float = 4) -> list[LineCrossing]:
    counter = LineCounter([line], settle=timedelta(seconds=settle_s))
    return [c for n, p in enumerate(positions) for c in counter.update(at(n / fps), {7: p})]


@given(within, st.sampled_from([0, 0.5, 3]), st.sampled_from([0.5, 4, 25]))
def test_who_dithers_on_the_line_is_counted_once_however_long(dithering, settle_s, fps):
    there = [OUTDOORS, *dithering, *[INDOORS] * 100]
    assert [c.direction for c in over(WIDE, there, settle_s=settle_s, fps=fps)] == ["in"]


@given(within, st.sampled_from([0, 0.5, 3]))
def test_who_dithers_on_the_line_and_goes_back_is_not_counted(dithering, settle_s):
    assert over(WIDE, [OUTDOORS, *dithering, *[OUTDOORS] * 20], settle_s=settle_s) == []


@given(within, within)
def test_who_was_counted_and_dithers_again_is_counted_again_only_when_gone_back(one, other):
    settled = [INDOORS] * 5
    there = [OUTDOORS, *settled, *one, *settled, *other, *[OUTDOORS] * 5]
    assert [c.direction for c in over(WIDE, there)] == ["in", "out"]


def test_a_crossing_of_a_band_is_dated_from_the_last_step_over_the_line():
    near, beyond = Point(0.45, 0.5), Point(0.55, 0.5)
    (crossing,) = over(WIDE, [OUTDOORS, near, beyond, near, near, near, INDOORS], fps=1)
    assert crossing.at == at(3)


def test_the_band_is_measured_across_the_line_whichever_way_it_runs():
    sloping = Line("slope", Point(0, 0), Point(1, 1), band=0.1)
    away = [Point(0.5 + across, 0.5 - across) for across in (0.2, -0.06, -0.06, -0.08, -0.08)]
    crossings = over(sloping, away, fps=1)
    assert [c.at for c in crossings] == [at(1)]  # 0.06 * sqrt(2) is in the band, 0.08 is not
    assert over(sloping, away[:3], fps=1) == []


@given(steps, st.sampled_from([0, 0.02, 0.2]), st.sampled_from([0, 0.5, 2]))
def test_ins_and_outs_alternate_whatever_the_band(way, band, settle_s):
    directions = [c.direction for c in over(replace(WALL, band=band), way, settle_s=settle_s)]
    assert all(one != following for one, following in pairwise(directions))


@given(st.lists(st.tuples(st.sampled_from([0.2, 0.47, 0.53, 0.8]), st.integers(1, 6)), min_size=1))
def test_any_walk_gives_the_same_counts_at_any_frame_rate_that_sees_it(walk):
    places = [Point(x, 0.5) for x, quarters in walk for _ in range(quarters)]
    slow = over(WIDE, places)
    assert slow == over(WIDE, [place for place in places for _ in range(5)], fps=20)


def test_a_line_may_settle_in_a_time_of_its_own():
    slow = replace(DOOR, line_id="slow", settle=timedelta(seconds=3))
    counter = LineCounter([DOOR, slow], settle=timedelta(seconds=1))
    told = [
        (second, crossing.line_id)
        for second, position in enumerate([OUTDOORS, *[INDOORS] * 5])
        for crossing in counter.update(at(second), {7: position})
    ]
    assert told == [(2, "door"), (4, "slow")]


def test_outside_of_its_hours_a_line_counts_nobody_and_knows_who_is_where():
    morning = Schedule((Window(frozenset(range(7)), 9 * 60, 9 * 60 + 1),), UTC)
    counter = LineCounter([replace(DOOR, hours=morning)], settle=timedelta(seconds=1))
    way = {-9: OUTDOORS, -8: INDOORS, -7: INDOORS, 0: INDOORS, 9: OUTDOORS, 11: OUTDOORS}
    way |= {58: INDOORS, 60: INDOORS, 70: OUTDOORS, 72: OUTDOORS}
    told = [c for second, place in way.items() for c in counter.update(at(second), {7: place})]
    assert [(c.direction, c.at) for c in told] == [("out", at(9)), ("in", at(58))]
