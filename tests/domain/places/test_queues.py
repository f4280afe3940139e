from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genesis_ray.domain.places.queues import QueueBook, QueuePolicy

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
QUEUE, TILL = ("door", "queue"), ("door", "till")


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def book(service=TILL, window_s: float = 600) -> QueueBook:
    window = timedelta(seconds=window_s)
    return QueueBook(QueuePolicy(queue=QUEUE, service=service, window=window))


def waited(own: QueueBook, track_id: int, since: float, until: float, served_at=None) -> None:
    own.cross(QUEUE, track_id, "enter", at(since))
    own.cross(QUEUE, track_id, "exit", at(until))
    if served_at is not None:
        own.cross(TILL, track_id, "enter", at(served_at))


def test_a_queue_is_as_long_as_people_are_in_it():
    own = book()
    own.cross(QUEUE, 1, "enter", at(0))
    own.cross(QUEUE, 2, "enter", at(20))
    assert own.length == 2
    own.cross(QUEUE, 1, "exit", at(61))
    own.cross(QUEUE, 2, "exit", at(62))
    assert own.length == 0


@pytest.mark.parametrize(("served_at", "served"), [(102, 1), (98, 1), (105, 1), (106, 0), (94, 0)])
def test_service_begins_where_the_track_enters_its_zone_within_the_handover(served_at, served):
    own = book()
    waited(own, 1, 0, 100, served_at)
    own.advance(at(110))
    assert (own.served, own.abandoned) == (served, 1 - served)


def test_who_leaves_elsewhere_has_given_up_and_is_not_in_the_mean():
    own = book()
    waited(own, 1, 0, 100, served_at=101)
    waited(own, 2, 0, 40)
    own.advance(at(110))
    assert (own.served, own.abandoned) == (1, 1)
    assert own.mean_wait == timedelta(seconds=100)


def test_another_track_of_the_same_identity_is_served_in_their_stead():
    own = book(service=("till", "counter"))
    waited(own, 1, 0, 100)
    own.cross(("till", "counter"), 7, "enter", at(103))
    own.name(("door", 1), "ada", at(50))
    own.name(("till", 7), "ada", at(104))
    waited(own, 2, 0, 100)
    own.advance(at(106))
    assert (own.served, own.abandoned) == (1, 1)


def test_without_a_zone_of_service_whoever_leaves_was_served():
    own = book(service=None)
    waited(own, 1, 0, 30)
    own.advance(at(40))
    assert (own.served, own.mean_wait) == (1, timedelta(seconds=30))


def test_who_steps_out_for_a_moment_has_waited_all_the_time():
    own = book()
    waited(own, 1, 0, 50)
    own.advance(at(54))
    waited(own, 1, 54, 100, served_at=101)
    own.advance(at(106))
    assert (own.served, own.abandoned) == (1, 0)
    assert own.mean_wait == timedelta(seconds=100)


def test_waits_leave_the_mean_with_the_window():
    own = book(window_s=60)
    waited(own, 1, 0, 10, served_at=11)
    own.advance(at(15))
    waited(own, 2, 0, 40, served_at=41)
    own.advance(at(45))
    assert own.mean_wait == timedelta(seconds=25)
    assert own.next_at == at(70)
    own.advance(at(70))
    assert own.mean_wait == timedelta(seconds=40)
    own.advance(at(100))
    assert (own.mean_wait, own.next_at) == (None, None)


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 90), st.booleans()), max_size=6),
       st.randoms())  # fmt: skip
def test_order_of_arrival_and_repetition_change_no_figure(people, random):
    def told(crossings):
        own = book()
        for crossing in crossings:
            own.cross(*crossing)
        own.advance(at(200))
        return own.served, own.abandoned, own.mean_wait, own.length

    crossings = []
    for track_id, (since, lasting, is_served) in enumerate(people):
        crossings.append((QUEUE, track_id, "enter", at(since)))
        crossings.append((QUEUE, track_id, "exit", at(since + lasting)))
        if is_served:
            crossings.append((TILL, track_id, "enter", at(since + lasting + 1)))
    mixed = crossings + random.choices(crossings, k=3) if crossings else []
    random.shuffle(mixed)
    assert told(mixed) == told(crossings)


def test_a_long_day_leaves_nothing_behind_but_figures():
    own = book()
    for track_id in range(1000):
        waited(own, track_id, 10 * track_id, 10 * track_id + 8, served_at=10 * track_id + 9)
        own.name(("door", track_id), f"p{track_id}", at(10 * track_id))
        own.advance(at(10 * track_id + 9))
    assert own.served >= 999
    kept = (own._serving, own._names, own._waits, own._leaving)
    assert all(len(each) < 400 for each in kept)
