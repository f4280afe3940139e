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
