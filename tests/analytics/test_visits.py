from datetime import UTC, datetime, timedelta

import pytest

from genesis_ray.analytics.attendance import attendances
from genesis_ray.analytics.visits import VisitKey, visit_distribution, visits_page
from genesis_ray.errors import ConfigurationError
from tests.hand_made import at, recognized, seen, stay, tables, visit, zone

RANGE = {"since": at(0), "until": at(1000)}

THREE = [
    *visit(0, 90, "ada", ("shelf", "till"), last="yard"),
    *visit(10, 50, "bob", ("shelf",), first="till", last="till"),
    *visit(10, None, "cyd"),
]


def page(events, **chosen):
    return visits_page(tables(events), **RANGE, **chosen).to_pylist()


def ids(events, **chosen):
    return [row["visit_id"] for row in page(events, **chosen)]


def test_a_visit_is_a_row_with_where_it_began_and_ended():
    ada, _, cyd = page(THREE)
    assert (ada["identity_id"], ada["duration_s"], ada["zone_ids"]) == (
        "ada",
        90,
        ["shelf", "till"],
    )
    assert (ada["first_camera_id"], ada["last_camera_id"]) == ("door", "yard")
    assert (cyd["first_camera_id"], cyd["last_camera_id"], cyd["duration_s"]) == (
        "door",
        None,
        None,
    )


def dwells(events):
    found = [row["dwell_s"] for row in page(events)]
    return [None if each is None else dict(each) for each in found]


def test_a_visit_has_its_seconds_in_each_zone():
    events = [
        *visit(0, 90, "ada", ("shelf", "till")), recognized(20, 1, "ada"),
        *stay(5, 15, "shelf"), *stay(30, 40, "shelf"), *stay(50, 70, "till"),
        *stay(0, 80, "shelf", track_id=2),
    ]  # fmt: skip
    assert dwells(events) == [{"shelf": 20, "till": 20}]
    assert dwells([*events, *events]) == [{"shelf": 20, "till": 20}]


def test_who_is_in_a_zone_to_the_end_of_the_visit_was_there_until_then():
    events = [*visit(0, 90, "ada", ("till",)), recognized(20, 1, "ada")]
    assert dwells([*events, zone(60, "enter")]) == [{"till": 30}]
    assert dwells([*events, *stay(60, 500)]) == [{"till": 30}]


def test_who_is_seen_in_a_zone_by_two_cameras_is_in_it_once():
    events = [
        *visit(0, 90, "ada", ("till",)), recognized(20, 1, "ada"),
        recognized(20, 1, "ada", camera_id="yard"),
        *stay(10, 40), *stay(20, 25, camera_id="yard"), *stay(30, 60, camera_id="yard"),
    ]  # fmt: skip
    assert dwells(events) == [{"till": 50}]


def test_dwell_is_that_of_attendances():
    events = [
        *visit(10, 90, "ada", ("shelf", "till")), recognized(20, 1, "ada"),
        *(seen(second) for second in range(10, 91)),
        *stay(12, 33, "shelf"), *stay(35, 61, "till"), *stay(58, 70, "shelf"),
    ]  # fmt: skip
    (row,) = attendances(tables(events)).to_pylist()
    assert dwells(events) == [dict(row["dwell_s"])]


def test_dwell_is_not_told_before_a_visit_is_over_nor_of_crossings_that_are_gone():
    assert dwells([*visit(0, None), recognized(5), *stay(10, 20)]) == [None]
    assert dwells(visit(0, 90, zones=("till",))) == [None]
    assert dwells(visit(0, 90)) == [{}]


def test_each_visit_of_a_person_has_its_own_times():
    events = [
        *visit(0, 90, zones=("till",)), recognized(5), *stay(10, 20),
        *visit(500, 590, zones=("till",)), recognized(505), *stay(510, 550),
    ]  # fmt: skip
    assert dwells(events) == [{"till": 10}, {"till": 40}]


@pytest.mark.parametrize(("hours", "duration_s"), [(23, 82_800), (24, 86_400), (25, None)])
@pytest.mark.parametrize("until", [60, 3 * 3600, 48 * 3600])
def test_whether_a_long_visit_is_over_does_not_depend_on_the_range(until, hours, duration_s):
    asked = {"since": at(0), "until": at(until)}
    events = visit(30, 30 + hours * 3600, "ada", ("till",))
    (row,) = visits_page(tables(events), **asked).to_pylist()
    assert row["duration_s"] == duration_s
    assert (row["last_camera_id"], row["zone_ids"]) == (
        ("door", ["till"]) if duration_s else (None, [])
    )


