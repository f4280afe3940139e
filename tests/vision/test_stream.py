import errno
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from itertools import count, islice, pairwise
from pathlib import Path
from types import MappingProxyType

import av
import cv2
import numpy as np
import pytest

from genesis_ray.domain.streams.source_policy import SourcePolicy
from genesis_ray.vision import stream_connection
from genesis_ray.vision.stream import LiveStream
from genesis_ray.vision.stream_address import StreamAddress
from genesis_ray.vision.stream_reasons import NoVideoError, reason_of, remedy_of
from tests.certificates import self_signed
from tests.vision.film_server import FilmServer, PacedCamera, film, serving, timed_film
from tests.vision.watching import Watching

pytestmark = pytest.mark.timeout(90)


def to_connect(reason: str, *, is_device: bool) -> str:
    """What to do about a camera that cannot be connected to."""
    return remedy_of("connecting", reason, has_shown=False, is_device=is_device)


def test_nothing_is_connected_to_before_a_frame_is_asked_for():
    address = StreamAddress("rtsp://127.0.0.1:1/live")
    stream = LiveStream(address, camera_id="door", process_fps=None)
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


def steps_over(pause_s: float, rtsp, watching: Watching) -> list[float]:
    """Return the seconds between frames of ten a second, before, over and after a pause."""
    watching.until(lambda: len(watching.frames) >= 15)
    rtsp.pause(pause_s)
    watching.until(lambda: len(watching.frames) >= 25 + 10 * pause_s)
    return steps(watching)


def steps(watching: Watching) -> list[float]:
    """Return the seconds between frames but the first, before which it may have taken a while."""
    times = [frame.stamp.captured_at for frame in watching.frames[10:]]
    return [(later - earlier).total_seconds() for earlier, later in pairwise(times)]


def test_of_a_camera_that_is_to_lose_nothing_each_frame_of_a_burst_is_taken(rtsp, watch):
    rtsp.start()
    watching = watch(rtsp.url, process_fps=10, role="billing")
    assert max(steps_over(3, rtsp, watching)) < 0.15
    assert watching.stream.dropped == {}
    assert watching.states == [("online", "")]


def test_while_it_is_connected_to_a_camera_may_bring_what_was_held_up(rtsp, watch):
    rtsp.start()
    watching = watch(rtsp.url, process_fps=10)
    assert not watching.stream.may_be_held_up
    watching.until(lambda: watching.frames)
    assert watching.stream.may_be_held_up
    rtsp.kill()
    watching.until(lambda: watching.states and watching.states[-1][0] == "connecting")
    watching.until(lambda: not watching.stream.may_be_held_up)


def test_of_another_five_frames_of_a_burst_are_taken_and_the_others_counted(rtsp, watch):
    rtsp.start()
    watching = watch(rtsp.url, process_fps=10, role="tracking")
    steps_over(3, rtsp, watching)

    def lost() -> int:
        return round(10 * sum(step - 0.1 for step in steps(watching)))

    # At one moment or another: on a busy machine more come in bursts meanwhile.
    watching.until(lambda: 20 <= lost() == watching.stream.dropped["burst"])


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


def test_a_camera_whose_sound_goes_on_without_pictures_is_connected_to_again(rtsp, watch):
    rtsp.start(
        pipeline="( videotestsrc is-live=true pattern=ball num-buffers=60"
        " ! video/x-raw,format=I420,width=320,height=240,framerate=30/1"
        " ! jpegenc ! rtpjpegpay name=pay0 pt=26"
        " audiotestsrc is-live=true ! audioconvert ! rtpL16pay name=pay1 pt=96 )"
    )
    watching = watch(rtsp.url, stalled_after_s=1)
    watching.until(lambda: len(watching.frames) > 60)  # more than one connection has
    assert watching.states[:2] == [("online", ""), ("stalled", "no_frames")]
    assert watching.states[-1] == ("online", "")


