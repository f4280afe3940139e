from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis_ray.domain.clocks.capture_clock import CaptureClock

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def s(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def test_intervals_are_the_streams_whatever_the_network_does():
    clock = CaptureClock()
    jitter = [0.0, 0.8, 0.1, 0.9, 0.2]
    times = [
        clock.captured_at(s(100 + n / 10), NOON + s(n / 10 + late)) for n, late in enumerate(jitter)
    ]
    assert times == [NOON + s(n / 10) for n in range(5)]
    assert clock.resets == 0


def test_a_clock_that_jumps_is_tied_to_the_arrival_anew():
    clock = CaptureClock()
    clock.captured_at(s(10), NOON)
    assert clock.captured_at(s(5000), NOON + s(0.1)) == NOON + s(0.1)
    assert clock.captured_at(s(5000.1), NOON + s(0.3)) == NOON + s(0.2)
    assert clock.resets == 1


def over_a_pause(pause_s: float, *, resent_fps: float = 100) -> tuple[list[float], CaptureClock]:
    """Return by how much frames are dated after they were captured, s, and the clock.

    There are ten a second for ten seconds, of which the network holds those back that were captured
    in the first `pause_s` of the last six, and then brings `resent_fps` a second of them.
    """
    clock, found, arrived_s = CaptureClock(), [], 0.0
    for n in range(100):
        captured_s = n / 10
        if captured_s > 4:
            arrived_s = max(arrived_s + 1 / resent_fps, 4 + pause_s, captured_s)
        else:
            arrived_s = captured_s
        at = clock.captured_at(s(100 + captured_s), NOON + s(arrived_s))
        found.append(round((at - NOON).total_seconds() - captured_s, 6))
    return found, clock


@pytest.mark.parametrize("pause_s", [2.5, 5, 5.5])
def test_what_a_network_held_back_is_dated_by_when_it_was_captured(pause_s):
    found, clock = over_a_pause(pause_s)
    assert set(found) == {0}
    assert not clock.is_catching_up
    assert (clock.resets, clock.gained) == (0, timedelta(0))


def test_a_stream_catches_up_while_it_comes_faster_than_it_is_captured():
    found, clock = over_a_pause(5, resent_fps=13)
    assert set(found) == {0}
    assert clock.is_catching_up


def test_a_stream_that_does_not_catch_up_was_stopped_and_is_tied_to_the_arrival_anew():
    clock = CaptureClock()
    dates = []
    for n in range(200):
        arrived = NOON + s(n / 10 + (6 if n >= 50 else 0))
        dates.append((clock.captured_at(s(n / 10), arrived) - arrived).total_seconds())
    assert dates[:50] == [0] * 50
    assert dates[50:101] == [-6] * 51
    assert dates[101:] == [0] * 99
    assert clock.resets == 1


def test_a_pause_in_a_pause_is_caught_up_with_as_well():
    clock = CaptureClock()
    arrivals = [n / 10 for n in range(50)] + [9 + n / 100 for n in range(20)]
    arrivals += [max(14 + n / 100, 7 + n / 10) for n in range(100)]
    dates = [clock.captured_at(s(n / 10), NOON + s(at)) for n, at in enumerate(arrivals)]
    assert dates == [NOON + s(n / 10) for n in range(170)]
    assert clock.resets == 0


def test_what_comes_later_than_a_silent_camera_is_waited_for_is_a_clock_that_jumped():
    clock = CaptureClock()
    clock.captured_at(s(10), NOON)
    assert clock.captured_at(s(10.1), NOON + s(23)) == NOON + s(23)
    assert not clock.is_catching_up


def test_a_clock_that_runs_back_while_frames_come_was_not_held_up():
    clock = CaptureClock()
    clock.captured_at(s(100), NOON)
    assert clock.captured_at(s(95), NOON + s(0.1)) == NOON + s(0.1)
    assert clock.resets == 1


def ahead(times: list[tuple[float, float]]) -> list[float]:
    """By how many seconds frames are dated after they arrived, by stream time and arrival."""
    clock = CaptureClock()
    dates = [clock.captured_at(s(stamp), NOON + s(arrived)) for stamp, arrived in times]
    assert sorted(set(dates)) == dates
    return [
        round((at - NOON).total_seconds() - arrived, 6)
        for at, (_, arrived) in zip(dates, times, strict=True)
    ]


def test_where_the_first_frame_was_held_up_the_others_are_not_dated_after_they_arrived():
    burst = [(n / 10, 1.5) for n in range(15)]
    in_time = [(n / 10, n / 10) for n in range(16, 40)]
    assert max(ahead([*burst, *in_time])) <= 0.2 + 0.015  # a millisecond a frame of the burst


def test_a_clock_that_is_a_little_fast_does_not_get_ahead():
    assert max(ahead([(n * 1.01, float(n)) for n in range(300)])) < 0.01
    assert max(ahead([(n * 1.02, float(n)) for n in range(300)])) == 0.2


def test_a_clock_that_is_much_too_fast_is_found_out():
    clock = CaptureClock()
    for n in range(101):
        clock.captured_at(s(n * 2), NOON + s(n))
    assert 45 <= clock.resets <= 50


def test_a_clock_that_runs_back_does_not_take_time_back():
    clock = CaptureClock()
    first = clock.captured_at(s(10), NOON)
    assert clock.captured_at(s(9.9), NOON + s(0.1)) == first + timedelta(milliseconds=1)


def test_without_a_clock_of_its_own_a_frame_is_dated_by_its_arrival():
    clock = CaptureClock()
    assert clock.captured_at(None, NOON) == NOON
    assert clock.captured_at(None, NOON + s(1)) == NOON + s(1)


def test_after_a_reconnect_the_streams_clock_may_begin_anew():
    clock = CaptureClock()
    clock.captured_at(s(1000), NOON)
    clock.restart()
    assert clock.captured_at(s(0), NOON + s(60)) == NOON + s(60)
    assert clock.resets == 0


@given(
    st.lists(st.tuples(st.none() | st.floats(-1e6, 1e6), st.floats(0, 30)), min_size=2, max_size=60)
)
def test_times_always_rise_and_stay_near_the_arrival(frames):
    clock, arrived, last = CaptureClock(), NOON, None
    for stamp, later in frames:
        arrived += s(later)
        at = clock.captured_at(None if stamp is None else s(stamp), arrived)
        assert last is None or at > last
        assert -s(22.001) <= at - arrived <= s(2.001) or at == (last or at) + timedelta(
            milliseconds=1
        )
        last = at


def behind(
    drift: float, *, seconds: int, jitter_s: float = 0.1
) -> tuple[list[float], CaptureClock]:
    """Return by how much frames are dated before they were captured, s, of a clock that drifts.

    Ten frames a second of each network delay up to `jitter_s`, which are what cannot be known.
    """
    clock, random = CaptureClock(), Random("network")
    found = []
    for n in range(10 * seconds):
        captured = NOON + s(n / 10)
        arrived = captured + s(random.uniform(0, jitter_s))
        at = clock.captured_at(s(500 + n / 10 * (1 + drift)), arrived)
        found.append((captured - at).total_seconds())
    return found, clock


@pytest.mark.parametrize("drift", [-0.005, -0.0002, 0.0, 0.0002, 0.005])
def test_a_clock_that_drifts_stays_with_the_sites_and_its_offset_is_told(drift):
    found, clock = behind(drift, seconds=900)
    later = found[600:]  # once a first frame that came late is made up for
    assert min(later) >= -0.05
    assert max(later) <= 0.2  # half a minute's drift, less than the gate's tolerance
    assert clock.resets == 0
    assert clock.gained.total_seconds() == pytest.approx(900 * drift, abs=0.25)
    assert clock.drift == pytest.approx(drift, abs=0.0005)


def test_intervals_are_right_to_a_hundredth_while_a_clock_is_corrected():
    clock = CaptureClock()
    dates = [clock.captured_at(s(n * 0.995), NOON + s(n)) for n in range(600)]
    steps = [(b - a).total_seconds() for a, b in pairwise(dates)]
    assert min(steps) >= 0.98
    assert max(steps) <= 1.01


def test_a_network_that_is_slow_for_a_while_moves_no_date():
    clock = CaptureClock()
    late = [1.0 if 300 <= n < 500 else 0.0 for n in range(900)]
    dates = [clock.captured_at(s(n / 10), NOON + s(n / 10 + late[n])) for n in range(900)]
    assert dates == [NOON + s(n / 10) for n in range(900)]
    assert clock.gained == timedelta(0)


def test_a_clock_that_jumps_has_gained_nothing():
    clock = CaptureClock()
    clock.captured_at(s(10), NOON)
    clock.captured_at(s(5000), NOON + s(0.1))
    assert clock.gained == timedelta(0)


def test_nothing_is_told_of_a_clock_that_begins_anew():
    _, clock = behind(0.005, seconds=60)
    clock.restart()
    assert (clock.gained, clock.drift) == (timedelta(0), 0.0)
