from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis_ray.domain.clocks.site_time import (
    MOST_BUCKETS,
    bucket_edges,
    even_edges,
    even_slots,
    range_between,
)
from genesis_ray.errors import ConfigurationError

BERLIN, KOLKATA = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kolkata")
ZONES = ("Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "America/Havana", "UTC")


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def hours(edges: list[datetime]) -> list[float]:
    return [(end - start) / timedelta(hours=1) for start, end in pairwise(edges)]


def test_days_are_the_zones_and_cut_off_by_the_range():
    since = datetime(2026, 1, 5, 15, tzinfo=BERLIN)
    edges = bucket_edges(since, since + timedelta(days=2), "day", "Europe/Berlin")
    assert edges == [
        utc(2026, 1, 5, 14), utc(2026, 1, 5, 23), utc(2026, 1, 6, 23), utc(2026, 1, 7, 14)
    ]  # fmt: skip


@pytest.mark.parametrize(("first", "length"), [((2026, 3, 29), 23), ((2026, 10, 25), 25)])
def test_days_on_which_summer_time_begins_and_ends_have_23_and_25_hours(first, length):
    since = datetime(*first, tzinfo=BERLIN)
    until = since + timedelta(days=2)  # the clock's two days, whatever their length
    assert hours(bucket_edges(since, until, "day", "Europe/Berlin")) == [length, 24]
    assert hours(bucket_edges(since, until, "hour", "Europe/Berlin")) == [1] * (length + 24)


def test_the_hour_that_comes_twice_is_two_buckets():
    edges = bucket_edges(
        utc(2026, 10, 24, 23, 30), utc(2026, 10, 25, 2), "hour", "Europe/Berlin"
    )  # fmt: skip
    local = [edge.astimezone(BERLIN).strftime("%H:%M%z") for edge in edges]
    assert local == ["01:30+0200", "02:00+0200", "02:00+0100", "03:00+0100"]


def test_hours_of_a_half_hour_zone_begin_at_its_full_hours():
    edges = bucket_edges(utc(2026, 1, 5, 9), utc(2026, 1, 5, 11), "hour", "Asia/Kolkata")
    assert [edge.strftime("%H:%M") for edge in edges] == ["09:00", "09:30", "10:30", "11:00"]
    assert edges[1].astimezone(KOLKATA).minute == 0


def test_where_summer_time_is_half_an_hour_the_short_hour_is_a_bucket():
    since = datetime(2026, 10, 4, 1, tzinfo=ZoneInfo("Australia/Lord_Howe"))
    edges = bucket_edges(since, since + timedelta(hours=3), "hour", "Australia/Lord_Howe")
    assert hours(edges) == [1, 0.5, 1]


def test_a_day_without_midnight_begins_when_its_clock_does():
    zone = ZoneInfo("America/Havana")
    edges = bucket_edges(utc(2026, 3, 7, 12), utc(2026, 3, 9, 12), "day", "America/Havana")
    assert [edge.astimezone(zone).strftime("%d %H:%M") for edge in edges[1:-1]] == [
        "08 01:00", "09 00:00"
    ]  # fmt: skip


def test_weeks_begin_on_monday_and_months_on_the_first():
    range_ = utc(2026, 1, 28, 12), utc(2026, 3, 3)
    assert bucket_edges(*range_, "month", "UTC")[1:-1] == [utc(2026, 2, 1), utc(2026, 3, 1)]
    weeks = bucket_edges(*range_, "week", "UTC")[1:-1]
    assert weeks[0] == utc(2026, 2, 2)
    assert {each.weekday() for each in weeks} == {0}
    assert len(weeks) == 5


@given(
    st.sampled_from(ZONES),
    st.sampled_from(["hour", "day", "week", "month"]),
    st.integers(0, 8760 * 4),
    st.integers(1, 400),
)
def test_buckets_cover_the_range_and_are_the_same_where_it_is_split_at_one(zone, bucket, at, long):
    since = utc(2026, 1, 1) + timedelta(minutes=15 * at)
    until = since + timedelta(hours=long)
    edges = bucket_edges(since, until, bucket, zone)
    assert (edges[0], edges[-1]) == (since, until)
    assert all(start < end for start, end in pairwise(edges))
    middle = edges[len(edges) // 2]
    if since < middle < until:
        left, right = (
            bucket_edges(*part, bucket, zone) for part in ((since, middle), (middle, until))
        )
        assert left + right[1:] == edges


def test_without_a_bucket_the_range_is_one():
    assert len(bucket_edges(utc(2026, 1, 1), utc(2026, 2, 1), None, "UTC")) == 2


def test_even_buckets_count_from_1970():
    edges = even_edges(utc(2026, 1, 5, 9, 0, 30), utc(2026, 1, 5, 9, 3), 60)
    assert [edge.strftime("%M:%S") for edge in edges] == ["00:30", "01:00", "02:00", "03:00"]


@pytest.mark.parametrize(
    ("since", "until", "bucket", "zone", "told"),
    [
        (utc(2026, 1, 2), utc(2026, 1, 1), "day", "UTC", "not after its start"),
        (utc(2026, 1, 1), utc(2026, 1, 1), "day", "UTC", "not after its start"),
        (datetime(2026, 1, 1), utc(2026, 1, 2), "day", "UTC", "time zone"),
        (utc(2026, 1, 1), datetime(2026, 1, 2), "day", "UTC", "until .* time zone"),
        (utc(2026, 1, 1), utc(2026, 1, 2), "day", "Mars/Olympus", "no time zone 'Mars/Olympus'"),
        (utc(2026, 1, 1), utc(2026, 1, 2), "fortnight", "UTC", "there are minute, hour"),
        (utc(2026, 1, 1), utc(2027, 1, 1), "minute", "UTC", "more than 100,000 buckets"),
        (utc(1, 1, 1), utc(2027, 1, 1), "month", "UTC", "between 1900"),
        (utc(2026, 1, 1), datetime.max.replace(tzinfo=UTC), "month", "UTC", "and 9998"),
    ],
)
def test_what_is_no_range_is_refused(since, until, bucket, zone, told):
    with pytest.raises(ConfigurationError, match=told):
        bucket_edges(since, until, bucket, zone)


def test_even_buckets_are_bounded_too():
    since = utc(2026, 1, 1)
    assert len(even_edges(since, since + timedelta(seconds=MOST_BUCKETS), 1)) == MOST_BUCKETS + 1
    with pytest.raises(ConfigurationError, match="more than 100,000 buckets of 1 s"):
        even_edges(since, since + timedelta(seconds=MOST_BUCKETS + 1), 1)
    with pytest.raises(ConfigurationError, match="a second or more"):
        even_edges(since, since + timedelta(seconds=1), 0)


def test_a_range_of_any_zones_is_one():
    since = datetime(2026, 1, 5, 10, tzinfo=BERLIN)
    assert range_between(since, utc(2026, 1, 5, 10)) == (utc(2026, 1, 5, 9), utc(2026, 1, 5, 10))


def test_the_hour_that_comes_twice_is_a_range():
    first = datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN)
    since, until = range_between(first, first.replace(fold=1))
    assert until - since == timedelta(hours=1)


@pytest.mark.parametrize(
    ("since", "until", "bucket", "zone", "width"),
    [
        (utc(2026, 1, 5), utc(2026, 1, 9), "day", "UTC", timedelta(days=1)),
        (utc(2026, 1, 5, 10), utc(2026, 1, 9), "day", "UTC", timedelta(days=1)),
        (utc(2026, 3, 1), utc(2026, 11, 1), "day", "Europe/Berlin", timedelta(hours=1)),
        (utc(2026, 1, 1), utc(2027, 1, 1), "day", "Australia/Lord_Howe", timedelta(minutes=30)),
        (utc(2026, 1, 1, 0), utc(2026, 1, 1, 2), "minute", "UTC", timedelta(minutes=1)),
        (utc(2026, 1, 1, 0), utc(2026, 1, 1, 2), None, "UTC", timedelta(hours=2)),
    ],
)
def test_slots_are_as_wide_as_every_bucket_is_a_whole_number_of_them(
    since, until, bucket, zone, width
):
    edges = bucket_edges(since, until, bucket, zone)
    origin_us, slot_us = even_slots(edges)
    assert slot_us == width / timedelta(microseconds=1)
    origin = utc(1970, 1, 1) + timedelta(microseconds=origin_us)
    assert edges[0] - width < origin <= edges[0]
    assert all((edge - origin) % width == timedelta() for edge in edges[1:-1])


def test_slots_of_a_range_cut_in_two_begin_where_the_cut_is():
    edges = [utc(2026, 1, 5, 21, 40), utc(2026, 1, 6), utc(2026, 1, 6, 1)]
    origin_us, slot_us = even_slots(edges)
    assert utc(1970, 1, 1) + timedelta(microseconds=origin_us) == edges[0]
    assert slot_us == timedelta(hours=2, minutes=20) / timedelta(microseconds=1)
