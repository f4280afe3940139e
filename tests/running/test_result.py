from dataclasses import replace

import pytest

from genesis_ray.running.result import CameraProgress, RunResult, cut_off, summary
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


def test_who_was_not_watched_to_the_end_is_known_one_by_one():
    names = ["whole", "cut", "never_opened"]
    films = [CameraSettings(camera_id=name, source="film.mp4") for name in names]
    told = (
        CameraProgress(camera_id="whole", frames=30, is_done=True),
        CameraProgress(camera_id="cut", frames=30, is_done=True, is_cut_off=True),
        CameraProgress(camera_id="stream", frames=9, is_done=True),
    )
    found = replace(result(interrupted=True), cameras=told)
    assert cut_off(Settings(cameras=[*films, STREAM]), found) == ["cut", "never_opened"]


def test_where_only_streams_were_ended_a_run_is_finished():
    told = (CameraProgress(camera_id="film", frames=30, is_done=True),)
    found = replace(result(interrupted=True), cameras=told)
    assert summary(Settings(cameras=[FILM, STREAM]), found)["state"] == "finished"


def test_a_run_without_a_result_goes_on():
    assert summary(Settings(cameras=[FILM]), None)["state"] == "running"
