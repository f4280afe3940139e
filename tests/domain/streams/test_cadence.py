from datetime import UTC, datetime, timedelta

import pytest

from genesis_ray.domain.streams.cadence import Cadence

START = datetime(2026, 1, 5, 9, tzinfo=UTC)


def interval_after(gaps_s, *, asked_for_s: float) -> float:
    cadence, at = Cadence(timedelta(seconds=asked_for_s)), START
    cadence.take(at)
    for gap_s in gaps_s:
        at += timedelta(seconds=gap_s)
        cadence.take(at)
    return cadence.interval.total_seconds()


def test_frames_are_expected_as_asked_for_until_some_have_come():
    assert interval_after([0.2] * 8, asked_for_s=0.1) == 0.1


def test_a_camera_with_fewer_frames_is_known_by_them():
    assert interval_after([0.2] * 9, asked_for_s=0.1) == 0.2


def test_a_camera_with_more_frames_is_expected_as_asked_for():
    assert interval_after([0.04] * 20, asked_for_s=0.1) == 0.1


@pytest.mark.parametrize("missed_s", [0.3, 2, 600])
def test_frames_missed_now_and_then_change_nothing(missed_s):
    assert interval_after([0.1, 0.1, missed_s, 0.1] * 5, asked_for_s=0.05) == 0.1


def test_a_camera_that_is_set_to_another_rate_is_known_by_it_soon():
    assert interval_after([0.1] * 20 + [0.5] * 5, asked_for_s=0.1) == 0.5
