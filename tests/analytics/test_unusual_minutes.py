import pytest

from genesis_ray.analytics.reach import EVER
from genesis_ray.analytics.unusual_minutes import anomalies
from genesis_ray.domain.alerting.alert_anomalies import UnusualInView
from genesis_ray.domain.alerting.alert_zones import Where
from genesis_ray.domain.figures.anomalies import RecentPolicy
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


def busy(since: int, until: int, camera_id: str = "door"):
    """Minutes with five people each."""
    return [
        seen(60 * minute + 5, track, camera_id)
        for minute in range(since, until)
        for track in range(5)
    ]


def test_after_the_last_event_nothing_is_told():
    assert found(busy(0, 20), until=86_400) == []


def test_once_the_camera_has_ended_its_empty_minutes_are_not_told():
    film = [camera_is(0, "online"), *busy(0, 20), camera_is(1200, "ended")]
    assert found([*film, *stay(7000, 7100, camera_id="yard")], camera_ids=["door"]) == []
    later = [camera_is(4800, "online"), *busy(80, 90)]
    assert found([*film, *later]) == []


@pytest.mark.parametrize("state", ["connecting", "stalled", "failed"])
def test_minutes_in_which_a_camera_saw_nothing_are_no_values(state):
    gap = [camera_is(610, state), camera_is(890, "online")]
    events = [camera_is(0, "online"), *busy(0, 10), *gap, *busy(15, 20)]
    assert found(events) == []
    live = UnusualInView(Where(camera_id="door"), RecentPolicy(window=5, least_samples=3))
    for event in sorted(events, key=lambda event: event.occurred_at):
        live.take(event)
        assert not live.due


def test_an_empty_minute_of_a_camera_that_watches_is_told():
    events = [camera_is(0, "online"), *busy(0, 10), camera_is(610, "behind"), *busy(12, 14)]
    assert [row["starts_at"] for row in found(events)] == [at(600)]


def test_of_several_cameras_one_that_watches_is_enough():
    two = [camera_is(0, "online", each) for each in ("door", "yard")]
    events = [*two, *busy(0, 10), *busy(0, 10, "yard"), camera_is(600, "ended", "yard")]
    (row, *_) = found([*events, *busy(10, 12)])
    assert (row["starts_at"], row["value"], row["expected"]) == (at(600), 5, 10)
    assert found([*events, camera_is(600, "ended"), seen(900, 1, "old")], camera_ids=["door"]) == []


def test_a_camera_without_states_is_taken_to_watch():
    assert [row["value"] for row in found([*busy(0, 10), *busy(11, 12)])] == [0]


def test_a_camera_whose_states_are_gone_is_taken_to_have_watched_before_the_first():
    class Purged(dict):
        def rows_since(self, table):
            return at(0) if table == "camera_states" else EVER

        def quarters_since(self, _group):
            return None

        first_quarters = quarters_since

    kept = tables([*busy(0, 10), camera_is(700, "stalled"), *busy(12, 13), seen(900, 1, "yard")])
    asked = {"since": at(0), "until": at(900), "camera_ids": ["door"], "window": 5, "warm_up": 3}
    asked |= {"names": ["people_total"]}
    assert [row["starts_at"] for row in anomalies(Purged(kept), **asked).to_pylist()] == [at(600)]
    assert anomalies(kept, **asked).to_pylist() == []


def test_pieces_of_a_long_range_are_compared_with_what_came_before(monkeypatch):
    events = [*busy(0, 20), *crowd(20, 9), *busy(21, 40), seen(2500)]
    events += [each for track in range(5) for each in stay(1300, 1400, "shelf", track)]
    whole = found(events, names=["people_total", "people_by_zone"])
    assert len(whole) == 3
    monkeypatch.setattr("genesis_ray.analytics.unusual_minutes._PIECE_BUCKETS", 7)
    assert found(events, names=["people_total", "people_by_zone"]) == whole
    assert found(events, since=30, names=["people_total", "people_by_zone"]) == whole


def test_a_range_of_as_many_minutes_as_there_may_be_is_answered():
    minutes = 100_000
    asked = {"since": 60 * 200, "until": 60 * (200 + minutes)}
    assert found([*QUIET, *busy(250, 251), seen(300 * 60)], **asked)[0]["value"] == 5
    with pytest.raises(ConfigurationError, match="more than 100,000 buckets of 60 s"):
        found(QUIET, since=0, until=60 * minutes + 1)


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
