"""One connection to a live stream: opened within a time, and read until it ends."""

import time
from collections.abc import Iterator
from contextlib import suppress

import av
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.stream import VideoStream

from genesis_ray.vision.hardware_decoding import Decoder, open_container
from genesis_ray.vision.stream_address import Opening, StreamAddress
from genesis_ray.vision.stream_reasons import NoVideoError

_OPEN_TIMEOUT_S, _DEVICE_TIMEOUT_S = 8.0, 4.0
"""For a device it is short, as FFmpeg keeps a core busy until the first picture is there."""

_NOTHING_YET_S = 0.01
"""Between two looks at a device that has no picture yet."""


def connect(
    address: StreamAddress, *, decoder: Decoder, silent_after_s: float
) -> tuple[InputContainer, VideoStream]:
    """Open the first of one host's addresses at which something can be connected to.

    Reading from it fails after `silent_after_s` without anything.

    Raises:
        NotAllowedError: The policy refuses where it is now.
        NoVideoError: It carries no pictures.
        TimeoutError: Nothing came of it in time.
        OSError: Its host is not known, or it is not there.
        av.FFmpegError: FFmpeg can make nothing of it.
    """
    container = _open_any(address, decoder, silent_after_s)
    try:
        if not container.streams.video:
            raise NoVideoError(has_sound=bool(container.streams.audio))
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
    except BaseException:
        container.close()  # many cameras serve one at a time
        raise
    return container, stream


def packets(container: InputContainer) -> "Iterator[Packet[Stream] | None]":
    """Yield what comes, and None now and then while a device has nothing yet.

    What else is sent than pictures, as sound, comes too: of one stream alone PyAV would wait for
    ever for the next packet, as each of another begins the time for reading anew.
    """
    while True:
        try:
            yield from container.demux()
        except av.error.BlockingIOError:
            time.sleep(_NOTHING_YET_S)
            yield None
        else:
            return


def _open_any(address: StreamAddress, decoder: Decoder, silent_after_s: float) -> InputContainer:
    openings = address.openings()
    within_s = _DEVICE_TIMEOUT_S if openings[0].is_device else _OPEN_TIMEOUT_S / len(openings)
    for opening in openings[:-1]:
        with suppress(OSError):
            return _open(opening, decoder, within_s, silent_after_s)
    return _open(openings[-1], decoder, within_s, silent_after_s)


def _open(
    opening: Opening, decoder: Decoder, within_s: float, silent_after_s: float
) -> InputContainer:
    """Open it, or raise TimeoutError where all of its time went by.

    Which error FFmpeg has for that depends on the protocol; for a device that gives no picture it
    has none at all.
    """
    began = time.monotonic()
    try:
        container = open_container(
            opening.file,
            decoder=decoder,
            format=opening.format,
            options=opening.options,
            timeout=(within_s, silent_after_s),
        )
    except (av.FFmpegError, OSError) as error:
        if time.monotonic() - began >= within_s:
            raise TimeoutError from error
        raise
    if opening.is_device and time.monotonic() - began >= within_s:
        container.close()
        raise TimeoutError
    return container
