from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from genesis_ray.domain.capture_clock import CaptureClock

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
    assert max(ahead([(n * 1.01, float(n)) for n in range(300)])) == 0.2


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
        assert abs(at - arrived) <= s(2.001) or at == (last or at) + timedelta(milliseconds=1)
        last = at
