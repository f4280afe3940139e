from datetime import UTC, datetime

from genesis_ray.cli.doubts import tell_doubts
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.settings import Settings

FILM = CameraSettings(camera_id="film", source="film.mp4")
DATED = CameraSettings(
    camera_id="dated", source="film.mp4", start=datetime(2026, 1, 5, 9, tzinfo=UTC)
)
STREAM = CameraSettings(camera_id="stream", source="rtsp://camera/1")


def test_a_recording_that_is_dated_otherwise_than_the_live_cameras_beside_it_is_told(capsys):
    tell_doubts(Settings(cameras=[FILM, DATED, STREAM]))
    (told,) = capsys.readouterr().err.splitlines()
    assert told.startswith("warning: camera dated: its start, 2026-01-05T09:00:00+00:00, is not")


def test_recordings_that_are_dated_alike_are_not(capsys):
    tell_doubts(Settings(cameras=[FILM, DATED]))
    assert capsys.readouterr().err == ""
