from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis_ray.domain.figures.anomalies import (
    RecentPolicy,
    RecentScore,
    WeeklyPolicy,
    WeeklyScore,
)

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 1, 5, 9, tzinfo=UTC)
WEEK = timedelta(weeks=1)
BRIEF = RecentPolicy(window=10, least_samples=3)

values = st.floats(-1e6, 1e6)


def recent(series, policy=BRIEF):
    score = RecentScore(policy)
    return [score.update(value) for value in series]


def weekly(series, policy=WeeklyPolicy(), zone=UTC):  # noqa: B008
    score = WeeklyScore(zone, policy)
    return [score.update(at, value) for at, value in series]


def weeks_of(*series):
    return [(MONDAY + week * WEEK, value) for week, value in enumerate(series)]


@given(st.lists(values, max_size=30))
def test_a_recent_score_is_that_of_mean_and_deviation_of_the_window(series):
    for place, reading in enumerate(recent(series)):
        before = np.array(series[max(0, place - 10) : place])
        if len(before) < 3:
            assert reading is None
            continue
        spread = max(before.std(ddof=1), 1.0)
        score = (series[place] - before.mean()) / spread
        assert reading.score == pytest.approx(score, rel=1e-6, abs=1e-6)
        assert reading.is_unusual == (abs(reading.score) > 2.0)
        assert reading.direction == ("above" if reading.score >= 0 else "below")


@given(st.lists(st.one_of(values, st.integers(0, 3)), max_size=60), st.integers(0, 60))
def test_many_at_once_are_those_of_one_by_one_that_are_unusual(series, cut):
    readings = recent(series)
    score = RecentScore(BRIEF)
    at_once = score.unusual(np.array(series[:cut], float))
    at_once += [
        (cut + place, found) for place, found in score.unusual(np.array(series[cut:], float))
    ]
    assert at_once == [
        (place, reading) for place, reading in enumerate(readings) if reading and reading.is_unusual
    ]


@given(st.lists(values, max_size=20), values)
def test_what_comes_later_changes_no_verdict(series, later):
    assert recent([*series, later])[:-1] == recent(series)


@given(st.lists(values, min_size=1, max_size=200))
def test_the_first_values_never_shout(series):
    assert all(reading is None for reading in recent(series, RecentPolicy())[:30])


@given(values, st.integers(0, 200))
def test_what_never_changes_is_never_unusual(value, count):
    readings = recent([value] * count)
    assert not any(reading.is_unusual for reading in readings if reading)


def test_where_nothing_ever_changed_one_person_more_is_no_alarm_and_three_are():
    assert not recent([0] * 50 + [1])[-1].is_unusual
    assert not recent([0] * 50 + [2])[-1].is_unusual
    assert recent([0] * 50 + [3])[-1].is_unusual


def test_the_usual_policy_is_two_deviations_of_the_last_hundred():
    chance = Random(1)
    steady = [chance.gauss(50, 5) for _ in range(300)]
    unusual = [reading.is_unusual for reading in recent(steady, RecentPolicy()) if reading]
    assert 0.02 < sum(unusual) / len(unusual) < 0.08  # one in twenty is beyond, by chance
    assert recent([*steady, 90], RecentPolicy())[-1].samples == 100


def test_the_first_weeks_do_not_shout():
    readings = weekly(weeks_of(10, 500, 0, 90, 10, 1000))
    assert readings[:4] == [None] * 4
    assert readings[4].weeks == 4
    assert readings[5].is_unusual


def test_the_first_day_does_not_shout_however_many_values_it_has():
    day = [(MONDAY + timedelta(minutes=minute), minute**2) for minute in range(24 * 60)]
    assert not any(weekly(day))


@given(st.permutations([90, 95, 100, 105, 110, 2000]))
def test_a_holiday_among_the_weeks_before_does_not_hide_what_is_unusual(before):
    reading = weekly(weeks_of(*before, 190))[-1]
    assert reading.is_unusual
    assert reading.expected == 102.5


def test_only_the_latest_weeks_count():
    long_ago = weeks_of(*[500] * 20, *[100] * 12, 100)
    reading = weekly(long_ago)[-1]
    assert (reading.weeks, reading.samples, reading.expected) == (12, 12, 100)


def test_weekdays_and_hours_are_compared_with_their_own():
    busy = {0: 100, 5: 300}
    series = []
    for day in range(8 * 7):
        at = MONDAY + timedelta(days=day)
        series.append((at, busy.get(at.weekday(), 40)))
    assert not any(reading.is_unusual for reading in weekly(series) if reading)
    *_, reading = weekly([*series, (MONDAY + 8 * WEEK, 300)])
    assert (reading.expected, reading.is_unusual, reading.direction) == (100, True, "above")
    *_, reading = weekly([*series, (MONDAY + 8 * WEEK, 20)])
    assert (reading.is_unusual, reading.direction) == (True, "below")


def test_weeks_that_happened_to_be_alike_do_not_make_the_next_an_alarm():
    assert not weekly(weeks_of(100, 100, 100, 100, 120))[-1].is_unusual
    steady = WeeklyPolicy(counts=False)
    assert weekly(weeks_of(100, 100, 100, 100, 120), steady)[-1].is_unusual


def test_of_numbers_of_people_that_come_by_chance_few_are_unusual():
    chance = np.random.default_rng(3)
    score = WeeklyScore(UTC, WeeklyPolicy())
    readings = [
        score.update(MONDAY + timedelta(hours=hour), float(chance.poisson(100)))
        for hour in range(40 * 7 * 24)
    ]
    unusual = [reading.is_unusual for reading in readings if reading]
    assert len(unusual) == 36 * 7 * 24
    assert sum(unusual) / len(unusual) < 0.002


@pytest.mark.parametrize(
    "first_sunday",
    [datetime(2026, 3, 1, tzinfo=BERLIN), datetime(2026, 9, 27, tzinfo=BERLIN)],
)
def test_an_hour_is_that_of_the_clock_on_the_wall_over_a_change_of_summer_time(first_sunday):
    series = []
    at = first_sunday.astimezone(UTC)
    while at < first_sunday + 9 * WEEK:
        series.append((at, 200.0 if 9 <= at.astimezone(BERLIN).hour < 18 else 0.0))
        at += timedelta(hours=1)
    by_the_wall = weekly(series, zone=BERLIN)
    assert sum(reading is not None for reading in by_the_wall) > 4 * 7 * 24
    assert not any(reading.is_unusual for reading in by_the_wall if reading)
    assert any(reading.is_unusual for reading in weekly(series, zone=UTC) if reading)


def test_the_hour_that_comes_twice_is_one_of_its_day():
    before = [(datetime(2026, 9, 27, 2, tzinfo=BERLIN) + week * WEEK, 10) for week in range(4)]
    twice = [datetime(2026, 10, 25, 2, fold=fold, tzinfo=BERLIN) for fold in (0, 1)]
    readings = weekly([*before, (twice[0], 10), (twice[1], 100)], zone=BERLIN)
    assert [reading.weeks for reading in readings[4:]] == [4, 4]
    assert readings[5].is_unusual


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: RecentPolicy(window=5, least_samples=6),
        lambda: RecentPolicy(least_samples=1),
        lambda: RecentPolicy(least_spread=0),
        lambda: WeeklyPolicy(weeks=3),
        lambda: WeeklyPolicy(least_weeks=1),
        lambda: WeeklyPolicy(threshold=0),
    ],
)
def test_a_policy_without_sense_is_refused(wrong):
    with pytest.raises(ValueError, match="expected"):
        wrong()
