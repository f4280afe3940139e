import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

import numpy as np
import pytest

from genesis_ray import camera_checks
from genesis_ray.domain.clocks import least_delay
from genesis_ray.domain.clocks.capture_clock import CaptureClock
from genesis_ray.domain.streams.frames import Frame, FrameStamp
from genesis_ray.domain.streams.stream_health import Diagnosis, Picture, StreamDoctor, StreamLimits
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.sections.zones import LineSettings
from genesis_ray.settings import Settings
from genesis_ray.vision import sources
from genesis_ray.vision.stream import LiveStream, News


def test_zones_and_lines_are_counted_and_odd_ones_told():
    half = ((0, 0), (0.5, 0), (0.5, 1), (0, 1))
    own = {"zones": [{"zone_id": "till", "outline": half}]}
    door = CameraSettings(camera_id="door", source="door.mp4", **own)
    (found,) = camera_checks.places([door])
    assert (found.level, found.message) == ("ok", "zones: 1")
    sky = {"line_id": "sky", "start": (0, 0.05), "end": (1, 0.05)}
    (found,) = camera_checks.places([door.model_copy(update={"lines": (LineSettings(**sky),)})])
    assert (found.name, found.level) == ("camera door", "warning")
    assert found.message.startswith("line sky lies at the picture's upper edge")
    assert found.remedy
    assert list(camera_checks.places([])) == []


def test_cameras_alone_are_watched_for_a_while_and_what_is_wrong_with_them_is_told(
    rtsp, monkeypatch, tmp_path
):
    monkeypatch.setattr(camera_checks, "_WATCHED_S", 5.0)
    rtsp.start(pipeline=rtsp.BALL.replace("pattern=ball", "pattern=black"))
    config = tmp_path / "cameras.yaml"
    config.write_text(
        f"cameras:\n  - {{camera_id: dark, source: '{rtsp.url}'}}\n"
        "  - {camera_id: film, source: 'synthetic:'}\n"
    )
    dark, film = camera_checks.examine_cameras(config)
    assert (dark.name, dark.level) == ("camera dark", "warning")
    assert re.fullmatch(r"320x240, [\d.]+ frames/s, but black: dark", dark.message)
    assert "lens is covered" in dark.remedy
    assert (film.name, film.level) == ("camera film", "ok")


class StillStream:
    """A camera that shows one picture for ever, or another one at last."""

    def __init__(self, *, changes_after: int) -> None:
        self._changes_after = changes_after
        self._is_closed = False
        limits = StreamLimits(frozen_after=timedelta(seconds=0.4))
        self._doctor = StreamDoctor(limits)
        self._news: list[News] = []

    def __iter__(self) -> Iterator[Frame]:
        self._doctor.connected(datetime.now(UTC))
        for index in count():
            at = datetime.now(UTC)
            image = np.random.default_rng(index > self._changes_after).integers(
                0, 255, (48, 64, 3), np.uint8
            )
            if self._is_closed:
                return
            if told := self._doctor.see(at, Picture.of(image)):
                self._news.append(News(at, told))
            yield Frame(FrameStamp("door", index, at), image)
            time.sleep(0.02)

    def take_news(self) -> list[News]:
        return self._news

    def close(self) -> None:
        self._is_closed = True


@pytest.mark.parametrize(
    ("changes_after", "level", "said"),
    [(10**9, "warning", ", but frozen: same_picture"), (3, "ok", ", live, ")],
)
def test_one_whose_picture_stays_the_same_is_watched_for_longer(
    monkeypatch, tmp_path, changes_after, level, said
):
    monkeypatch.setattr(camera_checks, "_WATCHED_S", 0.2)
    monkeypatch.setattr(camera_checks, "_LONGER_S", 0.8)
    still = StillStream(changes_after=changes_after)
    monkeypatch.setattr(sources, "open_source", lambda *_, **__: still)
    config = tmp_path / "cameras.yaml"
    config.write_text("cameras: [{camera_id: door, source: 'device:0'}]\n")
    began = time.monotonic()
    (door,) = camera_checks.examine_cameras(config)
    assert (door.level, said in door.message) == (level, True)
    assert (time.monotonic() - began > 0.8) == (level == "warning")


def test_of_a_camera_that_cannot_be_decoded_as_fast_as_it_sends_the_remedy_is_told(
    rtsp, monkeypatch, tmp_path
):
    make_pixels = LiveStream._pixels

    def make_pixels_slowly(self, picture):
        time.sleep(0.25)  # for each of ten a second
        return make_pixels(self, picture)

    monkeypatch.setattr(LiveStream, "_pixels", make_pixels_slowly)
    monkeypatch.setattr(camera_checks, "_WATCHED_S", 5.0)
    rtsp.start()
    config = tmp_path / "cameras.yaml"
    config.write_text(f"cameras: [{{camera_id: door, source: '{rtsp.url}'}}]\n")
    (door,) = camera_checks.examine_cameras(config)
    assert (door.name, door.level) == ("camera door", "warning")
    assert re.search(r"but behind: (key|reference)_frames_only$", door.message)
    assert "second, smaller stream" in door.remedy


def test_of_a_camera_whose_clock_drifts_by_more_than_is_made_up_for_it_is_told(
    rtsp, monkeypatch, tmp_path
):
    captured_at = CaptureClock.captured_at

    def slowly(self, stream_time, arrived_at):
        return captured_at(self, stream_time * 0.9, arrived_at)

    monkeypatch.setattr(CaptureClock, "captured_at", slowly)
    monkeypatch.setattr(least_delay, "_BUCKET", timedelta(seconds=1))
    monkeypatch.setattr(camera_checks, "_WATCHED_S", 5.0)
    rtsp.start()
    config = tmp_path / "cameras.yaml"
    config.write_text(f"cameras: [{{camera_id: door, source: '{rtsp.url}'}}]\n")
    (door,) = camera_checks.examine_cameras(config)
    assert (door.name, door.level) == ("camera door", "warning")
    assert re.search(r"but its clock loses \d+ ms a second: more than is made up", door.message)
    assert "NTP" in door.remedy


