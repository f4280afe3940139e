from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from genesis_ray.domain.figures.time_buckets import bucket_starts, quarter_of

BERLIN = ZoneInfo("Europe/Berlin")


def utc(*at: int) -> datetime:
    return datetime(*at, tzinfo=UTC)


def lengths(start, end, bucket, zone) -> list[int]:
    """How many quarters each bucket has, in order."""
    return list(Counter(bucket_starts(start, end, bucket, zone).values()).values())


def test_days_begin_at_the_zones_midnight():
    starts = bucket_starts(utc(2026, 1, 5), utc(2026, 1, 6), "day", BERLIN)
    assert starts[utc(2026, 1, 5, 22, 45)] == utc(2026, 1, 4, 23)
    assert starts[utc(2026, 1, 5, 23)] == utc(2026, 1, 5, 23)


@pytest.mark.parametrize(
    ("day", "quarters"), [((2026, 3, 29), 92), ((2026, 10, 25), 100), ((2026, 6, 1), 96)]
)
def test_the_days_of_a_change_of_time_have_an_hour_less_or_more(day, quarters):
    start = datetime(*day, tzinfo=BERLIN)
    end = start + timedelta(days=1)  # the same hour of the zone's next day
    assert lengths(start, end, "day", BERLIN) == [quarters]


def test_an_hour_that_the_clocks_show_twice_is_two_buckets():
    starts = bucket_starts(utc(2026, 10, 25), utc(2026, 10, 25, 3), "hour", BERLIN)
    assert list(dict.fromkeys(starts.values())) == [utc(2026, 10, 25, hour) for hour in range(3)]


@pytest.mark.parametrize("name", ["Asia/Kathmandu", "Asia/Kolkata", "Pacific/Chatham"])
def test_hours_of_zones_that_are_off_by_minutes_are_whole(name):
    starts = bucket_starts(utc(2026, 1, 5), utc(2026, 1, 6), "hour", ZoneInfo(name))
    assert {at.astimezone(ZoneInfo(name)).minute for at in starts.values()} == {0}


def test_where_summer_time_is_half_an_hour_that_half_hour_is_there_twice():
    island = ZoneInfo("Australia/Lord_Howe")  # 2:00 becomes 1:30, which is 15:00 UTC
    start, end = utc(2026, 4, 4, 14), utc(2026, 4, 4, 15, 30)
    assert lengths(start, end, "hour", island) == [4, 2]
    assert set(bucket_starts(start, end, "hour", island).values()) == {start, utc(2026, 4, 4, 15)}


def test_a_bucket_that_began_before_the_range_has_its_own_beginning():
    starts = bucket_starts(utc(2026, 1, 5, 9, 30), utc(2026, 1, 5, 9, 45), "hour", BERLIN)
    assert starts == {utc(2026, 1, 5, 9, 30): utc(2026, 1, 5, 9)}


def test_a_quarter_is_found_in_any_zone():
    assert quarter_of(datetime(2026, 1, 5, 10, 29, 59, 7, BERLIN)) == utc(2026, 1, 5, 9, 15)


@pytest.mark.parametrize(
    ("start", "end", "why"),
    [
        (utc(2026, 1, 5, 0, 1), utc(2026, 1, 6), "on a quarter"),
        (utc(2026, 1, 6), utc(2026, 1, 5), "before it starts"),
    ],
)
def test_ranges_that_cannot_be_are_refused(start, end, why):
    with pytest.raises(ValueError, match=why):
        bucket_starts(start, end, "day", BERLIN)
