from dataclasses import replace

from genesis_ray.figures import Figures
from genesis_ray.running.live_state import LiveState
from genesis_ray.running.result import CameraProgress
from tests.api.system import System


def cameras(system: System) -> dict[str, dict[str, object]]:
    return {camera["camera_id"]: camera for camera in system.get("/v1/cameras")["cameras"]}


def test_camera_tells_how_far_it_is_and_what_it_watches(system: System):
    assert cameras(system)["door"] == {
        "camera_id": "door",
        "state": "online",
        "frames": 40,
        "expected_frames": 100,
        "dropped": {"busy": 2},
        "problem": None,
        "clock_offset_s": 0.125,
        "zone_ids": ["entrance"],
        "line_ids": ["sill"],
    }


def test_camera_whose_source_has_ended_says_so(system: System):
    assert cameras(system)["street"]["state"] == "ended"


def test_camera_is_starting_until_sources_are_open(system: System):
    system.feed.now = LiveState()
    assert [camera["state"] for camera in cameras(system).values()] == ["starting", "starting"]


def test_camera_that_ended_before_its_time_has_failed(system: System):
    cut = CameraProgress(camera_id="door", frames=3, is_done=True, problem="truncated after 3")
    system.feed.now = LiveState(is_open=True, figures=Figures(cameras=(cut,)))
    assert cameras(system)["door"]["state"] == "failed"
    assert cameras(system)["door"]["problem"] == "truncated after 3"


def test_failure_of_the_system_is_that_of_the_cameras_still_watched(system: System):
    system.feed.now = replace(system.feed.now, failure="the disk is full")
    shown = cameras(system)
    assert (shown["door"]["state"], shown["door"]["problem"]) == ("failed", "the disk is full")
    assert (shown["street"]["state"], shown["street"]["problem"]) == ("ended", None)
