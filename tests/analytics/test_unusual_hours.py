from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from genesis_ray.analytics.unusual_hours import anomalies
from genesis_ray.errors import ConfigurationError
from tests.hand_made import NINE, line, seen, stay, tables

WEEK_S = 7 * 86400
WEEKS = 6
MONDAY = NINE + timedelta(weeks=WEEKS)


def mondays(last, *, usual=8, weeks=WEEKS, **own):
    """`usual` people in from ten to eleven on each Monday, and `last` on the one after them."""
    numbers = [*[usual] * weeks, last]
    return [
        line(week * WEEK_S + 3600 + 30 * n, track_id=n, **own)
        for week, number in enumerate(numbers)
        for n in range(number)
    ]


def asked(events, since=MONDAY, until=MONDAY + timedelta(hours=12), time_zone="UTC", **own):
    return anomalies(
        tables(events), since=since, until=until, time_zone=time_zone, **own
    ).to_pylist()


@pytest.mark.parametrize(("usual", "last", "direction"), [(8, 60, "above"), (100, 2, "below")])
def test_an_hour_that_is_unlike_those_of_the_weeks_before_is_told(usual, last, direction):
    (row,) = asked([seen(0), *mondays(last, usual=usual)])
    assert (row["metric"], row["value"], row["expected"]) == ("people in", last, usual)
    assert row["starts_at"] == MONDAY + timedelta(hours=1)
    assert row["ends_at"] == MONDAY + timedelta(hours=2)
    assert (row["basis"], row["direction"]) == ("weekly", direction)
    assert row["why"].endswith("(on Mondays from 10:00 to 11:00, of 6 weeks)")


def test_an_hour_as_usual_is_not():
    assert asked([seen(0), *mondays(9)]) == []


def test_lines_add_up_unless_a_camera_is_named():
    events = [seen(0), *mondays(8), *mondays(60, camera_id="back")]
    (both,) = asked(events)
    assert both["value"] == 68
    assert asked(events, camera_ids=["door"]) == []
    assert asked(events, camera_ids=["back"])[0]["value"] == 60


def test_the_first_weeks_do_not_shout_and_say_until_when():
    (row,) = asked([seen(0), *mondays(60, weeks=2)], since=NINE + timedelta(weeks=2),
                   until=NINE + timedelta(weeks=2, hours=12))  # fmt: skip
    assert (row["basis"], row["metric"], row["value"]) == ("warm-up", "footfall", None)
    assert row["ends_at"] == NINE + timedelta(weeks=2, hours=12)
    assert row["why"].startswith("nothing is called unusual before 2026-02-02 10:00: an hour")


def test_verdicts_begin_when_the_warm_up_is_said_to_end():
    events = [seen(0), *mondays(60, weeks=4)]
    warm_up, row = asked(events, since=NINE, until=NINE + timedelta(weeks=5))
    assert warm_up["ends_at"] == row["starts_at"] == NINE + timedelta(weeks=4, hours=1)
    assert row["basis"] == "weekly"


def test_without_events_all_is_warm_up():
    (row,) = asked([])
    assert (row["basis"], row["ends_at"]) == ("warm-up", MONDAY + timedelta(hours=12))


def test_hours_are_of_the_sites_clock():
    (row,) = asked([seen(0), *mondays(60)], time_zone="Asia/Kolkata")
    local = row["starts_at"].astimezone(ZoneInfo("Asia/Kolkata"))
    assert (local.hour, local.minute) == (15, 0)
    assert "from 15:00 to 16:00" in row["why"]


def test_an_hour_that_the_range_cuts_off_is_left_out():
    events = [seen(0), *mondays(60)]
    assert asked(events, until=MONDAY + timedelta(hours=1, minutes=40)) == []
    assert asked(events, since=MONDAY + timedelta(hours=1, minutes=1)) == []


def test_entries_and_occupancy_are_told_by_zone():
    stays = [
        event
        for week in range(WEEKS + 1)
        for n in range(60 if week == WEEKS else 8)
        for event in stay(week * WEEK_S + 3600, week * WEEK_S + 7200, "till", track_id=n)
    ]
    (entries,) = asked([seen(0), *stays], metric="entries", until=MONDAY + timedelta(hours=2))
    assert (entries["metric"], entries["value"]) == ("entries of till", 60)
    (inside,) = asked([seen(0), *stays], metric="occupancy", until=MONDAY + timedelta(hours=2))
    assert (inside["metric"], inside["value"]) == ("people in till", 60)


def test_a_series_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(ConfigurationError, match="there are footfall, entries, occupancy"):
        asked([], metric="mood")
