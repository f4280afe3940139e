from datetime import UTC, datetime, timedelta

import pytest

from genesis_ray.analytics.returning import cohort_retention, returning_visitors
from tests.hand_made import NINE, at, tables, visit

DAY, WEEK = 86_400, 7 * 86_400
MONDAY = NINE.replace(hour=0)


def by_day(events, days=3, since=MONDAY, **how):
    rows = returning_visitors(
        tables(events), since=since, until=since + timedelta(days=days),
        **{"time_zone": "UTC", "least_group": 1, **how},
    ).to_pylist()  # fmt: skip
    return [
        (row["visits"], row["people"], row["new_people"], row["returning_people"]) for row in rows
    ]


def test_who_was_there_before_comes_back_and_who_was_not_is_new():
    events = [*visit(0, 9), *visit(100, 109), *visit(50, 59, "bob"), *visit(2 * DAY, 2 * DAY + 9)]
    assert by_day(events) == [(3, 2, 2, 0), (0, 0, 0, 0), (1, 1, 0, 1)]


def test_history_before_the_range_is_known():
    assert by_day([*visit(-90 * DAY, -90 * DAY + 9), *visit(0, 9)], days=1) == [(1, 1, 0, 1)]


def test_with_a_look_back_earlier_visits_do_not_count():
    events = [*visit(-3 * DAY, -3 * DAY + 9), *visit(0, 9)]
    assert by_day(events, days=1, look_back=timedelta(days=4)) == [(1, 1, 0, 1)]
    assert by_day(events, days=1, look_back=timedelta(days=2)) == [(1, 1, 1, 0)]


def test_who_came_before_the_range_and_was_there_still_is_known():
    assert by_day([*visit(-10 * 3600, 9), *visit(5000, 5009)], days=1) == [(1, 1, 0, 1)]


def test_a_visit_before_the_range_that_is_not_over_is_known():
    assert by_day([*visit(-2 * DAY, None), *visit(0, 9)], days=1) == [(1, 1, 0, 1)]


def test_a_visit_that_is_not_over_counts():
    assert by_day(visit(0, None), days=1) == [(1, 1, 1, 0)]


def test_new_and_returning_people_of_few_are_withheld():
    crowd = [each for n in range(6) for each in visit(n, n + 9, f"p{n}")]
    back = [each for n in range(6) for each in visit(DAY + n, DAY + n + 9, f"p{n}")]
    events = [*crowd, *back, *visit(DAY, DAY + 9, "new"), *visit(2 * DAY, 2 * DAY + 9)]
    assert by_day(events, least_group=5) == [
        (6, 6, 6, 0), (7, 7, None, None), (None, None, None, None)
    ]  # fmt: skip


def retention(events, weeks=3, **how):
    rows = cohort_retention(
        tables(events), since=MONDAY, until=MONDAY + timedelta(weeks=weeks),
        **{"time_zone": "UTC", "least_group": 1, **how},
    ).to_pylist()  # fmt: skip
    return [
        (row["cohort_starts_at"], row["weeks_after"], row["cohort_size"], row["people"])
        for row in rows
    ]


def test_cohorts_are_of_the_week_of_the_first_visit():
    events = [
        *visit(0, 9), *visit(WEEK, WEEK + 9), *visit(2 * WEEK, 2 * WEEK + 9),
        *visit(0, 9, "bob"), *visit(2 * WEEK, 2 * WEEK + 9, "bob"),
        *visit(WEEK, WEEK + 9, "cyd"),
    ]  # fmt: skip
    first, second, third = (MONDAY + timedelta(weeks=number) for number in range(3))
    assert retention(events) == [
        (first, 0, 2, 2), (first, 1, 2, 1), (first, 2, 2, 2),
        (second, 0, 1, 1), (second, 1, 1, 0),
        (third, 0, 0, 0),
    ]  # fmt: skip


def test_who_was_first_seen_before_the_range_is_in_no_cohort():
    events = [*visit(-WEEK, -WEEK + 9), *visit(0, 9)]
    assert retention(events, weeks=1) == [(MONDAY, 0, 0, 0)]


def test_weeks_are_the_zones_over_a_change_to_summer_time():
    monday = datetime(2026, 3, 29, 22, tzinfo=UTC)  # of Berlin, an hour earlier than the one before
    second = (monday - at(0)).total_seconds()
    rows = cohort_retention(
        tables([*visit(second - 1, second), *visit(second, second + 1)]),
        since=monday - timedelta(days=3), until=monday + timedelta(days=3),
        time_zone="Europe/Berlin", least_group=1,
    ).to_pylist()  # fmt: skip
    assert [row["people"] for row in rows] == [1, 1, 0]
    assert rows[2]["cohort_starts_at"] == monday


def of_week(number, people, letter):
    start = number * WEEK
    return [each for n in range(people) for each in visit(start + n, start + 9, f"{letter}{n}")]


def test_small_cohorts_and_few_who_return_are_withheld():
    events = [*of_week(0, 9, "p"), *of_week(1, 2, "p"), *of_week(1, 3, "q"), *of_week(2, 4, "r")]
    found = retention(events, least_group=5)
    assert found[0][2:] == (9, 9)
    assert found[1][2:] == (9, None)  # two of nine came again
    assert [each[2:] for each in found[3:]] == [(None, None)] * 3  # three and four were new


def test_a_small_cohort_takes_another_with_it():
    events = [*of_week(0, 9, "p"), *of_week(1, 3, "q"), *of_week(2, 7, "r")]
    sizes = {start: size for start, _, size, _ in retention(events, least_group=5)}
    assert [*sizes.values()] == [9, None, None]  # else all who were new give it away


@pytest.mark.parametrize("least_group", [1, 5])
def test_nobody_gives_rows_of_zero(least_group):
    assert by_day([], days=1, least_group=least_group) == [(0, 0, 0, 0)]
    assert retention([], weeks=1, least_group=least_group) == [(MONDAY, 0, 0, 0)]
