from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genesis_ray.analytics.metrics import METRICS, current_metrics, metrics
from genesis_ray.domain.figures.rollups import LONGEST_STAY
from genesis_ray.domain.places.occupancy import Occupancy
from genesis_ray.errors import ConfigurationError
from tests.hand_made import at, recognized, seen, stay, tables, zone


def series(events, until=180, since=0, **chosen):
    chosen = {"queue_zone_ids": ["queue"], **chosen}
    return metrics(tables(events), since=at(since), until=at(until), **chosen).to_pylist()


def column(name, events, **how):
    return [row[name] for row in series(events, **how)]


def test_people_in_view_in_a_minute_count_once_in_it():
    events = [seen(0), seen(30), seen(70), seen(71, 2), seen(71, 2, "till")]
    assert column("people_total", events) == [1, 3, 0]


def test_the_queue_is_as_long_as_it_is_when_the_minute_ends():
    events = [*stay(-60, 30, "queue", 1), *stay(10, 130, "queue", 2), *stay(20, 60, "queue", 3)]
    assert column("queue_len", events) == [2, 1, 0]
    assert column("people_by_zone", events) == [[("queue", 2)], [("queue", 1)], []]


def test_waits_are_of_those_who_left_a_queue_in_the_minute():
    events = [*stay(-60, 30, "queue", 1), *stay(10, 50, "queue", 2), *stay(0, 100, "shelf", 3)]
    assert column("avg_wait_sec", events) == [65, None, None]


def test_without_queue_zones_there_is_no_length_and_no_wait():
    events = [*stay(0, 30, "queue")]
    assert column("queue_len", events, queue_zone_ids=()) == [None] * 3
    assert column("avg_wait_sec", events, queue_zone_ids=()) == [None] * 3


def test_new_and_known_faces_are_apart_and_tracks_of_two_cameras_are_two():
    events = [
        recognized(1, 1), recognized(2, 1, camera_id="till"), recognized(3, 2, is_new=True),
        recognized(4, 3, decision="review"), recognized(61, 4),
    ]  # fmt: skip
    assert column("recognized_faces", events) == [2, 1, 0]
    assert column("new_faces", events) == [1, 0, 0]


def test_zones_of_one_name_add_up_over_cameras_that_can_be_chosen():
    events = [zone(1, "enter", "queue"), zone(2, "enter", "queue", 1, "yard")]
    assert column("queue_len", events) == [2, 2, 2]
    assert column("queue_len", events, camera_ids=["yard"]) == [1, 1, 1]


def test_buckets_are_whole_minutes_and_the_range_cuts_them():
    rows = series([seen(70)], since=30, until=100)
    assert [(row["starts_at"], row["ends_at"]) for row in rows] == [
        (at(30), at(60)), (at(60), at(100))
    ]  # fmt: skip
    assert [row["people_total"] for row in rows] == [0, 1]


def test_a_range_may_be_split_at_a_minute():
    events = [seen(5), seen(65), *stay(-5, 65, "queue"), zone(70, "enter", "queue", 2)]
    events += [recognized(80)]
    assert series(events, until=60) + series(events, since=60) == series(events)


def test_who_never_left_is_inside_as_the_last_bucket_is_cut_off_by_the_range():
    stays = {"longest_stay": timedelta(seconds=100)}
    assert column("queue_len", [zone(10, "enter", "queue")], until=100, **stays) == [1, 1]
    assert column("queue_len", [zone(10, "enter", "queue")], until=180, **stays) == [1, 0, 0]


def test_the_current_ones_are_of_the_window_up_to_now():
    events = [seen(29), seen(31, 2), zone(40, "enter", "queue", 2), recognized(90, 2), seen(91, 3)]
    (row,) = current_metrics(
        tables(events), at=at(90.5), queue_zone_ids=["queue"]
    ).to_pylist()  # fmt: skip
    assert (row["starts_at"], row["ends_at"]) == (at(30.5), at(90.5))
    assert (row["people_total"], row["queue_len"], row["recognized_faces"]) == (1, 1, 1)


def test_who_has_not_left_yet_is_in_the_zone_up_to_the_minute_that_is_now():
    hours = 6 * 3600
    long_there = {"since": hours, "until": hours + 180}
    entered = [zone(0, "enter", "queue")]
    assert column("queue_len", entered, **long_there, now=at(hours + 90)) == [1, 1, 0]


def test_who_did_not_leave_in_a_day_was_lost():
    entered = [zone(0, "enter", "queue")]
    for hour, people in ((3.99, 1), (6, 0), (23, 0)):
        minute = {"since": hour * 3600, "until": hour * 3600 + 1}
        assert column("queue_len", entered, **minute, now=at(30 * 3600)) == [people]


@pytest.mark.parametrize(("hour", "people"), [(3, 1), (6, 1), (24, 1), (24.01, 0)])
def test_the_current_ones_count_who_came_in_the_last_day_and_has_not_left(hour, people):
    moment = current_metrics(
        tables([zone(0, "enter", "queue")]), at=at(hour * 3600), queue_zone_ids=["queue"]
    )
    assert moment["queue_len"].to_pylist() == [people]


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 86_400), st.integers(1, 86_399), st.booleans()), max_size=6),
    st.integers(1, 2 * 86_400),
)
def test_the_live_count_of_a_zone_is_what_events_tell_afterwards(stays, moment):
    """Of people who stay up to a day, or of whom it is not told that they leave."""
    events = [
        event
        for track, (since, long, leaves) in enumerate(stays)
        for event in stay(since, since + long, "queue", track)[: 1 + leaves]
    ]
    live = Occupancy()
    for event in sorted(events, key=lambda event: event.occurred_at):
        if event.occurred_at < at(moment):
            live.cross(("door", "queue"), event.track_id, event.direction, event.occurred_at)
    (row,) = current_metrics(
        tables(events), at=at(moment), queue_zone_ids=["queue"]
    ).to_pylist()  # fmt: skip
    came = live.present(("door", "queue")).values()
    # Whom it takes for lost it forgets with a later crossing.
    assert row["queue_len"] == sum(each >= at(moment) - LONGEST_STAY for each in came)


def test_only_metrics_that_are_asked_for_are_told():
    rows = metrics(tables([]), since=at(0), until=at(60), names=["new_faces", "people_total"])
    assert rows.column_names == ["starts_at", "ends_at", "people_total", "new_faces"]


def test_unknown_metrics_are_refused_with_those_there_are():
    with pytest.raises(ConfigurationError, match=f"no metric mood; .*{METRICS[-1]}"):
        series([], names=["people_total", "mood"])


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ConfigurationError, match="time zone"):
        current_metrics(tables([]), at=datetime(2026, 1, 5))
