from datetime import UTC, datetime, timedelta

import av
import numpy as np

from genesis_ray.domain.detections import Detections, Tracks
from genesis_ray.domain.frames import Frame, FrameStamp
from genesis_ray.pipeline.observer import Observation
from genesis_ray.running.recorder import Recorder
from genesis_ray.running.station_values import Seen
from genesis_ray.settings_cameras import CameraSettings

OWN = {"fps": 10, "time_zone": "Europe/Berlin"}
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def seen(number: int, height: int, width: int) -> Seen:
    at = NOON + timedelta(seconds=number / 10)
    frame = Frame(FrameStamp("door", number, at), np.zeros((height, width, 3), np.uint8))
    tracks = Tracks(Detections.none(), np.zeros(0, np.int64))
    return Seen(frame, Observation(at, (), tracks), [])


def sizes(path) -> list[tuple[int, int]]:
    with av.open(path) as video:
        return [(frame.width, frame.height) for frame in video.decode(video=0)]


def test_every_frame_is_recorded(tmp_path):
    recorder = Recorder(CameraSettings(camera_id="door", source="rtsp://door/1"), tmp_path, **OWN)
    for number in range(5):
        recorder.draw(seen(number, 240, 320))
    recorder.close()
    assert sizes(tmp_path / "door.mp4") == [(320, 240)] * 5


def test_a_camera_that_changes_its_resolution_is_recorded_in_the_first_one(tmp_path):
    recorder = Recorder(CameraSettings(camera_id="door", source="rtsp://door/1"), tmp_path, **OWN)
    recorder.draw(seen(0, 240, 320))
    recorder.draw(seen(1, 480, 640))
    recorder.draw(seen(2, 240, 320))
    recorder.close()
    assert sizes(tmp_path / "door.mp4") == [(320, 240)] * 3


def test_without_a_frame_there_is_no_video(tmp_path):
    Recorder(CameraSettings(camera_id="door", source="a.mp4"), tmp_path, **OWN).close()
    assert list(tmp_path.iterdir()) == []
