from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from genesis_ray.domain.clocks.site_clock import SiteClock

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def s(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def dates(clock: SiteClock, begin: int, seconds: int, *, set_by: float = 0) -> list[datetime]:
    """Date each second; the site's clock is set by so many seconds, the other begins at 500."""
    return [
        clock.date(clock.read(NOON + s(n + set_by), 500 + n)) for n in range(begin, begin + seconds)
    ]


def test_dates_are_the_sites():
    assert dates(SiteClock(), 0, 60) == [NOON + s(n) for n in range(60)]


def test_what_passes_between_two_readings_changes_no_interval():
    clock = SiteClock()
    late = [0.0, 0.03, 0.001, 0.04, 0.0]
    told = [clock.date(clock.read(NOON + s(n), n + late[n]) - s(late[n])) for n in range(5)]
    assert told == [NOON + s(n) for n in range(5)]


def test_a_clock_set_forward_is_followed_at_once():
    clock = SiteClock()
    dates(clock, 0, 10)
    assert dates(clock, 10, 5, set_by=3600) == [NOON + s(3600 + n) for n in range(10, 15)]
    assert not clock.is_set_back


def test_a_clock_set_back_is_waited_for_by_going_on_a_little_slower():
    clock = SiteClock()
    dates(clock, 0, 10)
    told = dates(clock, 10, 11 * 60, set_by=-60)
    steps = [(later - before).total_seconds() for before, later in pairwise(told)]
    assert {round(step, 3) for step in steps} == {0.917}
    assert told[0] - (NOON + s(9)) < s(0.917)
    assert clock.is_set_back
    told = dates(clock, 10 + 11 * 60, 2 * 60, set_by=-60)
    assert not clock.is_set_back
    assert abs(told[-1] - (NOON + s(9 + 13 * 60 - 60))) < s(0.1)


def test_the_moments_of_the_other_clock_go_on_whatever_the_sites_is_set_to():
    clock = SiteClock()
    moments = [clock.read(NOON + s(set_to), n) for n, set_to in enumerate([0, -3600, 9, 86400])]
    assert moments == [NOON + s(n) for n in range(4)]


@given(
    st.lists(st.tuples(st.floats(0.001, 100), st.floats(-1e6, 1e6), st.floats(0, 2)), min_size=2)
)
def test_dates_rise_as_moments_do_however_the_clock_is_set(readings):
    clock, steady_s, last_moment, last = SiteClock(), 0.0, None, None
    for later_s, site_s, old_s in readings:
        steady_s += later_s
        moment = clock.read(NOON + s(site_s), steady_s) - s(old_s)
        if last_moment is not None and moment <= last_moment:
            continue
        at = clock.date(moment)
        if last is not None:
            assert at > last
            assert at - last >= (moment - last_moment) * 0.9 - timedelta.resolution  # of dates
        last_moment, last = moment, at


def test_where_another_process_dated_ahead_of_the_sites_clock_dates_go_on_from_there():
    clock = SiteClock()
    clock.go_on_after(NOON + s(60))
    told = dates(clock, 0, 11 * 60)
    assert told[0] == NOON + s(60) + timedelta.resolution
    assert {round((b - a).total_seconds(), 3) for a, b in pairwise(told)} == {0.917}
    assert clock.is_set_back
    told = dates(clock, 11 * 60, 2 * 60)
    assert abs(told[-1] - (NOON + s(13 * 60 - 1))) < s(0.1)
    assert not clock.is_set_back


def test_where_it_dated_behind_it_dates_are_the_sites():
    clock = SiteClock()
    clock.go_on_after(NOON - s(5))
    assert dates(clock, 0, 60) == [NOON + s(n) for n in range(60)]


def test_a_date_that_is_asked_for_is_the_one_that_would_be_given_and_changes_none():
    clock, asked = SiteClock(), SiteClock()
    for n, set_by in enumerate([0, 0, -60, -60, -60, 3600, 3600]):
        for each in (clock, asked):
            moment = each.read(NOON + s(n + set_by), n)
        would = asked.would_date(moment)
        assert asked.would_date(moment + s(0.5)) >= would
        assert asked.date(moment) == would == clock.date(moment)
