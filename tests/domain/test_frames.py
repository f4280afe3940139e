from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genesis_ray.domain.frames import RateSampler

START = datetime(2026, 1, 5, 9, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def kept(stamps: list[datetime], fps: float) -> list[datetime]:
    sampler = RateSampler(fps)
    return [stamp for stamp in stamps if sampler.keeps(stamp)]


streams = st.lists(st.integers(0, 400_000), min_size=1, max_size=200).map(
    lambda gaps_us: [at(sum(gaps_us[:n]) / 1e6) for n in range(1, len(gaps_us) + 1)]
)


@given(streams, st.floats(0.5, 60))
@settings(deadline=None)
def test_no_stretch_of_time_has_more_frames_than_its_slots(stamps, fps):
    chosen = kept(stamps, fps)
    for number, stamp in enumerate(chosen, start=1):
        elapsed_s = (stamp - chosen[0]).total_seconds()
        assert number <= (elapsed_s + 0.001) * fps + 1


@given(streams, st.floats(0.5, 60))
@settings(deadline=None)
def test_a_replay_of_what_was_kept_keeps_all_of_it(stamps, fps):
    chosen = kept(stamps, fps)
    assert kept(chosen, fps) == chosen


@given(streams, st.floats(0.5, 60), st.data())
@settings(deadline=None)
def test_the_choice_is_made_before_later_frames_are_known(stamps, fps, data):
    cut = data.draw(st.integers(1, len(stamps)))
    assert kept(stamps[:cut], fps) == [
        each for each in kept(stamps, fps) if each <= stamps[cut - 1]
    ]


@pytest.mark.parametrize("video_fps", [5, 10, 12.5, 15, 24, 25, 30, 30000 / 1001, 50, 60])
def test_a_video_of_the_wanted_rate_is_kept_whole(video_fps):
    stamps = [at(n / video_fps) for n in range(200)]
    assert kept(stamps, video_fps) == stamps


@pytest.mark.parametrize("video_fps", [15, 24, 30, 60])
@pytest.mark.parametrize("to_milliseconds", [round, int])
def test_times_that_a_container_rounded_to_milliseconds_cost_no_frame(video_fps, to_milliseconds):
    stamps = [at(to_milliseconds(1000 * n / video_fps) / 1000) for n in range(200)]
    assert kept(stamps, video_fps) == stamps


def test_a_faster_video_is_thinned_to_the_wanted_rate():
    chosen = kept([at(n / 25) for n in range(251)], 10)
    assert len(chosen) == 101
    assert max(after - before for before, after in pairwise(chosen)) <= timedelta(seconds=0.12)


def test_a_slower_video_is_kept_whole():
    stamps = [at(n / 4) for n in range(20)]
    assert kept(stamps, 10) == stamps


def test_a_frame_older_than_the_last_is_left_out():
    assert kept([at(1), at(0.2), at(1.5)], 10) == [at(1), at(1.5)]


@pytest.mark.parametrize("fps", [0, -1])
def test_a_rate_that_is_not_positive_is_refused(fps):
    with pytest.raises(ValueError, match="positive"):
        RateSampler(fps)
