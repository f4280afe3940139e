import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice, pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from genesis_ray.domain.frames import Frame
from genesis_ray.errors import ConfigurationError
from genesis_ray.vision.stream import LiveStream

pytestmark = pytest.mark.timeout(90)


class Watching:
    """A stream played by a thread of its own, as a camera group does."""

    def __init__(self, stream: LiveStream) -> None:
        self.stream = stream
        self.frames: list[Frame] = []
        self.states: list[tuple[str, str]] = []
        self._thread = threading.Thread(target=lambda: self.frames.extend(self._play()))
        self._thread.start()

    def _play(self) -> Iterator[Frame]:
        for frame in self.stream:
            self.frames.append(frame)
        return iter(())

    def until(self, is_so, *, within_s: float = 20) -> None:
        deadline = time.monotonic() + within_s
        while not is_so():
            assert time.monotonic() < deadline, (len(self.frames), self.states)
            self.states += [tuple(news.diagnosis) for news in self.stream.take_news()]
            time.sleep(0.02)
        self.states += [tuple(news.diagnosis) for news in self.stream.take_news()]

    def close(self) -> None:
        self.stream.close()
        self._thread.join(30)
        assert not self._thread.is_alive()


@pytest.fixture
def watch():
    watched = []

    def watch(url: str, **options) -> Watching:
        stream = LiveStream(url, camera_id="door", process_fps=None, **options)
        watched.append(Watching(stream))
        return watched[-1]

    yield watch
    for each in watched:
        each.close()


@pytest.mark.parametrize("url", ["device:one", "device:/etc/passwd", "rtsp:///live", "http://"])
def test_an_address_of_nothing_is_refused(url):
    with pytest.raises(ConfigurationError, match="expected"):
        LiveStream(url, camera_id="door", process_fps=None)


def test_nothing_is_connected_to_before_a_frame_is_asked_for():
    stream = LiveStream("rtsp://127.0.0.1:1/live", camera_id="door", process_fps=None)
    assert stream.take_news() == []
    stream.close()
    assert list(stream) == []


def test_a_camera_that_is_not_there_is_told_once_and_tried_again(watch):
    watching = watch("rtsp://ann:secret@127.0.0.1:1/live")
    watching.until(lambda: watching.states == [("connecting", "refused")])
    time.sleep(2)
    watching.until(lambda: True)
    assert watching.states == [("connecting", "refused")]


def test_a_device_that_does_not_exist_is_told(watch):
    watching = watch("device:97")
    watching.until(lambda: watching.states == [("connecting", "not_found")])


def test_frames_are_dated_by_the_clock_and_rise(rtsp, watch):
    rtsp.start()
    watching = watch(rtsp.url)
    watching.until(lambda: len(watching.frames) >= 20)
    times = [frame.stamp.captured_at for frame in watching.frames]
    assert all(later > earlier for earlier, later in pairwise(times))
    assert abs(times[-1] - datetime.now(UTC)) < timedelta(seconds=3)
    assert watching.frames[0].image.shape == (240, 320, 3)
    assert watching.states[-1] == ("online", "")


def test_a_killed_camera_is_back_within_thirty_seconds_of_its_return(rtsp, watch):
    rtsp.start()
    watching = watch(rtsp.url)
    watching.until(lambda: len(watching.frames) >= 5)
    rtsp.kill()
    watching.until(lambda: watching.states and watching.states[-1][0] == "connecting")
    time.sleep(6)  # long enough for the waits between attempts to have grown
    seen = len(watching.frames)
    rtsp.start()
    watching.until(lambda: len(watching.frames) >= seen + 5, within_s=30)
    assert watching.states[-1] == ("online", "")
    numbers = [frame.stamp.frame_index for frame in watching.frames]
    assert numbers == list(range(len(numbers)))
    times = [frame.stamp.captured_at for frame in watching.frames]
    assert times == sorted(times)
    assert times[seen] - times[seen - 1] > timedelta(seconds=6)


def test_a_wrong_password_is_told_apart_from_a_camera_that_is_off(rtsp, watch):
    rtsp.start("ann", "right")
    watching = watch(rtsp.url.replace("//", "//ann:wrong@"))
    watching.until(lambda: watching.states == [("connecting", "unauthorised")])
    right = watch(rtsp.url.replace("//", "//ann:right@"))
    right.until(lambda: len(right.frames) >= 3)


