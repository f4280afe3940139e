from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis_ray.domain.clocks.schedules import Schedule, Window
from genesis_ray.domain.places.geometry import Point, Polygon
from genesis_ray.domain.places.zones import Crossing, Loitering, Zone, ZoneMonitor

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
INSIDE, OUTSIDE = Point(0.2, 0.5), Point(0.8, 0.5)
LEFT_HALF = Zone("entrance", Polygon.of([(0, 0), (0.5, 0), (0.5, 1), (0, 1)]))
UPPER_HALF = Zone("shelf", Polygon.of([(0, 0), (1, 0), (1, 0.5), (0, 0.5)]))


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


@pytest.fixture
def monitor() -> ZoneMonitor:
    return ZoneMonitor([LEFT_HALF], settle=timedelta(seconds=1))


def test_crossing_is_dated_from_arrival_not_from_settling(monitor):
    assert monitor.update(at(0), {7: INSIDE}) == []
    assert monitor.update(at(1), {7: INSIDE}) == [Crossing("entrance", 7, "enter", at(0))]


def test_jitter_shorter_than_settle_makes_no_crossing(monitor):
    for second, position in enumerate([INSIDE, OUTSIDE] * 5):
        assert monitor.update(at(second * 0.4), {7: position}) == []


@pytest.mark.parametrize("fps", [2, 5, 25])
def test_crossings_do_not_depend_on_frame_rate(fps, monitor):
    crossings = [
        crossing
        for frame in range(8 * fps + 1)
        for crossing in monitor.update(
            at(frame / fps), {7: INSIDE if 2 <= frame / fps < 5 else OUTSIDE}
        )
    ]
    assert [(c.direction, c.at) for c in crossings] == [("enter", at(2)), ("exit", at(5))]


stays = st.lists(st.tuples(st.sampled_from([INSIDE, OUTSIDE]), st.integers(1, 6)), min_size=1)
"""Where somebody is, for how many quarters of a second."""


