import pytest

from genesis_ray.running.result import RunResult, summary
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.settings import Settings

FILM = CameraSettings(camera_id="film", source="film.mp4")
STREAM = CameraSettings(camera_id="stream", source="rtsp://camera/1")


def result(*, interrupted: bool) -> RunResult:
    return RunResult(
        mode="live", cameras=(), events=0, late=0, startup_s=0, first_event_s=None, watching_s=0,
        stage_s={}, interrupted=interrupted,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("cameras", "interrupted", "state"),
    [
        ([FILM], False, "finished"),
        ([FILM], True, "interrupted"),
        ([STREAM], True, "finished"),  # it has no other end
        ([STREAM, FILM], True, "interrupted"),
    ],
)
def test_a_run_is_finished_unless_a_recording_was_cut_off(cameras, interrupted, state):
    settings = Settings(cameras=cameras)
    assert summary(settings, result(interrupted=interrupted))["state"] == state


def test_a_run_without_a_result_goes_on():
    assert summary(Settings(cameras=[FILM]), None)["state"] == "running"
