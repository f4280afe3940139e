from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from genesis_ray.domain.detections import Detections, Tracks
from genesis_ray.domain.frames import Frame, FrameStamp
from genesis_ray.domain.stream_health import Diagnosis
from genesis_ray.pipeline.observer import CameraObserver, CameraRules
from genesis_ray.running.station import CameraStation
from genesis_ray.vision.stream import News

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
MIDDLE = np.array([[0.25, 0.25, 0.75, 0.75]], np.float32)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


class Nobody:
    """A tracker that takes every box for one person."""

    lost_after_s = 2.0

    def update(self, at: datetime, detections: Detections) -> Tracks:  # noqa: ARG002
        return Tracks(detections, np.arange(1, len(detections) + 1))


class Stream:
    """A live stream whose camera is set to another resolution after each frame."""

    is_live = True
    expected_frames = None
    problem = None
    started_at = NOON

    def __init__(self) -> None:
        self.news: list[News] = []

    def __iter__(self) -> Iterator[Frame]:
        for number, (height, width) in enumerate([(480, 640), (360, 640), (640, 480)]):
            stamp = FrameStamp("door", number, at(number / 10))
            yield Frame(stamp, np.zeros((height, width, 3), np.uint8))

    def take_news(self) -> list[News]:
        news, self.news = self.news, []
        return news

    def close(self) -> None:
        pass


@pytest.fixture
def stream() -> Stream:
    return Stream()


@pytest.fixture
def station(stream) -> CameraStation:
    rules = CameraRules(
        tenant_id="default",
        site_id="default",
        camera_id="door",
        zones=(),
        lines=(),
        settle=timedelta(),
        faces=None,
    )
    return CameraStation(stream, rules, CameraObserver(rules, Nobody()), input_size=320)


def states(report) -> list[tuple[datetime, str, str]]:
    return [
        (at, event.state, event.reason)
        for at, together in report.events
        for event in together
        if type(event).__name__ == "CameraStateChanged"
    ]


def test_a_stream_may_change_its_resolution(station):
    shapes = [image.shape for _, image in station.frames()]
    assert shapes == [(256, 320, 3), (192, 320, 3), (320, 256, 3)]


def test_boxes_are_brought_back_to_the_frame_they_were_found_in(station):
    wide, tall = [0.25, 7 / 30, 0.75, 23 / 30], [7 / 30, 0.25, 23 / 30, 0.75]  # without margins
    for (frame, _), expected in zip(station.frames(), [wide, wide, tall], strict=True):
        people = station.people(frame, Detections(MIDDLE, np.ones(1, np.float32)))
        np.testing.assert_allclose(people.xyxy, [expected], atol=1e-6)
        seen = station.observe(frame, people)
        assert seen.observation.tracks is not None
        np.testing.assert_array_equal(seen.observation.tracks.detections.xyxy, people.xyxy)


def test_nobody_is_looked_at_again_unless_asked_for(station):
    (frame, _), *_ = station.frames()
    assert station.tiles(frame, Detections(MIDDLE, np.ones(1, np.float32))) is None


def test_news_of_the_stream_come_with_the_next_frames_and_not_again(station, stream):
    frames = [frame for frame, _ in station.frames()]
    stream.news = [News(at(0), Diagnosis("online", ""))]
    first = station.report([station.observe(frames[0], Detections.none())], [])
    assert states(first) == [(at(0), "online", "")]
    assert first.state == "online"
    second = station.report([station.observe(frames[1], Detections.none())], [])
    assert states(second) == []
    assert second.state is None


def test_a_silent_stream_tells_its_news_and_that_time_goes_on(station, stream):
    stream.news = [News(at(5), Diagnosis("connecting", "refused"))]
    report = station.idle(at(10))
    assert states(report) == [(at(5), "connecting", "refused")]
    assert report.progress == at(8)  # a frame may come whose clock is two seconds behind
    assert report.frames == 0
    assert station.idle(at(9)).progress == at(8)
