"""Decoding by the decoders of an NVIDIA GPU, where a node has one, and pixels that are the same."""

from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from typing import Any, Literal

import av
import numpy as np
from av.codec import Codec
from av.codec.hwaccel import HWAccel
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from genesis_ray.domain.streams.frames import Image
from genesis_ray.vision import engines

Decoder = Literal["software", "auto"]
"""What decodes: the processor; or the GPU where there is one that can, else the processor."""

_INVALID = av.error.tag_to_code(b"INDA")
"""FFmpeg's number for data that it can make nothing of."""

_PLANAR: Mapping[str, str] = {"nv12": "yuv420p", "p010le": "yuv420p10le"}
"""What the processor's decoders make, by what the GPU's do: the same values in another order. By
this detour a frame has the same pixels whoever decoded it, and has them sooner."""


def open_container(file: object, *, decoder: Decoder, **options: Any) -> InputContainer:
    """Open `file` as `av.open` does, and raise as that does.

    So it is where nothing here decodes what the first stream of pictures is in.
    """
    if decoder == "auto" and (context := _gpu_context()) is not None:
        options["hwaccel"] = _on_gpu(context)
    container: InputContainer = av.open(file, "r", metadata_errors="replace", **options)
    pictures = container.streams.video
    # Its stub says that there always is one.
    if pictures and getattr(pictures[0], "codec_context", None) is None:
        container.close()
        raise av.error.InvalidDataError(_INVALID, "its pictures are in a codec that is not known")
    return container


def pixels(
    frame: VideoFrame,
    reformatter: VideoReformatter,
    *,
    size: tuple[int, int] | None = None,
    quarter_turns: int = 0,
) -> Image:
    """Return a frame's pixels, uint8 [h, w, 3], BGR, turned counter-clockwise.

    Before that they are made to be of `size`, (width, height), if it is given.
    """
    if planar := _PLANAR.get(frame.format.name):
        frame = reformatter.reformat(frame, format=planar, threads=1)
    width, height = size or (frame.width, frame.height)
    bgr = reformatter.reformat(frame, width, height, "bgr24", threads=1).to_ndarray()
    return np.ascontiguousarray(np.rot90(bgr, quarter_turns), np.uint8)


def _on_gpu(context: Mapping[str, str]) -> HWAccel:
    return HWAccel("cuda", allow_software_fallback=True, options=dict(context))


@cache
def _gpu_context() -> Mapping[str, str] | None:
    """Return which context of the GPU decoders are to use; None where none can be used.

    All of a process' cameras share its first one: contexts of their own would each take memory,
    and turns with the others. Where torch uses the GPU too it has made that one its own way, and
    FFmpeg wants another.
    """
    if engines.best_device() == "cpu":
        return None
    for context in ({"primary_ctx": "1"}, {}):
        with suppress(av.FFmpegError, OSError, NotImplementedError):
            _on_gpu(context).create(Codec("h264", "r"))
            return context
    return None
