from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from genesis_ray.analytics.footfall import footfall, zone_entries
from tests.hand_made import at, line, stay, tables, zone


def counted(events, *, since=0, until=7200, bucket="hour", time_zone="UTC", **chosen):
    rows = footfall(
        tables(events), since=at(since), until=at(until), time_zone=time_zone, bucket=bucket,
        **chosen,
    ).to_pylist()  # fmt: skip
    return [(row["line_id"], row["starts_at"], row["went_in"], row["went_out"]) for row in rows]


def test_crossings_are_counted_by_bucket_and_direction_and_empty_buckets_are_rows():
    events = [line(0), line(10, "out"), line(3599.9, track_id=2), line(7200, track_id=3)]
    assert counted(events, until=3 * 3600) == [
        ("street", at(0), 2, 1), ("street", at(3600), 0, 0), ("street", at(7200), 1, 0)
    ]  # fmt: skip


def test_the_range_has_its_start_and_not_its_end():
    assert counted([line(10), line(20)], since=10, until=20) == [("street", at(10), 1, 0)]


def test_lines_are_apart_and_cameras_can_be_chosen():
    events = [line(1), line(2, line_id="yard"), line(3, camera_id="till")]
    assert len(counted(events, bucket=None)) == 3
    assert [each[0] for each in counted(events, bucket=None, camera_ids=["door"])] == [
        "street", "yard"
    ]  # fmt: skip


def test_rows_that_stand_twice_count_once():
    assert counted([line(1), line(1)], bucket=None) == [("street", at(0), 1, 0)]


def test_events_of_the_future_wait_for_their_range():
    assert counted([line(10**9)]) == []


def test_a_day_is_the_sites_in_summer_time_and_in_half_hour_zones():
    midnight_there = datetime(2026, 7, 6, 18, 30, tzinfo=UTC)  # in Kolkata
    second = (midnight_there - at(0)).total_seconds()
    events = [line(second - 1), line(second, track_id=2), line(second + 1, track_id=3)]
    days = counted(
        events, since=second - 3600, until=second + 3600, bucket="day", time_zone="Asia/Kolkata"
    )
    assert [each[2] for each in days] == [1, 2]


def test_the_hour_that_comes_twice_has_two_rows():
    doubled = datetime(2026, 10, 25, tzinfo=UTC)
    second = (doubled - at(0)).total_seconds()
    events = [line(second), line(second + 3600, track_id=2), line(second + 3601, track_id=3)]
    rows = counted(events, since=second, until=second + 7200, time_zone="Europe/Berlin")
    assert [each[2] for each in rows] == [1, 2]


def test_a_range_given_by_a_clock_within_the_hour_that_comes_twice_is_that_hour():
    first = datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    second = (first.astimezone(UTC) - at(0)).total_seconds()
    events = [line(second + 1), line(second + 3599, track_id=2), line(second + 3600, track_id=3)]
    rows = footfall(
        tables(events), since=first, until=first.replace(fold=1), time_zone="UTC", bucket=None
    ).to_pylist()
    assert [row["went_in"] for row in rows] == [2]


@settings(max_examples=8, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 100_000), st.sampled_from(["in", "out"])), max_size=30),
    st.sampled_from(["hour", "day"]),
    st.sampled_from(["Europe/Berlin", "Asia/Kolkata"]),
)
def test_buckets_add_up_to_the_total_and_to_those_of_a_range_split_at_one(rows, bucket, zone_name):
    events = [line(second, way, track_id=n) for n, (second, way) in enumerate(rows)]
    whole = counted(events, until=100_001, bucket=bucket, time_zone=zone_name)
    assert sum(each[2] + each[3] for each in whole) == len(rows)
    if len(whole) > 1:
        middle = (whole[len(whole) // 2][1] - at(0)) / timedelta(seconds=1)
        parts = counted(events, until=middle, bucket=bucket, time_zone=zone_name) + counted(
            events, since=middle, until=100_001, bucket=bucket, time_zone=zone_name
        )
        assert [each for each in parts if each[2] + each[3]] == [
            each for each in whole if each[2] + each[3]
        ]


def test_zones_have_entries_and_exits():
    events = [*stay(1, 5000), zone(2, "enter", track_id=2), *stay(3, 4, zone_id="shelf")]
    rows = zone_entries(
        tables(events), since=at(0), until=at(7200), time_zone="UTC", zone_ids=["till"]
    ).to_pylist()
    assert [(row["zone_id"], row["entries"], row["exits"]) for row in rows] == [
        ("till", 2, 0), ("till", 0, 1)
    ]  # fmt: skip