class MuteCamera:
    """Answers all that RTSP asks, and sends no picture."""

    SDP = (
        "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
        "m=video 0 RTP/AVP 26\r\na=control:track1\r\n"
    )
    ANSWERS = MappingProxyType({
        "OPTIONS": "Public: DESCRIBE, SETUP, PLAY\r\n\r\n",
        "DESCRIBE": f"Content-Type: application/sdp\r\nContent-Length: {len(SDP)}\r\n\r\n{SDP}",
        "SETUP": "Session: 1\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n",
        "PLAY": "Session: 1\r\n\r\n",
    })  # fmt: skip

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"rtsp://127.0.0.1:{self._server.getsockname()[1]}/live"
        self.played = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            with connection, suppress(OSError):  # who is connected goes as he likes
                while asked := connection.recv(4096).decode():
                    self._answer(connection, asked)

    def _answer(self, connection: socket.socket, asked: str) -> None:
        method = asked.partition(" ")[0]
        number = asked.partition("CSeq: ")[2].partition("\r")[0]
        self.played += method == "PLAY"
        rest = self.ANSWERS.get(method, "\r\n")
        connection.sendall(f"RTSP/1.0 200 OK\r\nCSeq: {number}\r\n{rest}".encode())

    def close(self) -> None:
        self._server.close()


def test_a_camera_that_is_connected_to_and_sends_no_frame_at_all_is_stalled(watch, monkeypatch):
    monkeypatch.setattr("genesis_ray.vision.stream_connection._OPEN_TIMEOUT_S", 0.5)
    with closing(MuteCamera()) as camera:
        watching = watch(camera.url, stalled_after_s=1)
        watching.until(lambda: camera.played >= 2)  # it is connected to again
        assert watching.states == [("stalled", "no_frames")]


@pytest.mark.parametrize(("set_by_s", "state"), [(-3600, "clock_skewed"), (3600, "online")])
def test_a_clock_that_is_set_makes_no_camera_blind(rtsp, watch, set_by_s, state):
    rtsp.start()
    set_by = timedelta(0)
    watching = watch(rtsp.url, process_fps=5, now=lambda: datetime.now(UTC) + set_by)
    watching.until(lambda: len(watching.frames) >= 5)
    set_by = timedelta(seconds=set_by_s)
    began, seen = time.monotonic(), len(watching.frames)
    watching.until(lambda: len(watching.frames) >= seen + 10)
    assert time.monotonic() - began > 1  # as many a second as before, and no more
    times = [frame.stamp.captured_at for frame in watching.frames]
    steps = [(later - earlier).total_seconds() for earlier, later in pairwise(times)]
    assert min(steps) > 0
    assert sum(step > 10 for step in steps) == (set_by_s > 0)
    assert watching.states[-1][0] == state
    assert watching.told_at == sorted(watching.told_at)


def test_udp_is_there_on_request(rtsp, watch):
    rtsp.start()
    watching = watch(rtsp.url, transport="udp")
    watching.until(lambda: len(watching.frames) >= 5)


@pytest.fixture
def film_server(tmp_path: Path) -> Iterator[FilmServer]:
    film(tmp_path / "film.ts")
    with serving(FilmServer(tmp_path)) as server:
        yield server


@pytest.fixture
def film_over_http(film_server) -> str:
    return f"{film_server.url}/film.ts"


@pytest.fixture
def certified(tmp_path, film_server) -> Path:
    """The certificate, made by itself, of the server of films, which speaks TLS with it."""
    file = tmp_path / "camera.pem"
    context = self_signed(file)
    film_server.socket = context.wrap_socket(film_server.socket, server_side=True)
    film_server.url = film_server.url.replace("http:", "https:")
    return file