def test_pages_follow_each_other_without_gap_or_repetition():
    events = [each for n in range(7) for each in visit(n // 3, 50 + n, f"p{n}")]
    found, after = [], None
    while rows := page(events, limit=2, after=after):
        found += [row["visit_id"] for row in rows]
        after = VisitKey(rows[-1]["started_at"], rows[-1]["visit_id"])
    assert found == ids(events)
    assert len(set(found)) == 7


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        ({"identity_id": "bob"}, ["bob@10"]),
        ({"camera_id": "yard"}, ["ada@0"]),
        ({"camera_id": "door"}, ["ada@0", "cyd@10"]),
        ({"zone_id": "till"}, ["ada@0"]),
        ({"least_s": 60}, ["ada@0"]),
        ({"limit": 1}, ["ada@0"]),
    ],
)
def test_visits_can_be_chosen(chosen, found):
    assert ids(THREE, **chosen) == found


def test_visits_belong_to_when_they_began():
    assert ids([*visit(-1, 5), *visit(999, 5000), *visit(1000, 1001)]) == ["ada@999"]


@pytest.mark.parametrize("limit", [0, 10_001])
def test_a_page_is_bounded(limit):
    with pytest.raises(ConfigurationError, match="limit of 1 to 10,000"):
        page([], limit=limit)


def distribution(events, by, least_group=1, **how):
    asked = {**RANGE, "time_zone": "UTC", **how}
    rows = visit_distribution(tables(events), by=by, least_group=least_group, **asked).to_pylist()
    return [(row["from_value"], row["to_value"], row["visits"], row["people"]) for row in rows]


def test_durations_are_of_visits_that_are_over():
    events = [*THREE, *visit(60, 100, "bob")]
    assert distribution(events, "duration", bins_s=[0, 60, 120]) == [
        (0, 60, 2, 1), (60, 120, 1, 1), (120, None, 0, 0)
    ]  # fmt: skip


def test_hours_and_weekdays_are_the_zones():
    asked = {"time_zone": "Asia/Kolkata"}  # 9:00 on Monday there is 14:30
    hours = distribution(THREE, "hour", **asked)
    assert [each for each in hours if each[2]] == [(14, 15, 3, 3)]
    assert len(hours) == 24
    sunday_night = datetime(2026, 1, 11, 20, tzinfo=UTC)
    second = (sunday_night - at(0)).total_seconds()
    asked |= {"since": sunday_night, "until": sunday_night + timedelta(hours=1)}
    days = distribution(visit(second, second + 9), "weekday", **asked)
    assert [each for each in days if each[2]] == [(1, 2, 1, 1)]
    assert len(days) == 7


def test_hours_of_both_sides_of_a_change_of_summer_time_are_the_clocks():
    change = datetime(2026, 3, 29, 1, tzinfo=UTC)  # 2:00 becomes 3:00 in Berlin
    second = (change - at(0)).total_seconds()
    asked = {"since": change - timedelta(hours=1), "until": change + timedelta(hours=1)}
    events = [*visit(second - 1, second), *visit(second, second + 1)]
    hours = distribution(events, "hour", time_zone="Europe/Berlin", **asked)
    assert [each[0] for each in hours if each[2]] == [1, 3]


def test_few_people_are_withheld_with_another_bin():
    events = [each for n in range(9) for each in visit(n, n + 10, f"p{n}")]
    events += [each for n in range(6) for each in visit(n, n + 70, f"q{n}")]
    events += visit(20, 200, "lone")
    found = distribution(events, "duration", least_group=5, bins_s=[0, 60, 120])
    assert found == [(0, 60, 9, 9), (60, 120, None, None), (120, None, None, None)]


def test_unknown_distributions_and_zones_are_refused():
    with pytest.raises(ConfigurationError, match="duration, hour, weekday"):
        distribution([], "age")
    with pytest.raises(ConfigurationError, match="no time zone 'Mars'"):
        distribution([], "hour", time_zone="Mars")
