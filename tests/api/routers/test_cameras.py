from dataclasses import replace

import pytest
from httpx2 import Response

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
        "reason": "",
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


def test_camera_that_cannot_be_reached_says_why(system: System):
    away = CameraProgress(camera_id="door", state="connecting", reason="unauthorised")
    system.feed.now = LiveState(is_open=True, figures=Figures(cameras=(away,)))
    shown = cameras(system)
    assert (shown["door"]["state"], shown["door"]["reason"]) == ("connecting", "unauthorised")
    assert (shown["street"]["state"], shown["street"]["reason"]) == ("starting", "")


def test_camera_that_has_ended_is_not_said_to_be_away(system: System):
    ended = CameraProgress(camera_id="door", state="connecting", reason="refused", is_done=True)
    system.feed.now = LiveState(is_open=True, figures=Figures(cameras=(ended,)))
    assert (cameras(system)["door"]["state"], cameras(system)["door"]["reason"]) == ("ended", "")


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


def named(system: System) -> list[str]:
    changed = system.client.app.state.backends.camera_changes
    return [camera.camera_id for camera in changed.settings.cameras]


def put(system: System, name: str, dry_run: bool = False, **camera: object) -> Response:
    body = {"camera_id": name, "source": "yard.mp4", **camera}
    asked = {"dry_run": dry_run} if dry_run else {}
    return system.client.put(f"/v1/cameras/{name}", json=body, params=asked)


def test_camera_is_added_and_changed_and_taken_off(system: System):
    assert named(system) == ["door", "street"]
    added = put(system, "yard")
    assert (added.status_code, added.json()) == (
        201,
        {"added": ["yard"], "removed": [], "changed": {}},
    )
    changed = put(system, "yard", process_fps=5)
    assert (changed.status_code, changed.json()["changed"]) == (200, {"yard": ["process_fps"]})
    gone = system.client.delete("/v1/cameras/yard")
    assert (gone.status_code, gone.json()["removed"]) == (200, ["yard"])
    assert named(system) == ["door", "street"]


def test_dry_run_says_what_would_change_and_changes_nothing(system: System):
    would = put(system, "yard", dry_run=True)
    assert (would.status_code, would.json()["added"]) == (200, ["yard"])
    assert system.client.delete("/v1/cameras/door", params={"dry_run": True}).json()["removed"] == [
        "door"
    ]
    assert named(system) == ["door", "street"]


@pytest.mark.parametrize(
    ("camera", "said"),
    [
        ({"role": "cleaner"}, "role"),
        ({"process_fps": 0}, "process_fps"),
        ({"sauce": "x"}, "sauce"),
        ({"source": "nowhere.mp4"}, "nowhere.mp4: no such file"),
        ({"camera_id": "other"}, "is not that of the address, 'yard'"),
    ],
)
def test_camera_that_cannot_be_watched_is_refused(system: System, camera, said):
    answer = put(system, "yard", **camera)
    assert answer.status_code == 422
    assert said in answer.json()["detail"]
    assert named(system) == ["door", "street"]


def test_password_in_an_address_that_is_refused_is_in_no_answer(system: System):
    answer = put(system, "yard", source=["rtsp://eve:secret@10.0.0.1/a", 7])
    assert answer.status_code == 422
    assert "secret" not in answer.text


def test_camera_that_is_not_there_and_the_last_one_cannot_be_taken_off(system: System):
    assert system.client.delete("/v1/cameras/attic").status_code == 404
    assert system.client.delete("/v1/cameras/door").status_code == 200
    last = system.client.delete("/v1/cameras/street")
    assert (last.status_code, "no camera would be left" in last.json()["detail"]) == (422, True)
