import io

import pytest

from genesis_ray.cli import progress
from genesis_ray.cli.console import PlainConsole
from genesis_ray.cli.progress import CameraBars
from genesis_ray.running.result import CameraProgress

REFUSED = CameraProgress(camera_id="door", state="connecting", reason="refused")
TILL = CameraProgress(camera_id="till", expected_frames=30, frames=7)


@pytest.fixture
def shown(monkeypatch):
    """Show what cameras report, one after another; return what is printed, the bars at last."""

    def show(*cameras: CameraProgress) -> str:
        printed = io.StringIO()
        monkeypatch.setattr(progress, "stderr", PlainConsole(file=printed, width=120))
        with CameraBars("starting Ray") as bars:
            for camera in cameras:
                bars.update(camera)
        return printed.getvalue()

    return show


def camera(state: str, reason: str = "", **more: object) -> CameraProgress:
    return CameraProgress(camera_id="door", state=state, reason=reason, **more)


def test_it_is_starting_until_something_is_known_of_a_camera(shown):
    assert "starting Ray" in shown(CameraProgress(camera_id="door"))
    for known in (REFUSED, TILL, camera("online")):
        assert "starting Ray" not in shown(known)


def test_why_a_camera_gives_no_frames_is_said_once_with_what_to_do(shown):
    text = shown(REFUSED, REFUSED, TILL, REFUSED)
    assert text.count("camera door is connecting: refused; switch it on, or correct the port") == 1
    assert "0/" not in text
    assert "7/30" in text


def test_each_change_of_a_camera_that_was_away_is_said(shown):
    told = shown(REFUSED, camera("connecting", "unauthorised"), camera("online", frames=1))
    said = [line.split(";")[0] for line in told.splitlines() if line.startswith("camera ")]
    assert said == [
        "camera door is connecting: refused",
        "camera door is connecting: unauthorised",
        "camera door is online",
    ]


def test_nothing_is_said_of_cameras_that_are_well_nor_of_those_that_have_ended(shown):
    assert "camera " not in shown(camera("online", frames=1), camera("online", frames=9), TILL)
    assert "camera " not in shown(camera("connecting", "refused", is_done=True))


def test_a_camera_that_never_gave_a_frame_has_no_bar(shown):
    assert "/" not in shown(REFUSED, camera("connecting", "refused", is_done=True)).split("\n")[1]


@pytest.mark.parametrize(("is_cut_off", "counts"), [(False, "7/7"), (True, "7/30")])
def test_the_bar_of_a_recording_that_was_cut_off_stays_where_it_is(shown, is_cut_off, counts):
    film = {"camera_id": "till", "expected_frames": 30, "frames": 7, "is_done": True}
    assert counts in shown(CameraProgress(**film, is_cut_off=is_cut_off))