def test_a_camera_over_https_is_watched_only_if_its_certificate_is_trusted(
    certified, film_server, watch
):
    url = f"{film_server.url}/film.ts"
    stranger = watch(url)
    stranger.until(lambda: stranger.states == [("connecting", "untrusted")])
    assert film_server.asked == []
    known = watch(url, policy=SourcePolicy(ca_file=certified))
    known.until(lambda: len(known.frames) >= 5)
    anybody = watch(url, policy=SourcePolicy(verify_tls=False))
    anybody.until(lambda: len(anybody.frames) >= 5)


def test_a_certificate_of_another_host_is_not_trusted(certified, film_server, dns, watch):
    dns["camera.test"] = ["127.0.0.1"]
    url = f"{film_server.url.replace('127.0.0.1', 'camera.test')}/film.ts"
    watching = watch(url, policy=SourcePolicy(ca_file=certified))
    watching.until(lambda: watching.states == [("connecting", "untrusted")])


def test_what_speaks_no_tls_is_not_called_distrusted(film_over_http, watch):
    watching = watch(film_over_http.replace("http:", "https:"))
    watching.until(lambda: watching.states == [("connecting", "unreachable")])


def test_a_camera_over_rtsps_is_watched_only_if_its_certificate_is_trusted(rtsp, tmp_path, watch):
    self_signed(tmp_path / "camera.pem")
    rtsp.start("--certificate", str(tmp_path / "camera.pem"))
    url = rtsp.url.replace("rtsp:", "rtsps:")
    stranger = watch(url)
    stranger.until(lambda: stranger.states == [("connecting", "untrusted")])
    known = watch(url, policy=SourcePolicy(ca_file=tmp_path / "camera.pem"))
    known.until(lambda: len(known.frames) >= 5)
    assert known.states == [("online", "")]


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


def test_a_camera_that_is_set_to_another_codec_goes_on(film_over_http, watch, tmp_path):
    film(tmp_path / "other.ts", width=128, height=96, codec="mpeg4")
    watching = watch(film_over_http)
    watching.until(lambda: len(watching.frames) >= 5)
    (tmp_path / "other.ts").rename(tmp_path / "film.ts")
    watching.until(lambda: watching.frames[-1].image.shape == (96, 128, 3))
    times = [frame.stamp.captured_at for frame in watching.frames]
    assert all(later > earlier for earlier, later in pairwise(times))


STARTING = [number / 10 for number in range(80)]  # what it takes to know the stream
CLOCKS = [
    [4600 + number / 25 for number in range(15)],  # more than an hour ahead, at another rate
    [90, 90.04, 90.2, 90.24, 90.6, 90.64, 90.68],  # and back, at no steady rate
    [10 + number / 5 for number in range(5)],
]
"""A stream's times in seconds; its clock jumps from one list to the next."""


def test_a_stream_over_http_that_takes_connections_and_sends_nothing_is_stalled(watch, monkeypatch):
    monkeypatch.setattr(stream_connection, "_OPEN_TIMEOUT_S", 0.5)
    with serving(PacedCamera(b"", [(0, b"-")])) as camera:
        watching = watch(camera.url)
        watching.until(lambda: watching.states == [("stalled", "no_frames")])
        camera.goes_on.set()
        watching.close()


