from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from genesis_ray.analytics.queues import queue_service
from genesis_ray.domain.places.queues import QueueBook, QueuePolicy
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
        *waits(240, 2), zone(245, "enter", "till", 2),
        *waits(500, 3), zone(496, "enter", "till", 3),  # the zones overlap a little
        *waits(100, 4),
        *waits(100, 5), zone(106, "enter", "till", 5),  # too late to have gone there
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
    (row,) = served(events, handover_s=20)
    assert row["joined"] == 10 == row["served"] + row["abandoned"] + row["waiting"]


def test_who_steps_out_for_a_moment_has_waited_all_the_time():
    events = [*waits(100, 1), *waits(50, 1, since=104), zone(155, "enter", "till", 1)]
    (row,) = served(events)
    assert (row["joined"], row["served"], row["total_wait_s"]) == (1, 1, 154)


moves = st.lists(
    st.tuples(st.integers(1, 40), st.sampled_from(["queue", "till"]), st.integers(1, 3)),
    max_size=25,
)
"""Of each how much later, in seconds, which zone's edge is crossed, by which track."""


@given(moves)
@settings(max_examples=60, deadline=None)
def test_history_says_what_alerts_are_made_of(moves):
    queue, till = ("door", "queue"), ("door", "till")
    book = QueueBook(QueuePolicy(queue=queue, service=till, window=timedelta(days=1)))
    events, inside, second = [], set(), 0
    for pause, zone_id, track in moves:
        second += pause
        direction = "exit" if (zone_id, track) in inside else "enter"
        inside ^= {(zone_id, track)}
        events.append(zone(second, direction, zone_id, track))
        book.advance(at(second) - timedelta.resolution)  # of an instant events come first
        book.cross(("door", zone_id), track, direction, at(second))
    book.advance(at(second + 60))
    rows = served(events, until=2000)
    total = {name: sum(row[name] for row in rows) for name in ("served", "abandoned", "waiting")}
    assert total == {"served": book.served, "abandoned": book.abandoned, "waiting": book.length}
    if book.served:
        waited = sum(row["total_wait_s"] for row in rows)
        assert book.mean_wait == timedelta(seconds=waited) / book.served
