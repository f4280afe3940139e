import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis_ray.domain.events import CameraStateChanged, Event, ZoneCrossed
from genesis_ray.domain.places.untold_exits import LOST_AFTER, UntoldExits
from tests.hand_made import OWN, at, line, seen, stay, zone

LONG_S = LOST_AFTER.total_seconds() + 1


def state(second: float, state: str, camera_id: str = "door") -> CameraStateChanged:
    return CameraStateChanged(
        **OWN, camera_id=camera_id, occurred_at=at(second), state=state, reason=""
    )


def told(*events: Event) -> list[tuple[str, str, int, float]]:
    """Return the exits that come out: camera, zone, track and second."""
    exits = UntoldExits()
    found = [each for event in events for each in exits.take(event)]
    assert all(each.direction == "exit" for each in found)
    return [
        (each.camera_id, each.zone_id, each.track_id, (each.occurred_at - at(0)).total_seconds())
        for each in found
    ]


def test_who_is_seen_no_more_while_others_are_left_at_their_last_sight():
    here = [zone(0, "enter"), seen(1), seen(2), seen(2, track_id=2)]
    assert told(*here, seen(2 + LONG_S - 2, track_id=2)) == []
    assert told(*here, seen(2 + LONG_S, track_id=2)) == [("door", "till", 1, 2)]


def test_each_zone_is_left_once():
    two = [zone(0, "enter"), zone(1, "enter", "shelf"), seen(2)]
    others = [seen(second, track_id=2) for second in (200, 400, 600)]
    assert told(*two, *others) == [("door", "shelf", 1, 2), ("door", "till", 1, 2)]


def test_who_was_not_seen_since_they_entered_left_as_they_entered():
    assert told(zone(5, "enter"), seen(500, track_id=2)) == [("door", "till", 1, 5)]


@pytest.mark.parametrize(
    "events",
    [
        [*stay(0, 10), seen(500, track_id=2)],
        [zone(0, "enter"), *(seen(second) for second in range(0, 1000, 60))],  # still there
        [zone(0, "enter"), seen(500, camera_id="yard")],  # which says nothing of the door
        [zone(0, "enter"), line(500)],
        [zone(0, "enter"), state(500, "online")],  # frames may be those of nobody
        [zone(0, "exit"), seen(500, track_id=2)],
    ],
)
def test_nobody_leaves_who_may_be_there_or_has_left(events):
    assert told(*events) == []


@pytest.mark.parametrize("over", ["ended", "failed"])
def test_at_a_camera_that_is_over_nobody_is_in_a_zone(over):
    here = [zone(0, "enter"), zone(1, "enter", track_id=2), zone(1, "enter", camera_id="yard")]
    gone = [("door", "till", 1, 3), ("door", "till", 2, 4)]
    assert told(*here, seen(3), seen(4, 2), state(5, over), state(6, over)) == gone


def test_a_camera_that_goes_on_after_its_end_begins_anew():
    again = [zone(20, "enter"), seen(21), state(30, "ended")]
    assert told(zone(0, "enter"), state(10, "ended"), *again) == [
        ("door", "till", 1, 0),
        ("door", "till", 1, 21),
    ]


CROSSED = st.tuples(st.integers(0, 600), st.sampled_from(["enter", "exit", "seen"]))


@given(st.lists(st.tuples(CROSSED, st.integers(1, 3)), max_size=40))
def test_in_the_end_every_entry_has_an_exit(told):
    exits, crossings = UntoldExits(), []
    for (second, what), track_id in sorted(told):
        event = seen(second, track_id) if what == "seen" else zone(second, what, "till", track_id)
        crossings += [*exits.take(event), event]
    crossings += exits.take(state(2000, "ended"))
    inside = set()
    for event in crossings:
        if isinstance(event, ZoneCrossed):
            (inside.add if event.direction == "enter" else inside.discard)(event.track_id)
    assert inside == set()