@pytest.mark.parametrize("scheme", ["rtsp", "rtsps", "http", "https"])
def test_a_port_that_takes_connections_and_says_nothing_is_stalled(watch, monkeypatch, scheme):
    monkeypatch.setattr(stream_connection, "_OPEN_TIMEOUT_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        watching = watch(f"{scheme}://127.0.0.1:{mute.getsockname()[1]}/live")
        watching.until(lambda: watching.states == [("stalled", "no_frames")])
        watching.close()


def test_of_the_addresses_of_a_name_one_that_says_nothing_is_passed_over(
    dns, film_server, watch, monkeypatch
):
    monkeypatch.setattr(stream_connection, "_OPEN_TIMEOUT_S", 4.0)
    dns["camera.test"] = ["127.0.0.2", "127.0.0.1"]
    with socket.create_server(("127.0.0.2", film_server.server_port)):
        watching = watch(film_server.url.replace("127.0.0.1", "camera.test") + "/film.ts")
        watching.until(lambda: len(watching.frames) >= 5)
    assert watching.states[0] == ("online", "")


def test_a_stream_whose_rate_changes_and_whose_clock_jumps_goes_on_and_keeps_its_intervals(
    watch, tmp_path
):
    parts = []
    for number, times in enumerate(CLOCKS):
        waits = [0.3, *(later - earlier for earlier, later in pairwise(times))]
        parts += zip(waits, timed_film(tmp_path / f"{number}.ts", times), strict=True)
    start = b"".join(timed_film(tmp_path / "start.ts", STARTING))
    with serving(PacedCamera(start, parts)) as camera:
        watching = watch(camera.url)
        watching.until(lambda: len(watching.frames) >= len(STARTING) - 5)
        camera.goes_on.set()
        watching.until(lambda: len(watching.frames) >= len(STARTING) + len(parts))
        watching.close()
    assert watching.states in ([("online", "")], [("online", ""), ("connecting", "ended")])
    dates = iter([frame.stamp.captured_at for frame in watching.frames])
    *_, last = islice(dates, len(STARTING))
    for times in CLOCKS:
        dated = list(islice(dates, len(times)))
        assert timedelta(0) < dated[0] - last < timedelta(seconds=1)
        steps = [(later - earlier).total_seconds() for earlier, later in pairwise(dated)]
        # That the last frame is whole is known by the next one, or at once where there is none.
        assert steps[:-1] == pytest.approx(np.diff(times)[:-1].tolist(), abs=0.02)
        last = dated[-1]


def test_a_stream_that_is_not_kept_up_with_is_decoded_less_and_told(film_over_http, tmp_path):
    film(tmp_path / "film.ts", width=64, height=48, seconds=60)
    stream = LiveStream(StreamAddress(film_over_http), camera_id="door", process_fps=None)
    states, frames = [], []
    for frame in stream:
        frames.append(frame.stamp)
        states += [tuple(news.diagnosis) for news in stream.take_news()]
        if ("behind", "key_frames_only") in states and stream.dropped.get("skipped", 0) > 10:
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


@pytest.fixture
def dns(monkeypatch) -> dict[str, list[str]]:
    """Names that Python, and not FFmpeg, finds the addresses of."""
    names: dict[str, list[str]] = {}
    real = socket.getaddrinfo

    def look_up(host, *more, **options):
        return [place for a in names.get(host, [host]) for place in real(a, *more, **options)]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return names


def test_a_name_that_comes_to_be_where_no_camera_may_is_told_and_not_connected_to(
    dns, film_server, watch
):
    dns["camera.test"] = ["127.0.0.1"]
    watching = watch(film_server.url.replace("127.0.0.1", "camera.test") + "/film.ts")
    watching.until(lambda: len(watching.frames) >= 20)
    dns["camera.test"] = ["127.0.0.1", "169.254.169.254"]
    watching.until(lambda: watching.states and watching.states[-1] == ("connecting", "not_allowed"))
    asked = len(film_server.asked)
    time.sleep(1.5)
    assert len(film_server.asked) == asked
    dns["camera.test"] = ["127.0.0.1"]
    watching.until(lambda: len(film_server.asked) > asked)
    assert {host for host, _ in film_server.asked} == {f"camera.test:{film_server.server_port}"}


def test_a_camera_outside_the_networks_that_are_allowed_is_not_asked(film_server, watch):
    elsewhere = SourcePolicy(allowed_networks=(ip_network("10.0.0.0/8"),))
    watching = watch(
        film_server.url.replace("127.0.0.1", "localhost") + "/film.ts", policy=elsewhere
    )
    watching.until(lambda: watching.states == [("connecting", "not_allowed")])
    assert film_server.asked == []


def test_of_the_addresses_of_a_name_one_that_answers_is_enough(dns, film_server, watch):
    dns["camera.test"] = ["127.0.0.2", "127.0.0.1"]
    watching = watch(film_server.url.replace("127.0.0.1", "camera.test") + "/film.ts")
    watching.until(lambda: len(watching.frames) >= 5)
    assert watching.states[0] == ("online", "")


def test_a_name_that_cannot_be_looked_up_is_told(watch):
    watching = watch("rtsp://camera..test/live")
    watching.until(lambda: watching.states == [("connecting", "unreachable")])


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (400, "bad_request"),
        (401, "unauthorised"),
        (403, "unauthorised"),
        (404, "not_found"),
        (410, "bad_request"),
        (429, "in_use"),
        (500, "server_error"),
        (503, "server_error"),
    ],
)
def test_what_a_camera_answers_over_http_is_told_apart_and_has_a_remedy(
    film_server, watch, status, reason
):
    watching = watch(f"{film_server.url}/answers?{status}")
    watching.until(lambda: watching.states == [("connecting", reason)])
    assert to_connect(reason, is_device=False)


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.EBUSY, "in_use"),
        (errno.ENODEV, "not_found"),
        (errno.EACCES, "not_permitted"),
        (errno.ENOTTY, "no_camera"),
        (errno.EINVAL, "no_camera"),
        (errno.EIO, "unreachable"),
    ],
)
def test_a_device_that_is_in_use_or_was_pulled_out_is_told_apart(number, reason):
    with pytest.raises(av.FFmpegError) as failed:
        av.error.err_check(-number)
    assert reason_of(failed.value, is_device=True) == reason
    remedy = to_connect(reason, is_device=True)
    assert remedy
    assert not any(word in remedy for word in ("host", "address", "network"))