def test_cameras_are_opened_and_folders_of_recordings_are_not(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "archive").mkdir()
    sources = {
        "film": "synthetic:?fps=20&width=320&height=240",
        "gone": "gone.mp4",
        "past": "archive",
    }
    cameras = tuple(CameraSettings(camera_id=name, source=url) for name, url in sources.items())
    film, gone = camera_checks.sources(Settings(cameras=cameras))
    assert (film.level, film.message) == ("ok", "320x240, 20 frames/s, of which 10")
    assert (gone.name, gone.level) == ("camera gone", "problem")
    assert "no such file" in gone.message


def test_a_live_camera_is_connected_to_and_shows_a_picture(rtsp):
    rtsp.start("ann", "secret")
    url = rtsp.url.replace("//", "//ann:secret@")
    (found,) = camera_checks.sources(
        Settings(cameras=[CameraSettings(camera_id="door", source=url)])
    )
    assert (found.name, found.level, found.message) == ("camera door", "ok", "320x240, live")


def test_of_a_live_camera_that_shows_none_the_reason_and_the_remedy_are_told(rtsp, monkeypatch):
    monkeypatch.setattr(camera_checks, "_PATIENCE_S", 2.0)
    rtsp.start("ann", "secret")
    sources = {"off": "rtsp://127.0.0.1:1/live", "closed": rtsp.url}
    cameras = [CameraSettings(camera_id=name, source=url) for name, url in sources.items()]
    off, closed = camera_checks.sources(Settings(cameras=cameras))
    assert (off.level, off.message) == ("problem", "no picture: refused")
    assert "switch it on" in off.remedy
    assert (closed.level, closed.message) == ("problem", "no picture: unauthorised")
    assert "password" in closed.remedy


def test_of_a_live_camera_where_none_may_be_the_setting_that_says_so_is_told(monkeypatch):
    monkeypatch.setattr(camera_checks, "_PATIENCE_S", 1.0)
    sources = {"number": "rtsp://ann:secret@127.0.0.1/live", "name": "rtsp://localhost/live"}
    cameras = [CameraSettings(camera_id=name, source=url) for name, url in sources.items()]
    settings = Settings(cameras=cameras, sources={"allowed_networks": ["10.0.0.0/8"]})
    number, name = camera_checks.sources(settings)
    assert number.level == "problem"
    assert "camera number: 127.0.0.1 is no address that cameras may have" in number.message
    assert "sources.allowed_networks" in number.message
    assert (name.level, name.message) == ("problem", "no picture: not_allowed")
    assert "sources.allowed_networks" in name.remedy


@pytest.mark.parametrize(
    ("address", "node", "told"),
    [("10.0.0.1:6379", None, 1), ("10.0.0.1:6379", "shop", 0), ("", None, 0), ("local", None, 0)],
)
def test_a_device_that_a_node_of_a_cluster_has_is_told_unless_that_is_named(
    monkeypatch, address, node, told
):
    monkeypatch.setenv("RAY_ADDRESS", address)
    till = CameraSettings(camera_id="till", source="device:0", node=node)
    found = list(camera_checks.devices([till]))
    assert [(each.name, each.level) for each in found] == [("camera till", "warning")] * told


class HangingStream:
    """A camera whose driver keeps whoever asks for a picture, until `lets_go`."""

    def __init__(self, *, shows: int) -> None:
        self._shows = shows
        self.lets_go = threading.Event()

    def __iter__(self) -> Iterator[Frame]:
        for index in range(self._shows):
            image = np.zeros((48, 64, 3), np.uint8)
            yield Frame(FrameStamp("door", index, datetime.now(UTC)), image)
        self.lets_go.wait()

    def take_news(self) -> list[News]:
        return [News(datetime.now(UTC), Diagnosis("stalled", "no_frames"))] if self._shows else []

    def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("shows", "level", "said"),
    [
        (0, "problem", "no picture: timed_out"),
        (3, "warning", "64x48, but stalled: no_frames"),
    ],
)
def test_a_camera_that_hangs_is_told_in_time(monkeypatch, tmp_path, shows, level, said):
    for name in ("_PATIENCE_S", "_WATCHED_S", "_LONGER_S", "_LAST_S"):
        monkeypatch.setattr(camera_checks, name, 0.2)
    hanging = HangingStream(shows=shows)
    monkeypatch.setattr(sources, "open_source", lambda *_, **__: hanging)
    config = tmp_path / "cameras.yaml"
    config.write_text("cameras: [{camera_id: door, source: 'device:0'}]\n")
    began = time.monotonic()
    (door,) = camera_checks.examine_cameras(config)
    assert time.monotonic() - began < 5
    assert (door.level, door.message) == (level, said)
    hanging.lets_go.set()


def test_a_recording_that_hangs_as_it_is_opened_is_told_and_the_program_ends(tmp_path):
    os.mkfifo(tmp_path / "film.mp4")  # nobody writes to it
    config = tmp_path / "cameras.yaml"
    config.write_text(f"cameras: [{{camera_id: door, source: {tmp_path}/film.mp4}}]\n")
    script = f"""
from pathlib import Path
from genesis_ray import camera_checks
camera_checks._OPENING_S = 0.5
print(*camera_checks.examine_cameras(Path({str(config)!r})))
"""
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert "took longer than 0.5 s to open" in ended.stdout
