from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from genesis_ray.domain.figures.periods import Period, period_before

BERLIN = ZoneInfo("Europe/Berlin")


def days(since: tuple[int, int], until: tuple[int, int]) -> Period:
    return Period(
        *(datetime(2026, *day, tzinfo=BERLIN).astimezone(UTC) for day in (since, until))
    )  # fmt: skip


@pytest.mark.parametrize(
    ("period", "before"),
    [
        (days((2, 9), (2, 16)), days((2, 2), (2, 9))),  # a week
        (days((2, 14), (2, 15)), days((2, 7), (2, 8))),  # a Saturday
        (days((2, 13), (2, 16)), days((2, 6), (2, 9))),  # Friday to Sunday
        (days((2, 15), (2, 25)), days((2, 1), (2, 11))),  # ten days: two weeks back
        (days((3, 29), (3, 30)), days((3, 22), (3, 23))),  # 23 hours: 24 hours before
    ],
)
def test_days_are_compared_with_the_same_weekdays(period, before):
    assert period_before(period, BERLIN) == before


def berlin(*parts: int) -> datetime:
    return datetime(2026, *parts, tzinfo=BERLIN).astimezone(UTC)


@pytest.mark.parametrize(
    ("until", "before"),
    [
        (berlin(2, 9, 14, 5), Period(berlin(2, 2), berlin(2, 2, 14, 5))),  # today so far
        (berlin(2, 11, 14), Period(berlin(2, 2), berlin(2, 4, 14))),  # this week so far
        (berlin(2, 16, 0, 1), Period(berlin(1, 26), berlin(2, 2, 0, 1))),  # over a week
    ],
)
def test_what_begins_at_midnight_is_compared_with_the_same_hours_of_the_same_weekdays(
    until, before
):
    assert period_before(Period(berlin(2, 9), until), BERLIN) == before


def test_the_hours_so_far_of_a_day_on_which_summer_time_began_are_those_of_its_clock():
    today = Period(berlin(3, 29), berlin(3, 29, 14))
    assert period_before(today, BERLIN) == Period(berlin(3, 22), berlin(3, 22, 14))


def test_anything_else_is_compared_with_the_time_just_before():
    period = Period(datetime(2026, 2, 9, 9, tzinfo=UTC), datetime(2026, 2, 9, 12, tzinfo=UTC))
    assert period_before(period, BERLIN) == Period(
        datetime(2026, 2, 9, 6, tzinfo=UTC), datetime(2026, 2, 9, 9, tzinfo=UTC)
    )
