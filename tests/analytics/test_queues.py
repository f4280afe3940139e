from datetime import timedelta

from genesis_ray.analytics.queues import queue_service
from tests.hand_made import at, stay, tables, zone


def served(events, *, service="till", until=3600, **chosen):
    return queue_service(
        tables(events), since=at(0), until=at(until), time_zone="UTC", queue_zone_id="queue",
        service_zone_id=service, **chosen,
    ).to_pylist()  # fmt: skip


def waits(long: float, track: int, since: float = 0):
    return stay(since, since + long, "queue", track)


def test_service_begins_when_the_queue_is_left_towards_it():
    events = [
        *waits(60, 1), zone(61, "enter", "till", 1),
        *waits(240, 2), zone(250, "enter", "till", 2),
        *waits(500, 3), zone(400, "enter", "till", 3),  # the zones overlap
        *waits(100, 4),
        *waits(100, 5), zone(111, "enter", "till", 5),  # too late to have gone there
    ]  # fmt: skip
    (row,) = served(events, within_s=240)
    assert (row["joined"], row["served"], row["abandoned"], row["waiting"]) == (5, 3, 2, 0)
    assert (row["served_within"], row["service_level"]) == (2, 0.4)
    assert (row["total_wait_s"], row["p50_wait_s"], row["max_wait_s"]) == (800, 240, 500)


def test_being_served_before_joining_is_no_service():
    (row,) = served([*stay(-60, -1, "till"), *waits(60, 1)])
    assert (row["served"], row["abandoned"]) == (0, 1)


def test_service_of_another_track_or_camera_does_not_count():
    events = [*waits(60, 1), zone(61, "enter", "till", 2), zone(61, "enter", "till", 1, "hall")]
    assert served(events)[0]["abandoned"] == 1


def test_without_a_service_zone_whoever_left_was_served():
    (row,) = served([*waits(60, 1)], service=None)
    assert (row["served"], row["service_level"]) == (1, 1)


def test_who_has_not_left_waits():
    (row,) = served([zone(5, "enter", "queue")], longest_stay=timedelta(hours=1))
    assert (row["joined"], row["waiting"], row["service_level"]) == (1, 1, None)
    assert row["mean_wait_s"] is None


def test_waits_belong_to_when_they_began_and_empty_hours_are_rows():
    events = [*waits(600, 1, since=3500), *waits(60, 2, since=7300)]
    rows = served(events, service=None, until=4 * 3600)
    assert [row["joined"] for row in rows] == [1, 0, 1, 0]
    assert [row["total_wait_s"] for row in rows] == [600, 0, 60, 0]


def test_everybody_who_joined_is_served_gone_or_waiting():
    events = [each for track in range(9) for each in waits(10 + track, track, since=track)]
    events += [zone(30, "enter", "till", track) for track in range(0, 9, 2)]
    events += [zone(50, "enter", "queue", 20)]
    (row,) = served(events, walk_s=20)
    assert row["joined"] == 10 == row["served"] + row["abandoned"] + row["waiting"]
