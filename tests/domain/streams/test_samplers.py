from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis_ray.domain.streams.samplers import LoadSampler, RateSampler, TokenBucket

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
def test_no_stretch_of_time_has_more_frames_than_its_slots(stamps, fps):
    chosen = kept(stamps, fps)
    for number, stamp in enumerate(chosen, start=1):
        elapsed_s = (stamp - chosen[0]).total_seconds()
        assert number <= (elapsed_s + 0.001) * fps + 1


@given(streams, st.floats(0.5, 60))
def test_a_replay_of_what_was_kept_keeps_all_of_it(stamps, fps):
    chosen = kept(stamps, fps)
    assert kept(chosen, fps) == chosen


@given(streams, st.floats(0.5, 60), st.data())
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


@given(streams, st.floats(0.5, 60), st.integers(1, 30))
def test_in_no_stretch_of_time_does_a_bucket_let_through_more_than_its_burst_and_rate(
    stamps, rate, burst
):
    bucket = TokenBucket(rate=rate, burst=burst)
    through = [stamp for stamp in stamps if bucket.takes(stamp)]
    for first, begin in enumerate(through):
        for count, end in enumerate(through[first:], start=1):
            assert count <= burst + rate * (end - begin).total_seconds() + 1e-3


@given(st.floats(0.5, 60), st.integers(1, 30), st.integers(1, 100))
def test_what_comes_no_faster_than_the_rate_is_let_through_whole(rate, burst, count):
    bucket = TokenBucket(rate=rate, burst=burst)
    assert all(bucket.takes(at(n / rate + 1e-5 * n)) for n in range(count))


def test_a_bucket_lets_a_burst_through_and_then_goes_by_its_rate():
    bucket = TokenBucket(rate=10, burst=5)
    assert [bucket.takes(at(0)) for _ in range(7)] == [True] * 5 + [False] * 2
    assert [bucket.takes(at(0.1)), bucket.takes(at(0.1))] == [True, False]


def test_a_clock_that_runs_back_fills_no_bucket():
    bucket = TokenBucket(rate=10, burst=1)
    assert bucket.takes(at(1))
    assert not any(bucket.takes(at(second)) for second in (0.5, 0.9, 1.0))
    assert bucket.takes(at(1.1))


def steps(loads: list[float]) -> list[int]:
    sampler = LoadSampler()
    sampler.note(loads[0], 0.0)
    result = []
    for second, load in enumerate(loads, start=1):
        sampler.note(load, float(second))
        result.append(sampler.step)
    return result


def test_under_load_one_in_two_three_and_four_are_kept_and_never_fewer():
    assert steps([0.9] * 6) == [2, 3, 4, 4, 4, 4]


def test_when_the_load_is_gone_all_are_kept_again_step_by_step():
    assert steps([0.9, 0.9, 0.1, 0.1, 0.1]) == [2, 3, 2, 1, 1]


def test_between_much_and_little_nothing_changes():
    assert steps([0.9, 0.6, 0.6]) == [2, 2, 2]


def test_the_highest_load_of_a_second_counts():
    sampler = LoadSampler()
    for tenth in range(11):
        sampler.note(0.95 if tenth == 3 else 0.0, tenth / 10)
    assert sampler.step == 2


def test_the_frames_that_are_kept_are_evenly_spread():
    sampler = LoadSampler()
    sampler.step = 3
    assert [sampler.keeps() for _ in range(7)] == [True, False, False, True, False, False, True]
