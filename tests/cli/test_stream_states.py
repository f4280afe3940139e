from dataclasses import replace

import pytest

from genesis_ray.cli.stream_states import is_well, told_state
from genesis_ray.running.result import CameraProgress


@pytest.mark.parametrize(
    ("state", "reason", "frames", "said"),
    [
        ("connecting", "refused", 0, "connecting: refused; switch it on, or correct the port"),
        ("connecting", "refused", 9, "connecting: refused; switch it on, or correct the port"),
        ("connecting", "ended", 0, "connecting: ended; look whether the camera serves somebody"),
        ("connecting", "ended", 9, "connecting: ended; look at its network and its power"),
        ("stalled", "no_frames", 9, "stalled: no_frames; restart it, a device by its plug"),
        ("black", "dark", 9, "black: dark; look whether its lens is covered"),
    ],
)
def test_a_state_is_said_with_its_reason_and_what_to_do(state, reason, frames, said):
    camera = CameraProgress(camera_id="door", state=state, reason=reason, frames=frames)
    assert told_state(camera).startswith(f"camera door is {said}")
    assert not is_well(camera)


def test_what_to_do_about_a_device_names_no_host():
    camera = CameraProgress(camera_id="desk", state="connecting", reason="not_found")
    assert "host" in told_state(camera)
    assert "correct the device's number" in told_state(replace(camera, is_device=True))


def test_of_a_camera_that_is_online_there_is_nothing_to_do():
    camera = CameraProgress(camera_id="door", state="online", frames=9)
    assert told_state(camera) == "camera door is online"
    assert is_well(camera)
