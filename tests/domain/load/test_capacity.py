import math
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from genesis_ray.domain.load.capacity import (
    CAMERAS_A_GROUP,
    Load,
    Node,
    plan,
    processor,
    utilisation,
)
from genesis_ray.domain.load.costs import Costs, LiveCosts, MemoryCosts

FREE = LiveCosts(idle_cores=0, frame_s=0, request_s=0)
COSTS = Costs(
    decode_s=0.002,
    prepare_s=0.002,
    detect_s=0.025,
    track_s=0.0,
    person_s=0.001,
    face_s=0.06,
    write_s=0.0002,
    live=FREE,
    memory=MemoryCosts(system=2e9, group=4e8, camera=5e7),
)
LOAD = Load(cameras=8, fps=5, source_fps=25, people=2, looks_a_s=0.5)
NODE = Node(cores=2, memory=24e9)

seconds = st.floats(0, 0.2)
costs = st.builds(
    Costs,
    decode_s=seconds,
    prepare_s=seconds,
    detect_s=st.floats(0.001, 0.5),
    device_s=seconds,
    track_s=seconds,
    person_s=seconds,
    face_s=seconds,
    write_s=seconds,
    together=st.floats(1, 2),
    live=st.builds(
        LiveCosts, idle_cores=st.floats(0, 1), frame_s=seconds, request_s=st.floats(0, 0.1)
    ),
    memory=st.builds(
        MemoryCosts, system=st.floats(0, 4e9), group=st.floats(0, 1e9), camera=st.floats(0, 1e9)
    ),
)
loads = st.builds(
    lambda cameras, rates, **more: Load(cameras=cameras, fps=rates[0], source_fps=rates[1], **more),
    cameras=st.integers(1, 300),
    rates=st.lists(st.floats(0.5, 60), min_size=2, max_size=2).map(sorted),
    people=st.floats(0, 30),
    looks_a_s=st.floats(0, 20),
    with_faces=st.floats(0, 1),
    stack_frames=st.integers(1, 32),
)
nodes = st.builds(
    Node, cores=st.floats(0.5, 128), memory=st.floats(1e9, 1e12), has_device=st.booleans()
)
headrooms = st.floats(0, 0.5)


@given(loads, costs, nodes, st.integers(1, 40))
def test_more_cameras_never_need_less_of_anything(load, costs, node, more):
    fewer = utilisation(load, costs, node)
    many = utilisation(replace(load, cameras=load.cameras + more), costs, node)
    assert all(many[resource] >= fewer[resource] * (1 - 1e-9) for resource in fewer)


@given(loads, costs, nodes, st.floats(0, 1))
def test_fewer_frames_never_need_more_of_anything(load, costs, node, share):
    slow = utilisation(replace(load, fps=load.fps * share), costs, node)
    fast = utilisation(load, costs, node)
    assert all(slow[resource] <= fast[resource] * (1 + 1e-9) for resource in fast)


@given(loads, costs, nodes, headrooms)
def test_what_a_plan_says_fits_does_and_one_camera_more_does_not(load, costs, node, headroom):
    planned = plan(load, costs, node, headroom=headroom)
    if planned.fits:
        used = utilisation(replace(load, cameras=planned.fits), costs, node)
        assert max(used.values()) <= 1 - headroom
    beyond = utilisation(replace(load, cameras=planned.fits + 1), costs, node)
    assert beyond[planned.short] == max(beyond.values()) > 1 - headroom


@given(loads, costs, nodes, headrooms)
def test_the_rate_of_a_plan_is_the_highest_that_fits(load, costs, node, headroom):
    planned = plan(load, costs, node, headroom=headroom)
    if planned.most_fps is None:
        assert max(utilisation(replace(load, fps=0), costs, node).values()) >= 1 - headroom
        return
    used = utilisation(replace(load, fps=planned.most_fps), costs, node)
    assert max(used.values()) <= (1 - headroom) * (1 + 1e-6)
    if planned.most_fps < load.source_fps:
        assert max(used.values()) == pytest.approx(1 - headroom)


@given(loads, costs, nodes, headrooms)
def test_cameras_fit_exactly_where_their_rate_does(load, costs, node, headroom):
    planned = plan(load, costs, node, headroom=headroom)
    most = planned.most_fps or 0
    assume(abs(most - load.fps) > 1e-6)
    assert (planned.fits >= load.cameras) == (most > load.fps)


@given(loads, costs, nodes, st.lists(st.integers(1, 5000), min_size=1, max_size=4))
def test_the_nodes_of_a_plan_are_enough_and_one_less_is_not(load, costs, node, sizes):
    planned = plan(load, costs, node, sizes=sizes)
    assert set(planned.nodes) == {load.cameras, *sizes}
    for cameras, count in planned.nodes.items():
        if count is None:
            assert planned.fits == 0
        else:
            assert planned.fits * (count - 1) < cameras <= planned.fits * count


