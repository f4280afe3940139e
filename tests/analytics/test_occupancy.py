from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genesis_ray.analytics.occupancy import occupancy
from tests.hand_made import at, stay, tables, zone


def levels(events, *, since=0, until=120, bucket="minute", **chosen):
    """Return (mean, max) of each bucket by zone; None: the site."""
    rows = occupancy(
        tables(events), since=at(since), until=at(until), time_zone="UTC", bucket=bucket, **chosen
    ).to_pylist()
    found = {}
    for row in rows:
        found.setdefault(row["zone_id"], []).append((row["mean_people"], row["max_people"]))
    return found


def test_mean_is_over_time_and_max_is_at_once():
    events = [*stay(0, 60), *stay(30, 90, track_id=2)]
    assert levels(events)["till"] == [(1.5, 2), (0.5, 1)]


def test_who_was_inside_before_counts_from_the_beginning():
    assert levels([*stay(-600, 30)])["till"] == [(0.5, 1), (0, 0)]


def test_who_left_before_does_not_count():
    assert "till" not in levels([*stay(-600, -1)])


def test_who_never_left_is_inside_for_the_longest_stay_and_not_for_ever():
    events = [zone(-30, "enter")]
    assert levels(events, longest_stay=timedelta(seconds=60))["till"] == [(0.5, 1), (0, 0)]
    assert "till" not in levels(events, longest_stay=timedelta(seconds=30))


def test_a_working_day_with_an_exit_is_whole_though_the_range_ends_before_it():
    day = {"bucket": None, "since": 6 * 3600, "until": 7 * 3600}
    assert levels([*stay(0, 9 * 3600)], **day)["till"] == [(1, 1)]


def test_who_is_not_told_to_leave_is_inside_for_four_hours():
    hours = levels([zone(0, "enter")], until=6 * 3600, bucket="hour")["till"]
    assert [people for people, _ in hours] == [1, 1, 1, 1, 0, 0]


@pytest.mark.parametrize(("hour", "hours_there"), [(3, 3), (6, 6), (24, 8), (25, 4)])
def test_who_has_not_left_yet_is_inside_until_now_and_was_lost_after_a_day(hour, hours_there):
    asked = {"until": 8 * 3600, "bucket": "hour", "now": at(hour * 3600)}
    hours = levels([zone(0, "enter")], **asked)
    assert [people for people, _ in hours["till"]] == [1] * hours_there + [0] * (8 - hours_there)
    assert hours[None] == hours["till"]


def test_one_takes_over_from_another_without_being_two():
    assert levels([*stay(0, 60), *stay(60, 120, track_id=2)])["till"] == [(1, 1), (1, 1)]


def test_a_track_in_two_zones_is_one_person_of_the_site():
    events = [*stay(0, 60), *stay(30, 90, zone_id="shelf"), *stay(0, 120, track_id=2)]
    assert levels(events)[None] == [(2, 2), (1.5, 2)]


def test_a_site_without_anybody_has_rows_of_zero():
    assert levels([]) == {None: [(0, 0), (0, 0)]}


def test_zones_can_be_chosen_for_the_site_too():
    events = [*stay(0, 60), *stay(0, 60, zone_id="shelf", track_id=2)]
    found = levels(events, zone_ids=["shelf"])
    assert found[None] == found["shelf"] == [(1, 1), (0, 0)]


def test_twice_the_same_rows_are_one_person():
    assert levels([*stay(0, 60), *stay(0, 60)])["till"] == [(1, 1), (0, 0)]


def test_a_clock_that_goes_back_takes_nobody_below_zero():
    events = [zone(30, "exit"), zone(60, "enter"), zone(90, "exit")]
    assert levels(events)["till"] == [(0, 0), (0.5, 1)]


@settings(max_examples=8, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(-300, 600), st.integers(0, 400), st.sampled_from(["a", "b"])),
        max_size=12,
    ),
    st.booleans(),
)
def test_persons_seconds_are_the_stays_and_a_range_may_be_split(stays, some_never_left):
    events = []
    for track, (since, long, where) in enumerate(stays):
        entered, left = stay(since, since + long, where, track)
        events += [entered] if some_never_left and track % 3 == 0 else [entered, left]
    longest = timedelta(seconds=300)

    def asked(since, until):
        return [
            row
            for row in occupancy(
                tables(events), since=at(since), until=at(until), time_zone="UTC",
                bucket="minute", longest_stay=longest,
            ).to_pylist()
            if row["max_people"]
        ]  # fmt: skip

    def in_order(rows):
        return sorted(
            rows, key=lambda row: (str(row["camera_id"]), str(row["zone_id"]), row["starts_at"])
        )

    whole = asked(0, 600)
    assert in_order(asked(0, 240) + asked(240, 600)) == in_order(whole)
    expected = 0
    for track, (since, long, _) in enumerate(stays):
        lasts = 300 if some_never_left and track % 3 == 0 else min(long, 300)
        expected += max(0, min(600, since + lasts) - max(0, since))
    of_zones = sum(row["person_seconds"] for row in whole if row["zone_id"])
    assert of_zones == pytest.approx(expected)
    assert sum(row["person_seconds"] for row in whole if not row["zone_id"]) == pytest.approx(
        expected
    )  # each track is in one zone


def test_people_to_a_square_metre_are_told_of_zones_with_an_area():
    events = [*stay(0, 60, "till"), *stay(0, 60, "till", 2), *stay(0, 60, "shelf", 3)]
    rows = occupancy(
        tables(events), since=at(0), until=at(120), time_zone="UTC", bucket=None,
        areas_m2={("door", "till"): 4.0},
    ).to_pylist()  # fmt: skip
    assert [
        (row["zone_id"], row["mean_people_per_m2"], row["max_people_per_m2"]) for row in rows
    ] == [(None, None, None), ("shelf", None, None), ("till", 0.25, 0.5)]
