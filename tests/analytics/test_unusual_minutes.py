import pytest

from genesis_ray.analytics.unusual_minutes import anomalies
from genesis_ray.errors import ConfigurationError
from tests.hand_made import at, camera_is, seen, stay, tables


def found(events, *, since=0, until=6000, **chosen):
    asked = {"names": ["people_total"], "window": 5, "warm_up": 3, **chosen}
    return anomalies(tables(events), since=at(since), until=at(until), **asked).to_pylist()


def crowd(minute: int, people: int):
    return [seen(60 * minute + 5, track) for track in range(people)]


QUIET = [each for minute in range(20) for each in crowd(minute, 1)]


def test_a_minute_is_held_against_those_before():
    (row,) = found([*QUIET, *crowd(10, 5)], until=1200)
    assert (row["starts_at"], row["value"], row["expected"]) == (at(600), 5, 1)
    assert (row["metric"], row["zone_id"], row["direction"]) == ("people_total", None, "above")
    assert row["why"] == "people_total 5, usually 1 ± 1 (in the last 5 values)"


def test_minutes_before_the_range_are_compared_with_and_not_told():
    events = [*QUIET, *crowd(10, 5)]
    assert len(found(events, since=600, until=660)) == 1
    assert found(events, since=660, until=1200) == []


def test_before_the_first_event_there_are_no_minutes_to_compare_with():
    assert found(crowd(0, 5), until=120) == []
    assert found([*crowd(0, 1), *crowd(1, 1), *crowd(2, 5)], until=180) == []


def test_zones_are_series_of_their_own():
    events = [camera_is(0, "online")]
    for track in range(6):
        events += stay(610, 650 if track else 690, track_id=track)
    events += [event for track in range(6) for event in stay(1205, 1270, "shelf", track)]
    rows = found(events, until=1500, names=["people_by_zone"])
    assert [(row["zone_id"], row["starts_at"], row["value"]) for row in rows] == [
        ("shelf", at(1200), 6)
    ]


def test_a_window_that_gives_no_verdict_is_refused():
    with pytest.raises(ConfigurationError, match="2 <= warm_up <= window, got 9 and 5"):
        found(QUIET, warm_up=9)


def test_without_events_nothing_is_unusual():
    assert found([]) == []
