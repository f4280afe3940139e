from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import numpy as np
import pytest

from genesis_ray.domain.streams.frames import Frame, FrameStamp
from genesis_ray.live.lane import BUSY, SAMPLED, Lane

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
IMAGE = np.zeros((4, 4, 3), np.uint8)


def lane(role: str = "tracking", *, realtime: bool = True, limit: int = 4) -> Lane:
    station = SimpleNamespace(camera_id=role, role=role, unseen={})
    return Lane(station, limit, realtime)


def put(into: Lane, count: int, *, now: float = 0.0, first: int = 0) -> None:
    for number in range(first, first + count):
        into.put(Frame(FrameStamp("door", number, NOON), IMAGE), IMAGE, now)


def numbers(of: Lane) -> list[int]:
    return [waiting.frame.stamp.frame_index for waiting in of.waiting]


@pytest.mark.parametrize("role", ["billing", "entrance"])
def test_of_a_camera_that_is_to_lose_nothing_frames_wait(role):
    full = lane(role)
    put(full, 10)
    assert numbers(full) == list(range(10))
    assert full.dropped == {}


def test_even_of_such_a_camera_only_so_many_wait_and_the_oldest_go():
    full = lane("billing")
    put(full, 40)
    assert numbers(full) == list(range(10, 40))
    assert full.dropped == {BUSY: 10}


@pytest.mark.parametrize("role", ["face_capture", "tracking"])
def test_a_hiccup_costs_an_adaptive_camera_nothing_and_a_longer_one_the_oldest_frames(role):
    behind = lane(role)
    put(behind, 4)
    assert numbers(behind) == [0, 1, 2, 3]
    assert behind.dropped == {}
    put(behind, 2, first=4)
    assert numbers(behind) == [2, 3, 4, 5]
    assert behind.dropped == {BUSY: 2}


@pytest.mark.parametrize("role", ["vehicle", "emotion"])
def test_of_one_that_gives_way_first_only_the_latest_waits(role):
    behind = lane(role)
    put(behind, 3)
    assert numbers(behind) == [2]
    assert behind.dropped == {BUSY: 2}


def test_an_adaptive_camera_that_falls_behind_is_sampled_more_rarely():
    behind = lane("tracking")
    for second in range(5):
        put(behind, 5, now=float(second))
    behind.drops.clear()
    put(behind, 8, now=4.5)
    assert behind.sampler.step == 4
    assert behind.dropped[SAMPLED] == 6


def test_one_that_keeps_up_is_not():
    quick = lane("tracking")
    for tenth in range(50):
        put(quick, 1, now=tenth / 10)
        quick.take(tenth / 10)
    assert quick.sampler.step == 1
    assert quick.dropped == {}


def test_a_recording_that_may_take_its_time_is_full_at_its_limit_and_drops_nothing():
    patient = lane(realtime=False, limit=4)
    put(patient, 3)
    assert not patient.is_full
    put(patient, 1, first=3)
    assert patient.is_full
    assert numbers(patient) == [0, 1, 2, 3]
    assert not lane("billing", limit=1).is_full


ROLES = ["billing", "entrance", "face_capture", "tracking", "vehicle", "emotion"]


def waiting_since(at: float, role: str) -> Lane:
    waits = lane(role)
    put(waits, 1, now=at)
    return waits


def by_urgency(lanes: list[Lane]) -> list[str]:
    return [one.station.role for one in sorted(lanes, key=lambda one: one.urgency(100.0))]


def test_urgency_goes_by_role():
    assert by_urgency([waiting_since(99.0, role) for role in reversed(ROLES)]) == ROLES


def test_who_has_waited_too_long_comes_before_all_but_those_who_are_to_lose_nothing():
    late = [waiting_since(94.0, role) for role in ("emotion", "tracking")]
    others = [waiting_since(99.0, role) for role in ("billing", "face_capture", "vehicle")]
    assert by_urgency([*others, *late]) == [
        "billing", "tracking", "emotion", "face_capture", "vehicle"
    ]  # fmt: skip


def test_who_has_waited_for_twice_as_long_comes_first_of_all():
    late = waiting_since(89.0, "emotion")
    assert by_urgency([waiting_since(99.0, "billing"), late]) == ["emotion", "billing"]


def test_how_long_a_camera_has_waited_begins_anew_with_each_frame_that_is_taken():
    own = waiting_since(80.0, "tracking")
    put(own, 1, now=80.2, first=1)
    own.take(99.0)
    others = [waiting_since(99.0, role) for role in ("billing", "face_capture")]
    assert by_urgency([own, *others]) == ["billing", "face_capture", "tracking"]


def test_it_begins_when_there_is_a_frame_to_wait_for():
    own = waiting_since(50.0, "tracking")
    own.take(51.0)
    put(own, 1, now=99.0, first=1)
    assert by_urgency([own, waiting_since(99.0, "face_capture")]) == ["face_capture", "tracking"]


def test_that_a_newer_frame_takes_its_place_does_not_shorten_a_wait():
    own = lane("vehicle")
    for second in range(94, 100):
        put(own, 1, now=float(second), first=second)
    assert by_urgency([waiting_since(99.0, "tracking"), own]) == ["vehicle", "tracking"]


def test_the_first_frame_is_the_one_that_waits_longest_until_taken_and_reported():
    own = lane()
    stamps = [FrameStamp("door", n, NOON + timedelta(seconds=n)) for n in range(3)]
    assert own.first_at is None
    for stamp in stamps:
        own.put(Frame(stamp, IMAGE), IMAGE, 0.0)
    own.take(0.0)
    own.take(0.0)
    assert own.first_at == stamps[0].captured_at
    own.settle([stamps[1]])  # given up, while the one before is under way
    assert own.first_at == stamps[0].captured_at
    own.settle([stamps[0]])
    assert own.first_at == stamps[2].captured_at


def test_a_frame_that_is_dropped_is_awaited_by_nobody():
    own = lane("emotion")
    for n in range(2):
        own.put(Frame(FrameStamp("door", n, NOON + timedelta(seconds=n)), IMAGE), IMAGE, 0.0)
    assert own.first_at == NOON + timedelta(seconds=1)


def test_what_the_station_kept_back_is_told_with_what_was_dropped():
    behind = lane()
    behind.station.unseen = {"blank": 3}
    put(behind, 5)
    assert behind.dropped == {"blank": 3, BUSY: 1}
