"""What watching a video costs this machine, stage by stage, in this process and without Ray."""

import math
import time
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from genesis_ray.domain.load.costs import Costs, MemoryCosts
from genesis_ray.domain.streams.frames import Image
from genesis_ray.running.assembly import (
    SYNTHETIC,
    Detector,
    Embedder,
    load_detector,
    load_embedder,
    open_station,
)
from genesis_ray.running.looking import embed_heads
from genesis_ray.running.planning.meter import Meter, machine_core_s, memory_held
from genesis_ray.running.planning.workload import Workload
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.settings import Settings
from genesis_ray.vision import engines
from genesis_ray.vision.crops import cut_heads
from genesis_ray.vision.decode import VideoFile
from genesis_ray.vision.letterbox import Letterbox
from genesis_ray.vision.sources import open_recording

_START = datetime(2026, 1, 5, 9, tzinfo=UTC)

_PLAYED_S = 120.0
"""A short video is repeated until it is this long: no measurement takes it all."""

_FRAMES_HELD = 5
"""Of a live camera: one decoded, one waiting, one in each of three requests under way."""

_CAMERAS_WEIGHED = 3

_MOST_AT_ONCE = 8
"""Cameras watched side by side, on machines with more cores than that."""

_WATCHED_FPS = 5.0
"""Frames a second of the video that the stages behind the decoder are measured on, at most: a frame
costs them the same at any rate, looks at faces go by time, and so more of the video is seen."""

_PHOTO = "photo:package:ultralytics/assets/zidane.jpg?seconds=1&fps=1&width=1280&height=720"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What watching a video cost, and what was seen in it.

    Attributes:
        source_fps: Frames a second that the video has.
        detector_fps: Frames a second of the detector alone, on all that it runs on.
        on_device: Whether that is a device of its own.
        people: In a frame, on average.
        looks_a_s: Looks at faces, a second of the video.
        frames: Looked at, for the stages behind the detector.
        others: Cores that other processes of the machine used meanwhile; None if not known.
    """

    costs: Costs
    width: int
    height: int
    source_fps: float
    detector_fps: float
    on_device: bool
    people: float
    looks_a_s: float
    frames: int
    others: float | None


def measure(
    settings: Settings,
    video: Path,
    folder: Path,
    *,
    cores: int,
    step_s: float = 4.0,
    on_step: Callable[[str], None] = lambda _: None,
) -> Measured:
    """Watch `video` as the settings say and return what it cost, of this process' own time.

    There are five steps, each told to `on_step`, of about `step_s` seconds at most. What is
    written goes to `folder`.

    Raises:
        SourceError: The video cannot be decoded.
        ModelError: A model is not there.
    """
    on_step("measuring a camera's memory")
    begun = time.perf_counter(), time.process_time(), machine_core_s()
    with closing(VideoFile(video)) as file:
        width, height, source_fps = file.width, file.height, file.fps
        length_s = (file.frame_count or 1) / file.fps
    playlist = (str(video),) * min(40, math.ceil(_PLAYED_S / length_s))
    cameras = [
        CameraSettings(camera_id=f"camera-{number}", source=playlist, start=_START)
        for number in range(max(_CAMERAS_WEIGHED + 1, min(cores, _MOST_AT_ONCE)))
    ]
    camera_bytes = _weigh(settings, cameras[: _CAMERAS_WEIGHED + 1])
    on_step("measuring decoding")
    decoded, inputs = _decode(settings, playlist[0], step_s)
    on_step("measuring the detector")
    detector, embedder = load_detector(settings.detector), load_embedder(settings.faces)
    detected, fastest_s = _detect(detector, inputs, step_s)
    on_step("measuring tracking, faces and the log")
    watched_fps = min(settings.process_fps, _WATCHED_FPS)
    workload = Workload(
        settings.model_copy(update={"process_fps": watched_fps}), detector, embedder, folder
    )
    watched = Meter()
    workload.play(cameras[0], step_s, watched)
    faces = watched
    if settings.faces.enabled and not watched.done("look"):
        faces = _look_at_photo(settings, detector, embedder)
    on_step("measuring all at once")
    at_once, together = workload.play_together(cameras[: min(cores, _MOST_AT_ONCE)], step_s)
    on_device = settings.detector.model != SYNTHETIC and engines.best_device() == "cuda"
    read = _Readings(decoded, detected, fastest_s, watched, faces, at_once, together)
    costs = read.costs(max(1.0, source_fps / watched_fps), on_device=on_device)
    usual = MemoryCosts()
    memory = replace(usual, camera=max(usual.camera, camera_bytes or 0.0))
    return Measured(
        costs=replace(costs, memory=memory),
        width=width,
        height=height,
        source_fps=source_fps,
        detector_fps=1 / (fastest_s * read.each_frame("picture")),
        on_device=on_device,
        people=read.each_frame("person"),
        looks_a_s=read.each_frame("look") * min(watched_fps, source_fps),
        frames=watched.done("frame"),
        others=_others(*begun),
    )


@dataclass(frozen=True, slots=True)
class _Readings:
    """What the meters say.

    Attributes:
        fastest_s: The detector's best seconds a picture.
        faces: Of the video, or of a photograph.
        at_once_s: Core-seconds of what was done together.
    """

    decoded: Meter
    detected: Meter
    fastest_s: float
    watched: Meter
    faces: Meter
    at_once_s: float
    together: Meter

    def each_frame(self, part: str) -> float:
        """Return how often something was done for a frame watched."""
        return self.watched.done(part) / self.watched.done("frame")

    def costs(self, decoded_a_frame: float, *, on_device: bool) -> Costs:
        """Return the costs, of which the factor for all at once is found by the others."""
        people, pictures = self.each_frame("person"), self.each_frame("picture")
        bare_s = self.watched.core_s("bare", per="frame")
        crowd_s = max(0.0, self.watched.core_s("track", per="frame") - bare_s)
        costs = Costs(
            decode_s=self.decoded.core_s("decode", per="decoded"),
            prepare_s=self.decoded.core_s("prepare", per="prepared"),
            detect_s=self.detected.core_s("detect", per="picture") * pictures,
            device_s=self.fastest_s * pictures if on_device else 0.0,
            track_s=bare_s,
            person_s=crowd_s / people if people else 0.0,
            face_s=self.faces.core_s("face", per="look"),
            write_s=self.watched.core_s("write", per="frame"),
        )
        alone_s = _alone(costs, self.together, decoded_a_frame)
        return replace(costs, together=max(1.0, self.at_once_s / alone_s))


def _others(begun: float, own_core_s: float, all_core_s: float | None) -> float | None:
    """Return the cores that others have used since, from what the clocks said then."""
    if all_core_s is None or (now_core_s := machine_core_s()) is None:
        return None
    own = time.process_time() - own_core_s
    return max(0.0, now_core_s - all_core_s - own) / (time.perf_counter() - begun)


def _weigh(settings: Settings, cameras: list[CameraSettings]) -> float | None:
    """Return the bytes that a camera holds; the first is not weighed, as it loads libraries."""
    with ExitStack() as opened:
        held: list[object] = []
        before = None
        for number, camera in enumerate(cameras):
            station = open_station(settings, camera)
            opened.callback(station.source.close)
            frames = station.frames()
            held += [frames, deque(islice(frames, 3 * _FRAMES_HELD), _FRAMES_HELD)]
            if number == 0:
                before = memory_held()
        after = memory_held()
    if before is None or after is None:
        return None
    return max(0.0, after - before) / (len(cameras) - 1)


def _decode(settings: Settings, video: str, seconds: float) -> tuple[Meter, npt.NDArray[np.uint8]]:
    """Decode for so long, and turn each frame that is looked at into the detector's input."""
    meter = Meter()
    inputs: deque[Image] = deque(maxlen=settings.detector.stack_frames)
    until = time.perf_counter() + seconds
    while not inputs or time.perf_counter() < until:
        with closing(VideoFile(Path(video))) as file:
            letterbox = Letterbox.fit(
                file.width, file.height, long_side=settings.detector.input_size
            )
            every = max(1, round(file.fps / settings.process_fps))
            frames = file.frames()
            for number in range(file.frame_count or 1):
                with meter.time("decode"):
                    decoded = next(frames, None)
                if decoded is None or (inputs and time.perf_counter() >= until):
                    break
                meter.count("decoded")
                if number % every == 0:
                    with meter.time("prepare"):
                        inputs.append(letterbox.apply(decoded[1]()))
                    meter.count("prepared")
    return meter, np.stack(inputs)


