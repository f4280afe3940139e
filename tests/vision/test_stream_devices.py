"""Cameras of this machine that give no pictures, where there is none of them."""

import errno
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import pytest
from av.packet import Packet

from genesis_ray.vision import stream, stream_connection
from tests.vision.film_server import film

pytestmark = pytest.mark.timeout(90)

DEVICE = "device:/dev/null"
"""Which is there."""


class Device:
    """Shows a film as one that is asked not to wait does: it has nothing yet before each packet.

    After `packets` of them it has nothing ever again, or keeps who asks until `lets_go`.
    """

    def __init__(self, path: Path, packets: int, *, lets_go: threading.Event | None = None) -> None:
        self._film = av.open(path)
        self._packets = self._film.demux()
        self._left = packets
        self._lets_go = lets_go
        self._has_one = True
        self.streams = self._film.streams

    def demux(self) -> Iterator[Packet]:
        while True:
            self._has_one = not self._has_one
            if self._lets_go and not self._left:
                self._lets_go.wait()
            if not (self._has_one and self._left):
                av.error.err_check(-errno.EAGAIN)
            self._left -= 1
            yield next(self._packets)

    def close(self) -> None:
        self._film.close()


@pytest.fixture
def opened(monkeypatch, tmp_path) -> Callable[..., list[Device]]:
    """Have devices opened that show a film; return those that were."""
    film(tmp_path / "film.ts", seconds=10)

    def opened(packets: int, *, open_s: float = 0.0, **how) -> list[Device]:
        devices: list[Device] = []

        def open_container(*_: object, **__: object) -> Device:
            time.sleep(open_s)
            devices.append(Device(tmp_path / "film.ts", packets, **how))
            return devices[-1]

        monkeypatch.setattr(stream_connection, "open_container", open_container)
        return devices

    return opened


def test_a_device_that_has_nothing_yet_is_waited_for(opened, watch):
    devices = opened(packets=50)
    watching = watch(DEVICE)
    watching.until(lambda: len(watching.frames) >= 20)
    assert watching.states == [("online", "")]
    assert len(devices) == 1


def test_a_device_that_gives_no_picture_any_more_is_stalled_and_opened_again(opened, watch):
    devices = opened(packets=50)
    watching = watch(DEVICE, stalled_after_s=1)
    watching.until(lambda: watching.states == [("online", ""), ("stalled", "no_frames")])
    watching.until(lambda: len(devices) == 2)


def test_a_device_that_opens_and_gives_no_picture_is_stalled(opened, watch, monkeypatch):
    monkeypatch.setattr(stream_connection, "_DEVICE_TIMEOUT_S", 0.2)
    opened(packets=0, open_s=0.3)  # FFmpeg opens it all the same
    watching = watch(DEVICE)
    watching.until(lambda: watching.states == [("stalled", "no_frames")])


def test_a_device_whose_driver_keeps_who_asks_for_a_picture_is_stalled(opened, watch, monkeypatch):
    monkeypatch.setattr(stream, "_HUNG_AFTER_S", 0.5)
    lets_go = threading.Event()
    opened(packets=50, lets_go=lets_go)
    watching = watch(DEVICE)
    watching.until(lambda: watching.states == [("online", ""), ("stalled", "no_frames")])
    assert not watching.stream.may_be_held_up
    lets_go.set()


def test_a_device_whose_driver_keeps_who_opens_it_is_told(opened, watch, monkeypatch):
    monkeypatch.setattr(stream, "_HUNG_AFTER_S", 0.5)
    opened(packets=50, open_s=1.5)
    watching = watch(DEVICE)
    watching.until(lambda: watching.states == [("connecting", "timed_out")])
    watching.until(lambda: watching.states[-1] == ("online", ""))


def test_a_frame_that_is_worked_on_for_long_is_not_taken_for_a_device_that_hangs(
    opened, monkeypatch
):
    monkeypatch.setattr(stream, "_HUNG_AFTER_S", 0.2)
    opened(packets=50)
    live = stream.LiveStream(stream.StreamAddress(DEVICE), camera_id="door", process_fps=None)
    frames = iter(live)
    next(frames)
    live.take_news()
    time.sleep(0.3)
    assert live.take_news() == []
    live.close()
    assert list(frames)[1:] == []
