"""Whether each camera shows a picture, and whether its zones and lines can be meant so."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing
from functools import partial
from pathlib import Path
from threading import Thread, Timer
from typing import TYPE_CHECKING, TypeVar

from genesis_ray.domain.clocks.capture_clock import MOST_DRIFT
from genesis_ray.domain.streams.frames import Frame
from genesis_ray.domain.streams.stream_health import Diagnosis
from genesis_ray.errors import GenesisError
from genesis_ray.machine import Finding
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.sections.zone_checks import doubts
from genesis_ray.settings import Settings

if TYPE_CHECKING:
    from genesis_ray.vision.playback import VideoSource
    from genesis_ray.vision.stream import LiveStream

_PATIENCE_S = 10.0
"""How long a live camera may take to show its first picture."""

_WATCHED_S = 12.0
"""How long one is looked at where cameras alone are: what is counted is counted over 10 s."""

_LONGER_S = 10.0
"""One of which all pictures are the same: frozen is who shows the same for 20 s."""

_LAST_S = 10.0
"""For what is under way to end, and an attempt to connect to say why it failed."""

_OPENING_S = 60.0
"""How long a recording may take to open: all of its files are looked into."""

_Seen = TypeVar("_Seen")


def examine_cameras(config: Path) -> list[Finding]:
    """Look at the cameras of a configuration, all at the same time, and at live ones for a while.

    Raises:
        ConfigurationError: The file is wrong.
    """
    from genesis_ray import settings_file

    settings = settings_file.load(config)
    if not settings.cameras:
        return [Finding("cameras", "warning", "there are none", f"add some to {config}")]
    looks = [
        _aside(partial(_stream, camera, settings, watched_s=_WATCHED_S))
        if camera.is_live
        else _aside(partial(_recording, camera, settings.fps_of(camera)))
        for camera in settings.cameras
    ]
    return [look.result() for look in looks]


def places(cameras: Sequence[CameraSettings]) -> Iterator[Finding]:
    """Tell the zones, lines and masks there are, and which of them are rarely meant so.

    What cannot work at all is refused with the configuration.
    """
    counts = {
        "zones": sum(len(camera.zones) for camera in cameras),
        "lines": sum(len(camera.lines) for camera in cameras),
        "masks": sum(len(camera.masks) for camera in cameras),
    }
    found = [
        Finding(f"camera {camera.camera_id}", "warning", doubt.message, doubt.remedy)
        for camera in cameras
        for doubt in doubts(camera.zones, camera.lines)
    ]
    if any(counts.values()) and not found:
        told = ", ".join(f"{name}: {count}" for name, count in counts.items() if count)
        yield Finding("zones and lines", "ok", told)
    yield from found


def devices(cameras: Sequence[CameraSettings]) -> Iterator[Finding]:
    """Tell which cameras are of one machine, where a cluster may have several to watch them on."""
    if os.environ.get("RAY_ADDRESS", "") in ("", "local"):
        return
    for camera in cameras:
        if camera.is_device and camera.node is None:
            message = f"{camera.source} is looked for on whichever node watches it"
            remedy = "say by node which one has it, unless the cluster has one alone"
            yield Finding(f"camera {camera.camera_id}", "warning", message, remedy)


def sources(settings: Settings) -> list[Finding]:
    """Open what each camera plays, folders of recordings aside."""
    return [
        _stream(camera, settings) if camera.is_live else _recording(camera, settings.fps_of(camera))
        for camera in settings.cameras
        if not any(Path(source).expanduser().is_dir() for source in camera.sources)
    ]


def _stream(camera: CameraSettings, settings: Settings, *, watched_s: float = 0.0) -> Finding:
    """Connect to a live camera, wait a while for its first frame, and watch it for a while.

    No more is done with its frames than in a run, which looks at some of them alone.
    """
    from genesis_ray.vision.sources import open_source
    from genesis_ray.vision.stream import LiveStream
    from genesis_ray.vision.stream_reasons import STATE_REMEDIES, remedy_of

    name = f"camera {camera.camera_id}"
    try:
        stream = open_source(
            camera.source,
            camera_id=camera.camera_id,
            process_fps=settings.fps_of(camera),
            transport=camera.transport,
            policy=settings.sources.policy,
        )
    except GenesisError as error:
        return Finding(name, "problem", str(error), "correct the camera's source")
    frames = iter(stream)
    rate = ""
    with closing(stream):
        frame = _within(_PATIENCE_S, first := _aside(lambda: next(frames, None)))
        if frame and watched_s:
            watching = _aside(lambda: _watch(stream, frames, frame, watched_s))
            fps = _within(watched_s + _LONGER_S + _LAST_S, watching)
            rate = "" if fps is None else f", {fps:.3g} frames/s"
    news = stream.take_news()
    if not (frame or news):
        _within(_LAST_S, first)
        news = stream.take_news()
    if frame:
        height, width = frame.image.shape[:2]
        ill = next((each.diagnosis for each in reversed(news) if each.diagnosis.reason), None)
        is_ill = watched_s and ill and news[-1].diagnosis == ill
        if ill and is_ill:
            message = f"{width}x{height}{rate}, but {ill.state}: {ill.reason}"
            remedy = remedy_of(*ill, has_shown=True, is_device=camera.is_device)
            return Finding(name, "warning", message, remedy)
        drift = stream.clock_drift if isinstance(stream, LiveStream) else 0.0
        if watched_s and abs(drift) > MOST_DRIFT:
            pace = f"{'gains' if drift > 0 else 'loses'} {abs(drift) * 1000:.0f} ms a second"
            message = f"{width}x{height}{rate}, but its clock {pace}: more than is made up for"
            return Finding(name, "warning", message, STATE_REMEDIES["clock_skewed"])
        return Finding(name, "ok", f"{width}x{height}, live{rate}")
    away = news[-1].diagnosis if news else Diagnosis("connecting", "timed_out")
    remedy = remedy_of(*away, has_shown=False, is_device=camera.is_device)
    return Finding(name, "problem", f"no picture: {away.reason}", remedy)


def _watch(
    stream: "LiveStream | VideoSource", frames: Iterator[Frame], first: Frame, watched_s: float
) -> float:
    """Watch a stream for a while, longer where it may be frozen; return its frames a second."""
    from genesis_ray.domain.streams.stream_health import Picture

    began = time.monotonic()
    enough = Timer(watched_s + _LONGER_S, stream.close)
    enough.start()
    before, is_still, seen = Picture.of(first.image).digest, True, 1
    for frame in frames:
        seen = frame.stamp.frame_index + 1  # with those that are not looked at
        is_still = is_still and Picture.of(frame.image).digest == before
        if time.monotonic() - began >= watched_s and not is_still:
            break
    enough.cancel()
    return seen / (time.monotonic() - began)


def _recording(camera: CameraSettings, fps: float) -> Finding:
    opening = _aside(partial(_open_recording, camera, fps))
    late = f"it took longer than {_OPENING_S:g} s to open"
    return _within(_OPENING_S, opening) or Finding(
        f"camera {camera.camera_id}", "problem", late, "look at the disk or the share it is on"
    )


def _open_recording(camera: CameraSettings, fps: float) -> Finding:
    from genesis_ray.vision.sources import open_recording

    camera_id, urls = camera.camera_id, camera.sources
    name = f"camera {camera_id}"
    try:
        with open_recording(urls, camera_id=camera_id, process_fps=fps, start=None) as source:
            size, rate = f"{source.width}x{source.height}", f"{source.fps:.4g} frames/s"
            return Finding(name, "ok", f"{size}, {rate}, of which {min(fps, source.fps):.4g}")
    except GenesisError as error:
        return Finding(name, "problem", str(error), "correct the camera's source")


def _aside(look: Callable[[], _Seen]) -> "Future[_Seen]":
    """Look in a thread that nobody has to wait for, not even the program as it ends."""
    seen: Future[_Seen] = Future()

    def run() -> None:
        try:
            seen.set_result(look())
        except BaseException as error:  # whoever waits for it raises it
            seen.set_exception(error)

    Thread(target=run, daemon=True).start()
    return seen


def _within(seconds: float, seen: "Future[_Seen]") -> _Seen | None:
    """Return what is seen in time, if anything is."""
    try:
        return seen.result(seconds)
    except TimeoutError:
        if seen.done():  # it is the look's own
            raise
        return None