def test_sound_alone_is_no_camera(rtsp, watch):
    rtsp.start(pipeline="( audiotestsrc is-live=true ! audioconvert ! rtpL16pay name=pay0 pt=96 )")
    watching = watch(rtsp.url)
    watching.until(lambda: watching.states == [("connecting", "no_pictures")])


def test_udp_is_there_on_request(rtsp, watch):
    rtsp.start()
    watching = watch(rtsp.url, transport="udp")
    watching.until(lambda: len(watching.frames) >= 5)


def film(path: Path, *, width: int = 320, height: int = 240, seconds: int = 2) -> bytes:
    """Write a film that can be cut and joined anywhere, and return its bytes."""
    noise = np.random.default_rng(0)
    with av.open(path, "w", format="mpegts") as video:
        stream = video.add_stream("libx264", rate=10, options={"g": "5"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for _ in range(seconds * 10):
            image = noise.integers(0, 255, (height, width, 3), np.uint8)
            video.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        video.mux(stream.encode())
    return path.read_bytes()


@pytest.fixture
def film_over_http(tmp_path: Path) -> Iterator[str]:
    film(tmp_path / "film.ts")
    quiet = type("Quiet", (SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(quiet, directory=tmp_path)) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}/film.ts"
        server.shutdown()


def test_a_stream_over_http_that_ends_is_connected_to_again(film_over_http, watch):
    watching = watch(film_over_http)
    watching.until(lambda: len(watching.frames) >= 45)
    assert ("connecting", "ended") in watching.states
    times = [frame.stamp.captured_at for frame in islice(watching.frames, 45)]
    assert times == sorted(set(times))


def test_flipped_bytes_cost_some_frames_and_not_the_camera(film_over_http, watch, tmp_path):
    damaged = bytearray((tmp_path / "film.ts").read_bytes())
    for place in range(5_000, len(damaged), 3_001):
        damaged[place] ^= 0xFF
    (tmp_path / "film.ts").write_bytes(damaged)
    watching = watch(film_over_http)
    watching.until(lambda: len(watching.frames) >= 45)
    times = [frame.stamp.captured_at for frame in watching.frames]
    assert all(later > earlier for earlier, later in pairwise(times))


def test_a_camera_that_is_set_to_another_resolution_goes_on(film_over_http, watch, tmp_path):
    small = (tmp_path / "film.ts").read_bytes()
    (tmp_path / "film.ts").write_bytes(small + film(tmp_path / "large.ts", width=640, height=480))
    watching = watch(film_over_http)
    watching.until(lambda: {f.image.shape[1] for f in watching.frames} == {320, 640})
    assert {frame.image.shape for frame in watching.frames} == {(240, 320, 3), (480, 640, 3)}


def test_a_stream_that_is_not_kept_up_with_is_decoded_less_and_told(film_over_http, tmp_path):
    film(tmp_path / "film.ts", width=64, height=48, seconds=60)
    stream = LiveStream(film_over_http, camera_id="door", process_fps=None)
    states, frames = [], []
    for frame in stream:
        frames.append(frame.stamp)
        states += [tuple(news.diagnosis) for news in stream.take_news()]
        if ("behind", "key_frames_only") in states and stream.dropped["skipped"] > 10:
            stream.close()
        time.sleep(0.2)  # for each of ten frames a second
    assert states[:3] == [
        ("online", ""), ("behind", "reference_frames_only"), ("behind", "key_frames_only"),
    ]  # fmt: skip
    assert frames[-1].frame_index + 1 == len(frames) + stream.dropped["skipped"]
    elapsed = frames[-1].captured_at - frames[0].captured_at
    numbers = frames[-1].frame_index - frames[0].frame_index
    assert abs(elapsed - timedelta(seconds=numbers / 10)) < timedelta(seconds=0.5)


def test_a_page_that_is_no_video_is_told(film_over_http, watch, tmp_path):
    (tmp_path / "page.html").write_text("<html>no video</html>")
    watching = watch(film_over_http.replace("film.ts", "page.html"))
    watching.until(lambda: watching.states == [("connecting", "not_a_video")])
    missing = watch(film_over_http.replace("film.ts", "nothing.ts"))
    missing.until(lambda: missing.states == [("connecting", "not_found")])