def test_of_what_does_not_exist_each_is_told_its_own():
    assert to_connect("not_found", is_device=True).startswith("correct the device's number")
    assert to_connect("not_found", is_device=False) == "correct the path behind its host"


def test_what_sends_neither_pictures_nor_sound_is_not_said_to_send_sound():
    reason = reason_of(NoVideoError(has_sound=False))
    assert reason == "nothing_sent"
    assert "neither pictures nor sound" in to_connect(reason, is_device=False)
    assert reason_of(NoVideoError(has_sound=True)) == "no_pictures"


def test_a_device_that_is_no_camera_is_told(watch):
    watching = watch("device:/dev/null")
    watching.until(lambda: watching.states == [("connecting", "no_camera")])


PLAYLIST = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2.0,\n{}\n#EXT-X-ENDLIST\n"
DESCRIPTION = (
    "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 26\n"
)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("live.m3u8", PLAYLIST.format("film.ts")),
        ("live.m3u8", PLAYLIST.format("{url}/film.ts")),
        ("live.m3u8", PLAYLIST.format("file://{folder}/film.ts")),
        ("live.m3u8", PLAYLIST.format("{folder}/film.ts")),
        ("live.m3u8", PLAYLIST.format("concat:{url}/film.ts")),
        ("live.ffconcat", "ffconcat version 1.0\nfile film.ts\n"),
        ("live.sdp", DESCRIPTION),
    ],
)
def test_what_names_other_addresses_is_not_followed(film_server, watch, tmp_path, name, content):
    (tmp_path / name).write_text(
        content.replace("{url}", film_server.url).replace("{folder}", str(tmp_path))
    )
    watching = watch(f"{film_server.url}/{name}")
    watching.until(lambda: watching.states == [("connecting", "not_a_video")])
    assert {path for _, path in film_server.asked} == {f"/{name}"}
    assert watching.frames == []


@pytest.mark.parametrize(
    "to", ["/film.ts", "{url}/film.ts", "file://{folder}/film.ts", "rtsp://127.0.0.1:1/"]
)
def test_a_redirect_is_not_followed(film_server, watch, tmp_path, to):
    to = to.replace("{url}", film_server.url).replace("{folder}", str(tmp_path))
    watching = watch(f"{film_server.url}/to?{to}")
    watching.until(lambda: watching.states == [("connecting", "unreachable")])
    assert {path for _, path in film_server.asked} == {f"/to?{to}"}
    assert "redirects" in to_connect("unreachable", is_device=False)