@given(loads, costs, nodes, headrooms, st.floats(1, 4))
def test_a_larger_machine_never_watches_fewer_cameras(load, costs, node, headroom, times):
    larger = replace(node, cores=node.cores * times, memory=node.memory * times)
    assert (
        plan(load, costs, larger, headroom=headroom).fits
        >= plan(load, costs, node, headroom=headroom).fits
    )


@given(loads, costs, nodes, st.lists(headrooms, min_size=2, max_size=2).map(sorted))
def test_more_headroom_never_lets_more_cameras_fit(load, costs, node, headrooms):
    little, much = (plan(load, costs, node, headroom=headroom).fits for headroom in headrooms)
    assert much <= little


@given(loads, costs, nodes)
def test_the_stages_are_all_that_the_processor_does(load, costs, node):
    cores = sum(processor(load, costs).values())
    assert utilisation(load, costs, node)["processor"] == pytest.approx(cores / node.cores)


def test_every_camera_sent_is_decoded_and_only_some_frames_looked_at():
    cores = processor(LOAD, COSTS)
    assert cores["decode"] == pytest.approx(8 * 25 * 0.002)
    assert cores["detect"] == pytest.approx(8 * 5 * 0.025)
    assert cores["track"] == pytest.approx(8 * 5 * 2 * 0.001)
    assert cores["faces"] == pytest.approx(8 * 0.5 * 0.06)


def test_the_processor_is_short_first_where_the_detector_runs_on_it():
    planned = plan(LOAD, COSTS, NODE, headroom=0)
    # 0.05 to decode, 0.145 for five frames and 0.03 for faces: 0.226 cores a camera, of two.
    assert (planned.fits, planned.short) == (8, "processor")
    assert plan(LOAD, COSTS, NODE, headroom=0.1).fits == 7


def test_a_device_of_its_own_is_what_many_cores_are_short_of():
    on_device = replace(COSTS, detect_s=0.001, device_s=0.005)
    planned = plan(LOAD, on_device, Node(cores=64, memory=1e12, has_device=True), headroom=0)
    assert (planned.fits, planned.short) == (40, "detector")


def test_memory_is_short_first_on_a_machine_that_has_little():
    planned = plan(LOAD, COSTS, Node(cores=64, memory=3.3e9), headroom=0)
    assert planned.short == "memory"
    assert planned.fits == 10  # 2 GB and two processes of 0.4 GB leave 0.5 GB


def test_python_in_one_process_is_what_fast_cameras_with_crowds_are_short_of():
    crowd = replace(LOAD, fps=20, people=11)
    planned = plan(crowd, COSTS, Node(cores=640, memory=1e13), headroom=0)
    # 20 frames of 11 people take 0.22 s of each second: five cameras are too much for one.
    assert (planned.fits, planned.short) == (4, "group")


def test_faces_of_no_camera_cost_nothing():
    assert processor(replace(LOAD, with_faces=0), COSTS)["faces"] == 0


def test_a_request_carries_a_frame_of_every_camera_of_a_group():
    assert replace(LOAD, cameras=1).requests_a_s == 5
    assert replace(LOAD, cameras=CAMERAS_A_GROUP).requests_a_s == 5
    assert replace(LOAD, cameras=CAMERAS_A_GROUP + 1).requests_a_s == 10
    assert replace(LOAD, cameras=CAMERAS_A_GROUP, stack_frames=4).requests_a_s == 10


def test_where_not_one_camera_fits_no_number_of_machines_will_do():
    planned = plan(LOAD, COSTS, Node(cores=0.1, memory=24e9))
    assert (planned.fits, planned.most_fps) == (0, None)
    assert planned.nodes == {8: None, 100: None, 1000: None}


def test_a_system_is_as_large_as_what_its_one_journal_can_take():
    planned = plan(LOAD, replace(COSTS, write_s=0.001), NODE, headroom=0, sizes=[200, 1000])
    assert planned.systems == {8: 1, 200: 1, 1000: 5}


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: replace(LOAD, cameras=0),
        lambda: replace(LOAD, fps=26),
        lambda: replace(LOAD, people=-1),
        lambda: replace(LOAD, with_faces=1.1),
        lambda: replace(NODE, cores=0),
        lambda: plan(LOAD, COSTS, NODE, headroom=1),
        lambda: plan(replace(LOAD, fps=0), COSTS, NODE),
        lambda: plan(LOAD, COSTS, Node(cores=math.inf, memory=math.inf)),
    ],
)
def test_numbers_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError, match="expected"):
        wrong()
