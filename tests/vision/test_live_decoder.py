"""Real films through the real decoder, at a speed that the tests choose."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
import pytest
from av.packet import Packet

from genesis_ray.domain.streams.decoding import Depth
from genesis_ray.vision.live_decoder import LiveDecoder

FPS, GROUP = 20, 10
FORWARD = {"bf": "0"}
"""No frame but the last is made from none: only key frames can stand alone."""
BOTH_WAYS = {"bf": "2", "b-adapt": "0", "x264-params": "b-pyramid=none"}
"""Two frames of three are made from their neighbours, and none from them."""
OPEN = {**BOTH_WAYS, "x264-params": "b-pyramid=none:open-gop=1"}
"""And those before a key frame from it and from what was before it."""
PYRAMID = {"bf": "3", "b-adapt": "0", "x264-params": "b-pyramid=normal"}
"""One of three is, though they are made from neighbours as well."""


def film(path: Path, seconds: int, options: dict[str, str], codec: str = "libx264") -> Path:
    noise = np.random.default_rng(0).integers(0, 255, (48, 64 + FPS * 60, 3), np.uint8)
    with av.open(path, "w", format="mpegts") as video:
        coding = {"preset": "ultrafast", "g": str(GROUP), "sc_threshold": "0", **options}
        stream = video.add_stream(codec, rate=FPS, options=coding)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for n in range(seconds * FPS):
            image = np.ascontiguousarray(noise[:, n : n + 64])
            video.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        video.mux(stream.encode())
    return path


class Shown(NamedTuple):
    """A picture, what was being decoded, and how long after its packet's turn it came."""

    captured_s: float
    depth: Depth
    came_after_s: float
    pixels: bytes


class Throttle:
    """Shows a film as a camera sends it, to a decoder that takes `cost_s` for each picture.

    The clock is the test's own: what is slow is said, and takes no time.
    """

    def __init__(self, cost_s: float) -> None:
        self.cost_s = cost_s
        self.now = 0.0
        self.decoder = LiveDecoder(lambda: self.now)
        self.packets = self.left_out = 0

    def show(
        self, path: Path, *, easy_from_s: float = 1e9, key_frames_are_told: bool = True
    ) -> list[Shown]:
        shown = []
        began, self._key_frames_are_told = self.now, key_frames_are_told
        with av.open(path) as container:
            stream = container.streams.video[0]
            for decoded in self.decoder.play(self._sent(container.demux(stream), began), stream):
                self.left_out += decoded.is_left_out
                for picture in decoded.pictures:
                    self.now += self.cost_s if self.now - began < easy_from_s else 0.001
                    captured_s = float(picture.pts * stream.time_base)
                    late_s = self._captured_s - captured_s
                    pixels = picture.to_ndarray(format="gray").tobytes()
                    shown.append(Shown(captured_s, self.decoder.depth, late_s, pixels))
        return shown

    def _sent(self, packets: Iterator[Packet], began: float) -> Iterator[Packet]:
        first = None
        for packet in packets:
            self.packets += bool(packet.size)
            packet.is_keyframe &= self._key_frames_are_told
            if packet.pts is not None:
                self._captured_s = float(packet.pts * packet.time_base)
                first = self._captured_s if first is None else first
                self.now = max(self.now, began + self._captured_s - first)
            yield packet


def whole(path: Path) -> dict[float, bytes]:
    """Return all pictures of a film by their times."""
    with av.open(path) as container:
        return {
            picture.time: picture.to_ndarray(format="gray").tobytes()
            for picture in container.decode(video=0)
        }


@pytest.mark.parametrize("options", [FORWARD, BOTH_WAYS, OPEN])
def test_every_frame_is_decoded_while_there_is_time(tmp_path, options):
    path = film(tmp_path / "film.ts", 5, options)
    throttle = Throttle(0.8 / FPS)
    assert {each.captured_s: each.pixels for each in throttle.show(path)} == whole(path)
    assert throttle.left_out == 0