def _detect(
    detector: Detector, stack: npt.NDArray[np.uint8], seconds: float
) -> tuple[Meter, float]:
    """Let the detector alone work for so long; return also its best seconds a frame."""
    detector.detect(stack)
    meter, fastest_s = Meter(), math.inf
    until = time.perf_counter() + seconds
    while not meter.done("picture") or time.perf_counter() < until:
        begun = time.perf_counter()
        with meter.time("detect"):
            detector.detect(stack)
        meter.count("picture", len(stack))
        # The best, as other processes on this machine can only make it slower.
        fastest_s = min(fastest_s, (time.perf_counter() - begun) / len(stack))
    return meter, fastest_s


def _look_at_photo(settings: Settings, detector: Detector, embedder: Embedder) -> Meter:
    """Return what faces cost where the video shows none: those of a photograph, several times."""
    meter = Meter()
    with open_recording(_PHOTO, camera_id="photo", process_fps=None, start=_START) as source:
        image = next(iter(source)).image
        letterbox = Letterbox.fit(
            source.width, source.height, long_side=settings.detector.input_size
        )
    (found,) = detector.detect(letterbox.apply(image)[None])
    boxes = letterbox.restore(found).xyxy
    crops = cut_heads(image, boxes, list(boxes))
    for _ in range(5 if crops else 0):
        with meter.time("face"):
            embed_heads(embedder, crops)
        meter.count("look", len(crops))
    return meter


def _alone(costs: Costs, done: Meter, decoded_a_frame: float) -> float:
    """Return the core-seconds of what was done, had each part been done alone."""
    # The workload also lets an observer see every frame deserted, to tell what people cost.
    frame_s = costs.prepare_s + costs.detect_s + 2 * costs.track_s + costs.write_s
    return (
        done.done("frame") * (decoded_a_frame * costs.decode_s + frame_s)
        + done.done("person") * costs.person_s
        + done.done("look") * costs.face_s
    )
