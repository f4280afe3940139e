from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis_ray.domain.recognition.identity import Face
from genesis_ray.domain.recognition.topology import Sight
from genesis_ray.pipeline.waiting_faces import WaitingFaces

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
WEEK = timedelta(days=7)
ADA, BOB = np.eye(2, 8, dtype=np.float32)


def face(track: int, number: int = 0, embedding=ADA) -> Face:
    return Face(
        camera_id="door",
        track_id=track,
        face_index=number,
        captured_at=NOON + timedelta(minutes=track, seconds=number),
        quality=0.9,
        embedding=embedding,
    )


def add(waiting: WaitingFaces, shown: Face, *, keep=WEEK, of_a_track: int = 5) -> None:
    sight = Sight(shown.camera_id, shown.track_id, shown.captured_at, shown.captured_at)
    waiting.add(shown, sight, keep=keep, of_a_track=of_a_track)


def cluster(waiting: WaitingFaces, track: int, *, wanted: int = 3) -> list[tuple[int, int]]:
    found = waiting.cluster(
        face(track), least=0.7, loosest=0.5, wanted=wanted, may_be_one=lambda *_: True
    )
    return [(each.track_id, each.face_index) for each in found]


def test_faces_of_several_tracks_come_in_their_order():
    waiting = WaitingFaces()
    for shown in [face(2), face(1), face(1, 1), face(3, embedding=BOB), face(2, 1)]:
        add(waiting, shown)
    assert cluster(waiting, 2) == cluster(waiting, 1) == [(1, 0), (1, 1), (2, 0), (2, 1)]
    assert cluster(waiting, 2, wanted=5) == []
    assert cluster(waiting, 3) == []
    assert cluster(waiting, 4) == []


def test_the_earliest_tracks_make_room_as_a_whole():
    waiting = WaitingFaces(most=4)
    for shown in [face(1), face(1, 1), face(2), face(2, 1), face(3)]:
        add(waiting, shown)
    assert len(waiting) == 3
    add(waiting, face(3, 1))
    assert cluster(waiting, 3) == [(2, 0), (2, 1), (3, 0), (3, 1)]


def test_of_a_track_the_latest_faces_wait():
    waiting = WaitingFaces()
    for number in range(9):
        add(waiting, face(1, number), of_a_track=2)
    add(waiting, face(2), of_a_track=2)
    add(waiting, face(2, 1), of_a_track=2)
    assert cluster(waiting, 2) == [(1, 7), (1, 8), (2, 0), (2, 1)]


def test_tracks_that_were_last_in_view_too_long_ago_go():
    waiting = WaitingFaces()
    add(waiting, face(1))
    add(waiting, face(2))
    at = NOON + timedelta(minutes=2)
    waiting.follow(Sight("door", 1, at, at))
    add(waiting, face(62), keep=timedelta(hours=1))
    assert len(waiting) == 3
    add(waiting, face(63), keep=timedelta(hours=1))
    assert len(waiting) == 2


@pytest.mark.parametrize("leave", [lambda faces: faces.drop([face(1)]), WaitingFaces.clear])
def test_what_waits_no_more_is_in_no_cluster(leave):
    waiting = WaitingFaces()
    for shown in [face(1), face(1, 1), face(2), face(2, 1)]:
        add(waiting, shown)
    assert cluster(waiting, 2)
    leave(waiting)
    assert cluster(waiting, 2) == []


@given(st.lists(st.tuples(st.integers(1, 6), st.booleans()), min_size=1, max_size=60))
def test_a_cluster_is_of_those_that_wait_however_many_came_and_went(shown):
    waiting, known = WaitingFaces(most=12), {}
    for number, (track, is_dropped) in enumerate(shown):
        add(waiting, face(track, number))
        known.setdefault(track, []).append(number)
        if is_dropped:
            waiting.drop([face(track)])
            del known[track]
        own = cluster(waiting, track)
        assert {each for each, _ in own} <= known.keys()
        assert all(number in known[each] for each, number in own)
        assert len(waiting) <= 12
