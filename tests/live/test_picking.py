from collections import Counter
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import numpy as np
import pytest

from genesis_ray.domain.streams.frames import Frame, FrameStamp
from genesis_ray.live.lane import STARVED_S, Lane
from genesis_ray.live.picking import Picker

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
IMAGE = np.zeros((4, 4, 3), np.uint8)
LIMIT = 4


def lane(role: str, name: str = "") -> Lane:
    return Lane(SimpleNamespace(camera_id=name or role, role=role, unseen={}), LIMIT, True)


def put(into: Lane, count: int, now: float) -> None:
    for number in range(count):
        at = NOON + timedelta(seconds=now, milliseconds=number)
        into.put(Frame(FrameStamp(into.station.camera_id, 0, at), IMAGE), IMAGE, now)


def taken(lanes: list[Lane], *, frames_a_second: int, seconds: int) -> Counter[str]:
    """Return how many frames are taken of whom, where a stack takes as long as its frames.

    Each camera brings more than can be done, also where one in four is sampled.
    """
    picker, now = Picker(limit=LIMIT, realtime=True), 0.0
    counts: Counter[str] = Counter()
    while now < seconds:
        for one in lanes:
            put(one, 4 * LIMIT, now)
        stack = picker.pick(lanes, now)
        counts.update(station.camera_id for station, _, _ in stack)
        now += len(stack) / frames_a_second
    return counts


@pytest.mark.parametrize(
    ("busy", "others", "often_s"),
    [
        ("face_capture", ["tracking"], STARVED_S),
        ("face_capture", ["tracking", "tracking", "vehicle", "emotion"], STARVED_S),
        ("tracking", ["vehicle", "emotion"], STARVED_S),
        ("billing", ["entrance"], STARVED_S),
        ("billing", ["face_capture", "tracking", "vehicle", "emotion"], 2 * STARVED_S),
    ],
)
def test_nobody_starves_behind_cameras_that_bring_all_that_can_be_done(busy, others, often_s):
    lanes = [lane(busy, "busy"), *(lane(role, str(n)) for n, role in enumerate(others))]
    counts = taken(lanes, frames_a_second=20, seconds=100)
    for n in range(len(others)):
        assert 100 / (often_s + 2) <= counts[str(n)] <= 100 / often_s * 1.2
    assert counts["busy"] > 0.9 * 20 * 100


def test_who_starved_gives_one_frame_and_the_first_class_all_others():
    late, first = lane("tracking"), lane("billing")
    put(late, 4, 0.0)
    put(first, 30, 11.0)
    stack = Picker(limit=LIMIT, realtime=True).pick([late, first], 11.0)
    assert [station.camera_id for station, _, _ in stack] == ["tracking"] + ["billing"] * 3
