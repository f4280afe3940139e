from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import numpy as np
import pytest

from genesis_ray.domain.streams.frames import Frame, FrameStamp
from genesis_ray.live.lane import STARVED_S, Lane
from genesis_ray.live.picking import Picked, Picker
from genesis_ray.live.precedence import Behind, Precedence

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
IMAGE = np.zeros((4, 4, 3), np.uint8)
A_WHILE_S = 60.0


def lane(role: str, waiting: int = 0, *, now: float = 0.0) -> Lane:
    own = Lane(SimpleNamespace(camera_id=role, role=role, unseen={}), 4, True)
    for number in range(waiting):
        stamp = FrameStamp(role, number, NOON + timedelta(seconds=now, milliseconds=number))
        own.put(Frame(stamp, IMAGE), IMAGE, now)
    return own


def roles(picked: list[Picked]) -> list[str]:
    return [station.role for station, _, _ in picked]


def lanes_of(*roles: str, now: float) -> list[Lane]:
    """Cameras of which a frame has come just now."""
    return [lane(role, 1, now=now) for role in roles]


ALL = ("billing", "tracking", "vehicle")


@pytest.mark.parametrize(
    ("ahead", "taken"),
    [
        ([], ["billing", "tracking", "vehicle"]),
        (["never"], ["billing"]),
        (["adaptive"], ["billing", "tracking"]),
        (["never", "adaptive"], ["billing"]),
    ],
)
def test_lower_classes_give_way_to_one_that_is_behind_elsewhere(ahead, taken):
    precedence = Precedence()
    precedence.give_way(ahead, 1.0)
    picker = Picker(limit=8, realtime=True, precedence=precedence)
    assert roles(picker.pick(lanes_of(*ALL, now=2.0), 2.0)) == taken


def test_they_do_no_more_once_it_has_caught_up():
    precedence = Precedence()
    picker = Picker(limit=8, realtime=True, precedence=precedence)
    precedence.give_way(["never"], 1.0)
    precedence.give_way([], 2.0)
    assert roles(picker.pick(lanes_of("vehicle", now=2.0), 2.0)) == ["vehicle"]


def test_nor_where_whoever_told_them_is_heard_of_no_more():
    precedence = Precedence()
    picker = Picker(limit=8, realtime=True, precedence=precedence)
    precedence.give_way(["never"], 0.0)
    assert picker.pick(lanes_of("vehicle", now=4.0), 4.0) == []
    assert roles(picker.pick(lanes_of("vehicle", now=6.0), 6.0)) == ["vehicle"]


def test_of_who_has_starved_meanwhile_a_frame_is_taken():
    precedence = Precedence()
    late = lane("vehicle", 1, now=0.0)
    for second in range(12):
        precedence.give_way(["never"], float(second))
    assert not precedence.allows(late, 2 * STARVED_S)
    assert precedence.allows(late, 2 * STARVED_S + 0.1)


def test_a_camera_that_ends_ends_though_others_are_ahead():
    precedence = Precedence()
    precedence.give_way(["never"], 0.0)
    last = lane("vehicle", 1)
    last.is_over = True
    assert precedence.allows(last, 0.1)


def test_half_of_what_was_under_way_may_be_after_they_gave_way_and_more_and_more():
    precedence = Precedence()
    picker = Picker(limit=16, realtime=True, precedence=precedence)
    under_way = roles(picker.pick(lanes_of(*["vehicle"] * 12, now=0.0), 0.0))
    precedence.give_way(["never"], 1.0)
    precedence.give_way([], 2.0)
    precedence.answered(under_way)

    def taken(now: float) -> int:
        picked = roles(picker.pick(lanes_of(*["vehicle"] * 16, now=now), now))
        precedence.answered(picked)
        return len(picked)

    assert taken(2.0) == 6
    assert 6 < taken(5.0) < 12
    assert taken(A_WHILE_S) == 16


def test_what_is_taken_of_the_first_class_is_no_less_then():
    precedence = Precedence()
    picker = Picker(limit=16, realtime=True, precedence=precedence)
    precedence.give_way(["never"], 1.0)
    many = lanes_of(*["billing"] * 16, now=1.0)
    assert len(picker.pick(many, 1.0)) == 16


def test_the_last_request_is_kept_free_for_cameras_of_the_first_class():
    precedence = Precedence(requests=3)
    picker = Picker(limit=1, realtime=True, precedence=precedence)
    lanes = [lane("billing"), *lanes_of("tracking", "vehicle", "emotion", now=0.0)]
    assert [roles(picker.pick(lanes, 0.0)) for _ in range(3)] == [["tracking"], ["vehicle"], []]
    lanes[0] = lane("billing", 1)
    assert roles(picker.pick(lanes, 0.0)) == ["billing"]
    precedence.answered(["tracking"])
    assert roles(picker.pick(lanes, 0.0)) == ["emotion"]


@pytest.mark.parametrize("requests", [1, 3])
def test_nothing_is_kept_free_where_there_are_none(requests):
    precedence = Precedence(requests=requests)
    picker = Picker(limit=1, realtime=True, precedence=precedence)
    lanes = lanes_of(*["tracking", "vehicle", "emotion"][:requests], now=0.0)
    for _ in range(requests):
        assert len(picker.pick(lanes, 0.0)) == 1


def test_who_has_one_request_at_a_time_takes_whatever_is_ready():
    picker = Picker(limit=1, realtime=True, precedence=Precedence(requests=1))
    assert roles(picker.pick([lane("billing"), *lanes_of("vehicle", now=0.0)], 0.0)) == ["vehicle"]


def test_a_camera_of_the_first_class_is_behind_from_four_frames_until_one_is_left():
    behind, own = Behind(), lane("billing", 3)
    assert behind.among([own]) is None
    assert behind.among([lane("billing", 4)]) == "never"
    assert behind.among([lane("billing", 2)]) == "never"
    assert behind.among([lane("billing", 1)]) is None
    assert behind.among([own]) is None


def test_one_of_the_second_is_while_it_is_sampled():
    sampled = lane("tracking", 1)
    assert Behind().among([sampled]) is None
    sampled.sampler.step = 2
    assert Behind().among([sampled]) == "adaptive"


def test_one_that_is_held_up_by_something_else_is_not():
    held = lane("billing", 9)
    held.holds = 1
    assert Behind().among([held]) is None


def test_nor_are_cameras_of_the_last_class_whatever_waits():
    assert Behind().among([lane("vehicle", 9)]) is None
