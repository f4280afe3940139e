from datetime import UTC, datetime, timedelta

import av
import numpy as np
import pytest

from genesis_ray.domain.streams.frames import Frame, FrameStamp
from genesis_ray.domain.tracking.detections import Detections, Tracks
from genesis_ray.errors import StoreError
from genesis_ray.pipeline.observer import Observation
from genesis_ray.running.recorder import Recorder
from genesis_ray.running.station_values import Seen
from genesis_ray.sections.cameras import CameraSettings

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


def test_a_camera_that_is_begun_with_anew_keeps_the_film_that_it_had(tmp_path):
    for frames in (2, 3, 4):
        recorder = Recorder(CameraSettings(camera_id="door", source="a.mp4"), tmp_path, **OWN)
        for number in range(frames):
            recorder.draw(seen(number, 240, 320))
        recorder.close()
    films = [len(sizes(tmp_path / f"{name}.mp4")) for name in ("door", "door-2", "door-3")]
    assert films == [2, 3, 4]


def test_what_cannot_be_written_names_where_and_leaves_nothing(tmp_path):
    media = tmp_path / "of another node" / "media"
    recorder = Recorder(CameraSettings(camera_id="door", source="a.mp4"), media, **OWN)
    with pytest.raises(StoreError, match="of another node/media: No such file"):
        recorder.draw(seen(0, 240, 320))
    recorder.discard()
    assert list(tmp_path.iterdir()) == []
