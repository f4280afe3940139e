from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genesis_ray.domain.streams.decoding import DecodingPace, Depth

DEPTHS: tuple[Depth, ...] = ("all", "reference", "key")


class Moment(NamedTuple):
    """A packet done with: when, how old it was then, and what is decoded from there on."""

    at: float
    age_s: float
    depth: Depth


def watch(
    pace: DecodingPace,
    load: Callable[[float, Depth], float],
    *,
    seconds: float,
    fps: float = 20,
    begin: float = 0.0,
    arrival: Callable[[float], float] = lambda captured: captured,
) -> list[Moment]:
    """Play a stream of which each second takes `load(its time, depth)` seconds of work."""
    at, depth, moments = begin, pace.depth, []
    for n in range(int(seconds * fps)):
        captured = begin + n / fps
        began = max(at, arrival(captured))
        work_s = load(captured, depth) / fps
        at = began + work_s
        depth = pace.note(at, stream_s=captured, work_s=work_s)
        moments.append(Moment(at, at - captured, depth))
    return moments


def costs(**loads: float) -> Callable[[float, Depth], float]:
    by_depth: Mapping[Depth, float] = {"all": 0, "reference": 0, "key": 0, **loads}
    return lambda _, depth: by_depth[depth]


def turns(moments: list[Moment]) -> list[Depth]:
    """Return the depths in the order that they were gone to."""
    depths: list[Depth] = ["all", *(moment.depth for moment in moments)]
    return [after for before, after in pairwise(depths) if after != before]


def test_a_stream_that_is_kept_up_with_is_decoded_whole():
    assert turns(watch(DecodingPace(), costs(all=0.9), seconds=600)) == []


@given(
    st.lists(st.floats(0, 0.9), min_size=1, max_size=30),
    st.lists(st.floats(0, 5), min_size=1, max_size=30),
)
def test_whatever_the_network_does_no_frame_is_left_out_while_there_is_time(loads, delays):
    def load(captured: float, _: Depth) -> float:
        return loads[int(captured * 4) % len(loads)]

    def arrival(captured: float) -> float:
        return captured + delays[int(captured) % len(delays)]

    assert turns(watch(DecodingPace(), load, seconds=60, arrival=arrival)) == []


def test_frames_others_are_made_from_are_decoded_once_frames_are_a_second_old():
    moments = watch(DecodingPace(), costs(all=2, reference=0.9), seconds=120)
    assert turns(moments) == ["reference"]
    turned = next(moment for moment in moments if moment.depth == "reference")
    assert 1.0 <= turned.age_s < 1.4
    assert moments[-1].age_s < 0.1


def test_where_that_is_not_enough_key_frames_are():
    moments = watch(DecodingPace(), costs(all=3, reference=3, key=0.1), seconds=10)
    assert turns(moments) == ["reference", "key"]
    assert moments[-1].age_s < 0.1


def test_a_stream_that_loses_what_comes_too_late_is_found_by_its_load():
    """As over UDP: frames come in time, and the decoder never has to wait for one."""
    pace = DecodingPace()
    depths = [pace.note(n / 10, stream_s=n / 10, work_s=0.1) for n in range(40)]
    assert depths.index("reference") == 30


@given(
    st.floats(1.05, 6),
    st.floats(0, 1),
    st.floats(0, 0.3),
    st.sampled_from([5.0, 12.5, 25.0, 60.0]),
)
@settings(max_examples=40)
def test_no_stream_is_ever_more_than_some_seconds_late(full, spared, key, fps):
    load = costs(all=full, reference=full * spared, key=key)
    moments = watch(DecodingPace(), load, seconds=120, fps=fps)
    assert max(moment.age_s for moment in moments) < 8
    assert moments[-1].age_s < 3


@given(st.floats(1.05, 6), st.floats(0, 1), st.floats(0, 0.3))
@settings(max_examples=20)
def test_depths_are_neighbours_and_turns_are_rare(full, spared, key):
    load = costs(all=full, reference=full * spared, key=key)
    gone_to = turns(watch(DecodingPace(), load, seconds=1800, fps=10))
    steps = [DEPTHS.index(depth) for depth in ("all", *gone_to)]
    assert all(abs(after - before) == 1 for before, after in pairwise(steps))
    assert len(gone_to) < 40


def test_more_is_tried_again_after_waits_that_double_up_to_five_minutes():
    moments = watch(DecodingPace(), costs(all=2, reference=0.5), seconds=1800)
    tried = [
        after.at
        for before, after in pairwise(moments)
        if (before.depth, after.depth) == ("reference", "all")
    ]
    waits = [later - earlier for earlier, later in pairwise(tried)]
    assert [round(wait, -1) for wait in waits[:4]] == [20, 40, 80, 160]
    assert all(300 <= wait < 310 for wait in waits[5:])


@pytest.mark.parametrize("busy_s", [5, 30, 300])
def test_all_is_decoded_again_soon_after_others_need_the_machine_no_more(busy_s):
    def load(captured: float, depth: Depth) -> float:
        return 2.0 * (depth != "key") if captured < busy_s else 0.3

    moments = watch(DecodingPace(), load, seconds=busy_s + 300)
    assert moments[-1].depth == "all"
    back_at = max(moment.at for moment in moments if moment.depth != "all")
    assert back_at - busy_s < 30 + busy_s


def test_a_load_between_both_bounds_changes_nothing():
    pace = DecodingPace()
    watch(pace, costs(all=2, reference=0.8), seconds=3)
    assert turns(watch(pace, costs(all=2, reference=0.8), seconds=600, begin=3)) == ["reference"]


def test_a_new_connection_begins_with_what_could_be_decoded_before():
    pace = DecodingPace()
    watch(pace, costs(all=2, reference=0.8), seconds=3)
    pace.restart()
    assert pace.note(1000, stream_s=5, work_s=0.1) == "reference"
    moments = watch(pace, costs(reference=0.8), seconds=60, begin=1000)
    assert {moment.depth for moment in moments} == {"reference"}


@pytest.mark.parametrize("jump_s", [-3600, -2, 2, 3600])
def test_a_jump_of_the_streams_clock_is_no_lateness(jump_s):
    pace = DecodingPace()
    for n in range(400):
        stream_s = n / 20 + (jump_s if n > 200 else 0)
        work_s = 0.05 if 210 <= n < 240 else 0.04  # 1.5 s of which would be too much of late frames
        pace.note(n / 20 + work_s, stream_s=stream_s, work_s=work_s)
    assert pace.depth == "all"


def test_a_key_frame_that_is_much_work_behind_a_pause_of_the_network_is_not_too_much():
    def load(captured: float, _: Depth) -> float:
        return 6.0 if captured % 1 == 0 else 0.2

    def arrival(captured: float) -> float:
        paused_at = captured // 10 * 10 + 2
        return paused_at + 2.4 if paused_at <= captured < paused_at + 2.4 else captured

    assert turns(watch(DecodingPace(), load, seconds=120, arrival=arrival)) == []


@given(st.integers(-(2**20), 2**20), st.integers(-(2**20), 2**20))
@settings(max_examples=30)
def test_only_how_time_goes_by_counts_and_not_what_time_it_is(wall, stream):
    def depths(wall_s: int, stream_s: int) -> list[Depth]:
        pace = DecodingPace()
        return [
            pace.note(wall_s + n / 8, stream_s=stream_s + n / 16, work_s=1 / 8) for n in range(200)
        ]

    assert depths(wall, stream) == depths(0, 0)
    assert depths(0, 0)[-1] == "key"
