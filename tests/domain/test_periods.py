from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from genesis_ray.domain.periods import Period, period_before

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


def test_anything_else_is_compared_with_the_time_just_before():
    period = Period(datetime(2026, 2, 9, 9, tzinfo=UTC), datetime(2026, 2, 9, 12, tzinfo=UTC))
    assert period_before(period, BERLIN) == Period(
        datetime(2026, 2, 9, 6, tzinfo=UTC), datetime(2026, 2, 9, 9, tzinfo=UTC)
    )