def crossings_of(stays, *, fps: int, settle_s: float) -> list[Crossing]:
    monitor = ZoneMonitor([LEFT_HALF], settle=timedelta(seconds=settle_s))
    places = [place for place, quarters in stays for _ in range(quarters)]
    end = len(places) * fps // 4
    found = [
        crossing
        for frame in range(end)
        for crossing in monitor.update(at(frame / fps), {7: places[4 * frame // fps]})
    ]
    return found + list(monitor.close(7, at(len(places) / 4)))


@given(stays)
def test_any_walk_gives_the_same_crossings_at_any_frame_rate_that_sees_it(stays):
    slow = crossings_of(stays, fps=4, settle_s=0.75)
    assert slow == crossings_of(stays, fps=20, settle_s=0.75)


@given(
    st.lists(
        st.dictionaries(st.integers(1, 3), st.builds(Point, st.floats(0, 1), st.floats(0, 1)))
    ),
    st.sampled_from([0, 0.5, 1.2]),
)
def test_enters_and_exits_of_a_track_alternate_in_every_zone_and_end_with_an_exit(frames, settle_s):
    monitor = ZoneMonitor([LEFT_HALF, UPPER_HALF], settle=timedelta(seconds=settle_s))
    found = [c for n, seen in enumerate(frames) for c in monitor.update(at(n / 2), seen)]
    found += [c for track in (1, 2, 3) for c in monitor.close(track, at(len(frames) / 2))]
    stories = defaultdict(list)
    for crossing in found:
        stories[crossing.zone_id, crossing.track_id].append(crossing)
    for story in stories.values():
        assert [c.direction for c in story] == ["enter", "exit"] * (len(story) // 2)
        assert [c.at for c in story] == sorted(c.at for c in story)


def test_somebody_first_seen_inside_has_entered(monitor):
    monitor.update(at(0), {7: INSIDE})
    assert [c.direction for c in monitor.update(at(1), {7: INSIDE})] == ["enter"]


def test_without_settling_a_crossing_is_told_at_once():
    monitor = ZoneMonitor([LEFT_HALF], settle=timedelta())
    assert monitor.update(at(0), {7: INSIDE}) == [Crossing("entrance", 7, "enter", at(0))]
    assert monitor.update(at(1), {7: OUTSIDE}) == [Crossing("entrance", 7, "exit", at(1))]


def test_one_step_can_lead_from_one_zone_into_another():
    right_half = Zone("till", Polygon.of([(0.5, 0), (1, 0), (1, 1), (0.5, 1)]))
    monitor = ZoneMonitor([LEFT_HALF, right_half], settle=timedelta())
    monitor.update(at(0), {7: INSIDE})
    assert monitor.update(at(1), {7: OUTSIDE}) == [
        Crossing("entrance", 7, "exit", at(1)),
        Crossing("till", 7, "enter", at(1)),
    ]


def test_tracks_are_told_apart(monitor):
    monitor.update(at(0), {1: INSIDE, 2: OUTSIDE})
    crossings = monitor.update(at(1), {1: INSIDE, 2: OUTSIDE})
    assert [c.track_id for c in crossings] == [1]


def test_lost_track_leaves_the_zones_it_was_in(monitor):
    monitor.update(at(0), {7: INSIDE})
    monitor.update(at(1), {7: INSIDE})
    assert list(monitor.close(7, at(3))) == [Crossing("entrance", 7, "exit", at(3))]
    assert list(monitor.close(7, at(4))) == []


def test_who_walks_out_and_is_lost_before_it_settles_left_when_they_walked_out(monitor):
    monitor.update(at(0), {7: INSIDE})
    monitor.update(at(1), {7: INSIDE})
    monitor.update(at(2), {7: OUTSIDE})
    assert list(monitor.close(7, at(2.5))) == [Crossing("entrance", 7, "exit", at(2))]


def test_who_is_lost_before_an_arrival_settles_was_never_in(monitor):
    monitor.update(at(0), {7: INSIDE})
    assert list(monitor.close(7, at(0.5))) == []


def test_a_zone_may_settle_in_a_time_of_its_own():
    slow = replace(LEFT_HALF, zone_id="slow", settle=timedelta(seconds=3))
    monitor = ZoneMonitor([LEFT_HALF, slow], settle=timedelta(seconds=1))
    told = [
        (second, c.zone_id) for second in range(5) for c in monitor.update(at(second), {7: INSIDE})
    ]
    assert told == [(1, "entrance"), (3, "slow")]


BENCH = replace(LEFT_HALF, loiter=timedelta(seconds=2))


def facts_of(zone: Zone, stays, *, fps: int, settle_s: float = 0.75) -> list[Crossing | Loitering]:
    """Return all that is said of somebody who is where `stays` has them, and is then lost."""
    monitor = ZoneMonitor([zone], settle=timedelta(seconds=settle_s))
    places = [place for place, quarters in stays for _ in range(quarters)]
    end = len(places) * fps // 4
    facts = [
        fact
        for frame in range(end)
        for fact in monitor.update(at(frame / fps), {7: places[4 * frame // fps]})
    ]
    return facts + list(monitor.close(7, at(len(places) / 4)))


def test_who_stays_too_long_loiters_once_from_then_on():
    assert facts_of(BENCH, [(OUTSIDE, 4), (INSIDE, 40)], fps=4) == [
        Crossing("entrance", 7, "enter", at(1)),
        Loitering("entrance", 7, since=at(1), at=at(3)),
        Crossing("entrance", 7, "exit", at(11)),
    ]


def test_who_leaves_before_has_not_loitered_and_begins_anew():
    assert not any(
        isinstance(fact, Loitering)
        for fact in facts_of(BENCH, [(INSIDE, 7), (OUTSIDE, 4)] * 3, fps=4)
    )


def test_a_step_out_that_does_not_settle_does_not_end_the_stay():
    facts = facts_of(BENCH, [(INSIDE, 6), (OUTSIDE, 2), (INSIDE, 6)], fps=4)
    assert Loitering("entrance", 7, since=at(0), at=at(2)) in facts


def test_each_stay_may_be_loitering():
    facts = facts_of(BENCH, [(INSIDE, 10), (OUTSIDE, 4), (INSIDE, 10)], fps=4)
    assert [f.at for f in facts if isinstance(f, Loitering)] == [at(2), at(5.5)]


@given(stays, st.sampled_from([0, 0.5, 0.75]))
def test_a_stay_is_loitering_if_and_only_if_it_is_as_long_as_that(stays, settle_s):
    facts = facts_of(BENCH, stays, fps=4, settle_s=settle_s)
    crossings = [fact for fact in facts if isinstance(fact, Crossing)]
    long_stays = [
        entered.at
        for entered, left in zip(crossings[::2], crossings[1::2], strict=True)
        if left.at - entered.at >= BENCH.loiter
    ]
    told = [fact for fact in facts if isinstance(fact, Loitering)]
    assert [fact.since for fact in told] == long_stays
    assert all(fact.at == fact.since + BENCH.loiter for fact in told)


@given(stays)
def test_loitering_does_not_depend_on_frame_rate(stays):
    slow = facts_of(BENCH, stays, fps=4)
    assert sorted(slow, key=repr) == sorted(facts_of(BENCH, stays, fps=20), key=repr)


MORNING = Schedule((Window(frozenset(range(7)), 9 * 60, 9 * 60 + 1),), UTC)
"""Open for a minute from the start on."""
SHOP = replace(BENCH, loiter=timedelta(seconds=50), hours=MORNING)


def test_at_closing_time_everybody_leaves():
    monitor = ZoneMonitor([SHOP], settle=timedelta(seconds=1))
    told = [f for second in range(0, 90, 7) for f in monitor.update(at(second), {7: INSIDE})]
    assert told == [
        Crossing("entrance", 7, "enter", at(0)),
        Loitering("entrance", 7, since=at(0), at=at(50)),
        Crossing("entrance", 7, "exit", at(60)),
    ]
    assert list(monitor.close(7, at(90))) == []


def test_who_is_out_of_sight_at_closing_time_left_at_their_last_sight():
    monitor = ZoneMonitor([SHOP], settle=timedelta(seconds=1))
    monitor.update(at(40), {7: INSIDE, 8: INSIDE})
    monitor.update(at(52), {7: INSIDE, 8: INSIDE})
    monitor.update(at(58), {8: INSIDE})
    told = monitor.update(at(61), {8: INSIDE})
    assert told == [
        Crossing("entrance", 7, "exit", at(52)),
        Crossing("entrance", 8, "exit", at(60)),
    ]


def test_a_stay_that_closing_time_cuts_short_is_no_loitering():
    monitor = ZoneMonitor([SHOP], settle=timedelta(seconds=1))
    told = [f for second in range(11, 90, 7) for f in monitor.update(at(second), {7: INSIDE})]
    assert [type(fact) for fact in told] == [Crossing, Crossing]


def test_who_walked_out_just_before_closing_time_left_when_they_walked_out():
    monitor = ZoneMonitor([SHOP], settle=timedelta(seconds=9))
    monitor.update(at(0), {7: INSIDE})
    monitor.update(at(9), {7: INSIDE})
    monitor.update(at(57), {7: OUTSIDE})
    assert monitor.update(at(61), {7: OUTSIDE})[-1] == Crossing("entrance", 7, "exit", at(57))


def test_outside_of_its_hours_nobody_is_in_a_zone():
    monitor = ZoneMonitor([SHOP], settle=timedelta())
    assert [monitor.update(at(second), {7: INSIDE}) for second in (-9, -1, 60, 99)] == [[]] * 4


def test_who_is_there_when_the_hours_begin_enters_then():
    monitor = ZoneMonitor([SHOP], settle=timedelta(seconds=1))
    told = [fact for second in range(-3, 4) for fact in monitor.update(at(second), {7: INSIDE})]
    assert told == [Crossing("entrance", 7, "enter", at(0))]


def test_a_night_between_two_frames_is_outside_of_the_hours_too():
    monitor = ZoneMonitor([replace(SHOP, loiter=None)], settle=timedelta(seconds=1))
    day = 86_400
    told = [
        f for second in (0, 1, day + 5, day + 6) for f in monitor.update(at(second), {7: INSIDE})
    ]
    assert told == [
        Crossing("entrance", 7, "enter", at(0)),
        Crossing("entrance", 7, "exit", at(60)),
        Crossing("entrance", 7, "enter", at(day + 5)),
    ]


def test_the_hours_of_a_zone_are_not_those_of_another():
    always = replace(LEFT_HALF, zone_id="street")
    monitor = ZoneMonitor([SHOP, always], settle=timedelta(seconds=1))
    told = [fact for second in range(55, 70) for fact in monitor.update(at(second), {7: INSIDE})]
    assert [(fact.zone_id, fact.direction) for fact in told] == [
        ("entrance", "enter"), ("street", "enter"), ("entrance", "exit"),
    ]  # fmt: skip