def test_frames_that_no_other_is_made_from_are_left_out_first(tmp_path):
    path = film(tmp_path / "film.ts", 10, BOTH_WAYS)
    throttle = Throttle(1.5 / FPS)
    shown = throttle.show(path)
    assert throttle.decoder.depth == "reference"
    fewer = [each.captured_s for each in shown if each.depth == "reference"]
    gaps = [later - earlier for earlier, later in pairwise(fewer)]
    assert 2 / FPS < np.mean(gaps) <= 3 / FPS


def test_where_all_frames_are_made_from_those_before_only_key_frames_are_left(tmp_path):
    path = film(tmp_path / "film.ts", 10, FORWARD)
    throttle = Throttle(1.5 / FPS)
    shown = throttle.show(path)
    assert throttle.decoder.depth == "key"
    alone = [each.captured_s for each in shown if each.depth == "key"]
    assert len(alone) > 10
    assert {round(later - earlier, 3) for earlier, later in pairwise(alone)} == {GROUP / FPS}


@pytest.mark.parametrize("options", [BOTH_WAYS, OPEN])
def test_key_frames_alone_come_at_once_and_not_a_group_later(tmp_path, options):
    shown = Throttle(4 / FPS).show(film(tmp_path / "film.ts", 11, {**options, "g": "30"}))
    alone = [each.came_after_s for each in shown if each.depth == "key"]
    assert len(alone) > 6
    assert max(alone) < 0.3  # of those that were still to come when it was gone to
    assert set(alone[3:]) == {0}


def test_of_codecs_that_begin_anywhere_more_is_decoded_from_a_key_frame_on(tmp_path):
    path = film(tmp_path / "film.ts", 40, {}, codec="mpeg4")
    shown = Throttle(4 / FPS).show(path, easy_from_s=6)
    assert [each.depth for each in (shown[0], shown[-1])] == ["all", "all"]
    everything = whole(path)
    assert [each.captured_s for each in shown if everything[each.captured_s] != each.pixels] == []


@pytest.mark.parametrize("options", [FORWARD, BOTH_WAYS, OPEN, PYRAMID])
@pytest.mark.parametrize("load", [1.5, 4])
def test_every_frame_is_either_decoded_or_counted_as_left_out(tmp_path, options, load):
    throttle = Throttle(load / FPS)
    shown = throttle.show(film(tmp_path / "film.ts", 10, options))
    held_back = int(options["bf"])
    assert throttle.left_out + len(shown) == pytest.approx(throttle.packets, abs=held_back)


@pytest.mark.parametrize("options", [FORWARD, BOTH_WAYS, OPEN])
@pytest.mark.parametrize("load", [1.5, 4])
def test_what_is_decoded_is_the_same_with_the_same_times_as_if_all_were(tmp_path, options, load):
    path = film(tmp_path / "film.ts", 40, options)
    throttle = Throttle(load / FPS)
    shown = throttle.show(path, easy_from_s=6)
    times = [each.captured_s for each in shown]
    assert throttle.left_out > 0
    assert throttle.decoder.depth == "all"
    assert all(later > earlier for earlier, later in pairwise(times))
    everything = whole(path)
    assert [each.captured_s for each in shown if everything[each.captured_s] != each.pixels] == []


def test_a_new_connection_begins_with_what_could_be_decoded_of_the_one_before(tmp_path):
    path = film(tmp_path / "film.ts", 8, BOTH_WAYS)
    throttle = Throttle(1.5 / FPS)
    throttle.show(path)
    again = throttle.show(path)
    assert {each.depth for each in again} == {"reference"}
    assert len(again) < 8 * FPS / 2


def test_a_stream_that_is_refreshed_bit_by_bit_comes_back(tmp_path):
    path = film(tmp_path / "film.ts", 40, {"bf": "0", "intra-refresh": "1"})
    shown = Throttle(4 / FPS).show(path, easy_from_s=6)
    assert shown[-1].depth == "all"
    assert shown[-1].captured_s > 39.9


def test_where_nothing_tells_key_frames_all_is_decoded_again_after_a_while(tmp_path):
    path = film(tmp_path / "film.ts", 50, FORWARD)
    shown = Throttle(4 / FPS).show(path, easy_from_s=6, key_frames_are_told=False)
    assert shown[-1].depth == "all"
    assert shown[-1].captured_s > 49.9
