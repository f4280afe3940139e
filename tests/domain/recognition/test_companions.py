from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from genesis_ray.domain.recognition.companions import Companions

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)


def box(left: float) -> list[float]:
    return [left, 0, left + 0.2, 1]


def walk(companions: Companions, *lefts: float, seconds: float, fps: float = 10, since: float = 0):
    """Show boxes, of tracks 1, 2, ..., at the same places for some seconds."""
    boxes = np.array([box(left) for left in lefts], np.float32)
    for frame in range(int(seconds * fps) + 1):
        at = NINE + timedelta(seconds=since + frame / fps)
        companions.update(at, list(range(1, len(lefts) + 1)), boxes)


@pytest.mark.parametrize("fps", [1, 3, 25])
def test_boxes_that_overlap_for_a_while_make_companions_at_any_frame_rate(fps):
    companions = Companions()
    walk(companions, 0.1, 0.15, 0.7, seconds=4, fps=fps)
    assert companions.of(1) == (2,)
    assert companions.of(2) == (1,)
    assert companions.of(3) == ()


def test_who_passes_somebody_is_no_companion():
    companions = Companions()
    walk(companions, 0.1, 0.15, seconds=1.9)
    assert companions.of(1) == ()
    assert companions.overlapped(1) == (2,)


def test_overlaps_that_come_again_count_together():
    companions = Companions()
    for since in (0, 60, 120):
        assert companions.of(1) == ()
        walk(companions, 0.1, 0.15, seconds=0.5, since=since)
    assert companions.of(1) == (2,)


def test_boxes_that_overlap_little_do_not_count():
    companions = Companions()
    walk(companions, 0.1, 0.21, seconds=9)  # 0.09 of 0.31: an IoU of 0.29
    assert companions.of(1) == companions.overlapped(1) == ()


def test_a_finished_track_is_nobodys_companion():
    companions = Companions()
    walk(companions, 0.1, 0.15, seconds=4)
    companions.close(2)
    assert companions.of(1) == ()
    companions.close(1)
    assert companions == Companions()


def test_an_empty_frame_has_no_companions():
    companions = Companions()
    companions.update(NINE, [], np.zeros((0, 4), np.float32))
    assert companions == Companions()