def test_links_are_followed_where_the_policy_says_so_and_to_files_never(
    film_server, watch, tmp_path
):
    follow = SourcePolicy(follow_links=True)
    (tmp_path / "live.m3u8").write_text(PLAYLIST.format("film.ts"))
    (tmp_path / "file.m3u8").write_text(PLAYLIST.format(f"file://{tmp_path}/film.ts"))
    playlist = watch(f"{film_server.url}/to?/live.m3u8", policy=follow)
    playlist.until(lambda: len(playlist.frames) >= 5)
    file = watch(f"{film_server.url}/file.m3u8", policy=follow)
    file.until(lambda: file.states == [("connecting", "not_a_video")])


class RedirectingCamera:
    """Answers every request of RTSP with an address at which another one waits."""

    def __init__(self) -> None:
        self.other = socket.create_server(("127.0.0.1", 0))
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"rtsp://127.0.0.1:{self._server.getsockname()[1]}/live"
        self.asked = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        to = f"rtsp://127.0.0.1:{self.other.getsockname()[1]}/live"
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            with connection:
                self.asked += 1
                number = connection.recv(4096).decode().partition("CSeq: ")[2].partition("\r")[0]
                answer = f"RTSP/1.0 302 Found\r\nCSeq: {number}\r\nLocation: {to}\r\n\r\n"
                connection.sendall(answer.encode())

    def close(self) -> None:
        self._server.close()
        self.other.close()


def test_a_redirect_of_rtsp_is_followed_where_the_policy_says_so_alone(watch):
    with closing(RedirectingCamera()) as camera:
        watching = watch(camera.url)
        watching.until(lambda: camera.asked >= 2)
        assert watching.states == [("connecting", "not_a_video")]
        camera.other.settimeout(0.2)
        with pytest.raises(TimeoutError):
            camera.other.accept()
        watch(camera.url, policy=SourcePolicy(follow_links=True))
        camera.other.settimeout(10)
        camera.other.accept()[0].close()


class PictureCamera(ThreadingHTTPServer):
    """Sends 50 JPEG pictures a second over HTTP, the first `whole` of a connection undamaged."""

    def __init__(self, whole: int | None = None) -> None:
        self.whole = whole
        super().__init__(("127.0.0.1", 0), _PictureHandler)
        self.url = f"http://127.0.0.1:{self.server_port}/video"


class _PictureHandler(SimpleHTTPRequestHandler):
    server: PictureCamera

    def log_message(self, *_) -> None:
        pass

    def do_GET(self) -> None:
        picture = cv2.imencode(".jpg", np.full((48, 64, 3), 90, np.uint8))[1].tobytes()
        head = b"--part\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(picture)
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=part")
        self.end_headers()
        with suppress(OSError):
            for number in count():
                is_whole = self.server.whole is None or number < self.server.whole
                self.wfile.write(head + (picture if is_whole else bytes(len(picture))) + b"\r\n")
                time.sleep(0.02)


@pytest.fixture
def picture_camera() -> Iterator[PictureCamera]:
    with serving(PictureCamera()) as camera:
        yield camera


def test_pictures_over_http_one_after_another_are_a_stream(picture_camera, watch):
    watching = watch(picture_camera.url)
    watching.until(lambda: len(watching.frames) >= 5)
    watching.close()


def test_a_camera_whose_pictures_can_be_decoded_no_more_is_connected_to_again(
    picture_camera, watch
):
    picture_camera.whole = 5
    watching = watch(picture_camera.url, stalled_after_s=0.5)
    watching.until(lambda: len(watching.frames) > 5)
    assert watching.states[:3] == [("online", ""), ("stalled", "no_frames"), ("online", "")]
    watching.close()
