from collections import defaultdict
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis_ray.domain.geometry import Point, Polygon
from genesis_ray.domain.zones import Crossing, Zone, ZoneMonitor

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
