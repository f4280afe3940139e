"""Decoding of a live stream, of which less is decoded while it comes too fast."""

import time
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from typing import Literal, NamedTuple

import av
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from genesis_ray.domain.streams.decoding import DecodingPace, Depth

_SKIPS: dict[Depth, Literal["DEFAULT", "NONREF", "NONKEY"]] = {
    "all": "DEFAULT",
    "reference": "NONREF",
    "key": "NONKEY",
}
"""What FFmpeg calls the frames that are left out."""

_RAREST_KEY = 600
"""Packets without a key frame, after which none is waited for any more: 10 s at 60 frames/s. Not
every camera tells which they are; the decoder finds them by itself."""


class Decoded(NamedTuple):
    """What became of a packet.

    Attributes:
        pictures: In the order they are to be shown; they may be those of earlier packets.
        is_left_out: Whether one frame less came of it, as less than all is decoded.
        is_damaged: Whether it could not be decoded.
    """

    pictures: list[VideoFrame]
    is_left_out: bool = False
    is_damaged: bool = False


class LiveDecoder:
    """Decodes a camera's packets as far as `DecodingPace` lets it, over all its connections.

    A frame that is decoded is the same, and has the same time, however many others are not:
    what it is made from is never left out.

    Attributes:
        depth: What is being decoded.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Go by `clock`, in seconds."""
        self._clock = clock
        self._pace = DecodingPace()
        self.depth: Depth = "all"
        self._since_key = 0

    def play(
        self, packets: "Iterable[Packet[VideoStream]]", stream: VideoStream
    ) -> Iterator[Decoded]:
        """Decode the packets of one connection.

        What is done with the pictures before the next are asked for counts as work too.
        """
        self._pace.restart()
        stream.codec_context.skip_frame = _SKIPS[self.depth]
        time_base = stream.time_base or Fraction(1, 90_000)
        for packet in packets:
            began = self._clock()
            yield self._decode(packet, stream)
            now = self._clock()
            stamp = packet.pts if packet.pts is not None else packet.dts
            stream_s = now if stamp is None else float(stamp * time_base)
            self._pace.note(now, stream_s=stream_s, work_s=now - began)

    def _decode(self, packet: "Packet[VideoStream]", stream: VideoStream) -> Decoded:
        self._since_key = 0 if packet.is_keyframe else self._since_key + 1
        pictures: list[VideoFrame] = []
        try:
            if self._may_turn(packet):
                pictures += self._turn(stream)
            pictures += stream.decode(packet)
            if self.depth == "key" and packet.is_keyframe:
                pictures += _drain(stream)
        except av.FFmpegError:
            return Decoded(pictures, is_damaged=True)
        is_left_out = self.depth != "all" and packet.size > 0 and not pictures
        return Decoded(pictures, is_left_out)

    def _may_turn(self, packet: "Packet[VideoStream]") -> bool:
        """Tell whether this packet may be the first of another depth.

        From key frames to more only with a key frame: the others are made from what was left out.
        """
        if self._pace.depth == self.depth:
            return False
        return self.depth != "key" or packet.is_keyframe or self._since_key > _RAREST_KEY

    def _turn(self, stream: VideoStream) -> list[VideoFrame]:
        """Go to the depth that is wanted; return the pictures that were still to come."""
        before, self.depth = self.depth, self._pace.depth
        stream.codec_context.skip_frame = _SKIPS[self.depth]
        return _drain(stream) if "key" in (before, self.depth) else []


def _drain(stream: VideoStream) -> list[VideoFrame]:
    """Return what the decoder holds back to bring frames in order.

    Of key frames alone, each would come a whole group of pictures late.
    """
    try:
        return stream.decode(None)
    finally:
        stream.codec_context.flush_buffers()
