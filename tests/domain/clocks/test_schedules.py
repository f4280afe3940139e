import pickle
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis_ray.domain.clocks.schedules import DAY_MINUTES, Period, Schedule, Window

BERLIN = ZoneInfo("Europe/Berlin")
EVERY_DAY = frozenset(range(7))
WORKDAYS = frozenset(range(5))
SHOP = Schedule((Window(WORKDAYS, 9 * 60, 18 * 60), Window(frozenset({5}), 10 * 60, 14 * 60)), UTC)
BAR = Schedule((Window(frozenset({4, 5}), 22 * 60, 2 * 60),), UTC)
"""On Fridays and Saturdays, until two in the night."""


def on(day: int, hour: int, minute: int = 0) -> datetime:
    """Return a time in the week of Monday, 5 January 2026."""
    return datetime(2026, 1, 5 + day, hour, minute, tzinfo=UTC)


def test_a_window_has_its_beginning_and_not_its_end():
    assert SHOP.is_open(on(0, 9))
    assert SHOP.is_open(on(0, 17, 59))
    assert not SHOP.is_open(on(0, 18))
    assert not SHOP.is_open(on(0, 8, 59))


def test_each_day_has_its_own_windows():
    assert [SHOP.is_open(on(day, 9, 30)) for day in range(7)] == [True] * 5 + [False] * 2
    assert [SHOP.is_open(on(day, 12)) for day in range(7)] == [True] * 6 + [False]


def test_a_period_says_when_it_ends():
    assert SHOP.period(on(0, 12)) == Period(on(0, 9), on(0, 18), True)
    assert SHOP.period(on(0, 20)) == Period(on(0, 18), on(1, 9), False)
    assert SHOP.period(on(5, 16)).until == on(7, 9)  # Saturday afternoon: until Monday


def test_a_window_may_go_on_over_midnight():
    assert BAR.period(on(5, 1)) == Period(on(4, 22), on(5, 2), True)
    assert BAR.is_open(on(6, 1, 59))
    assert not BAR.is_open(on(6, 2))
    assert not BAR.is_open(on(4, 1))  # Thursday's night


def test_windows_that_touch_are_one_period():
    night = Schedule((Window(EVERY_DAY, 20 * 60, 0), Window(EVERY_DAY, 0, 4 * 60)), UTC)
    assert night.period(on(1, 23)) == Period(on(1, 20), on(2, 4), True)


def test_a_whole_week_never_closes():
    always = Schedule((Window(EVERY_DAY, 0, DAY_MINUTES),), UTC)
    assert always.period(on(2, 12)).until.year == 9999


def test_hours_are_those_of_the_places_own_clock_over_a_change_to_summer_time():
    berlin = Schedule((Window(EVERY_DAY, 9 * 60, 18 * 60),), BERLIN)
    saturday, sunday = (datetime(2026, 3, day, 8, 30, tzinfo=UTC) for day in (28, 29))
    assert berlin.is_open(saturday)  # 9:30
    assert berlin.period(sunday).since == datetime(2026, 3, 29, 7, tzinfo=UTC)
    assert berlin.period(sunday).until == datetime(2026, 3, 29, 16, tzinfo=UTC)


def test_a_time_of_day_that_comes_twice_is_the_first_and_one_that_is_left_out_an_hour_later():
    until_half_past_two = Schedule((Window(EVERY_DAY, 60, 150),), BERLIN)
    autumn = until_half_past_two.period(datetime(2026, 10, 25, 0, tzinfo=UTC))
    assert autumn.until == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    spring = until_half_past_two.period(datetime(2026, 3, 29, 0, 30, tzinfo=UTC))
    assert spring.until == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_a_schedule_survives_a_checkpoint():
    berlin = Schedule((Window(WORKDAYS, 9 * 60, 18 * 60),), BERLIN)
    assert pickle.loads(pickle.dumps(berlin)) == berlin


windows = st.builds(
    Window,
    st.frozensets(st.integers(0, 6), min_size=1),
    st.integers(0, DAY_MINUTES - 1),
    st.integers(1, DAY_MINUTES),
)
schedules = st.builds(
    Schedule,
    st.lists(windows, min_size=1, max_size=4).map(tuple),
    st.sampled_from([UTC, BERLIN, ZoneInfo("Asia/Kathmandu"), ZoneInfo("America/St_Johns")]),
)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))


@given(schedules, moments, st.floats(0, 0.99))
def test_a_period_is_the_same_throughout(schedule, at, share):
    period = schedule.period(at)
    assert period.since <= at < period.until
    until = min(period.until, at + timedelta(days=9))
    within = schedule.period(at + (until - at) * share)
    assert (within.is_open, within.until) == (period.is_open, period.until)


@given(schedules, moments)
def test_after_a_period_comes_one_of_the_other_kind(schedule, at):
    period = schedule.period(at)
    if period.until.year < 9999:
        assert schedule.is_open(period.until) != period.is_open


@given(st.lists(windows, min_size=1, max_size=4).map(tuple), moments)
def test_without_changes_of_the_clocks_it_is_open_in_the_minutes_of_its_windows(own, at):
    minute = at.weekday() * DAY_MINUTES + at.hour * 60 + at.minute
    week = 7 * DAY_MINUTES
    is_within = any(
        (minute - day * DAY_MINUTES - window.opens) % week < window.minutes
        for window in own
        for day in window.days
    )
    assert Schedule(own, UTC).is_open(at) == is_within


def test_a_window_that_a_change_of_the_clocks_leaves_nothing_of_does_not_open():
    berlin = Schedule((Window(EVERY_DAY, 150, 190),), BERLIN)  # 2:30, so 3:30, to 3:10
    assert berlin.period(datetime(2026, 3, 29, 0, tzinfo=UTC)).until == datetime(
        2026, 3, 30, 0, 30, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("opens", "closes", "minutes"), [(540, 1080, 540), (1320, 120, 240), (0, 1440, 1440)]
)
def test_a_window_knows_how_long_it_is(opens, closes, minutes):
    assert Window(EVERY_DAY, opens, closes).minutes == minutes
