"""What batches and the operating modes make of latency and throughput: batch, p50, p99, frames/s.

    .venv/bin/python benchmarks/bench_modes.py VIDEO [--no-serve] [--seconds 10]

First the detector's engine alone, called with batches of 1, 4, 8 and 16 frames, in turns. Then the
deployed detector of each mode, by its handle, as a group of cameras does that always has frames
ready: with as many requests under way and as many frames in each as the mode allows. Latency is
that of a call. A JSON line a result on stdout, the table on stderr.
"""

import argparse
import asyncio
import time
from itertools import islice
from pathlib import Path
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
from harness import note, report_latency

from genesis_ray.sections.models import DetectorSettings, Mode
from genesis_ray.vision import engines
from genesis_ray.vision.letterbox import Letterbox
from genesis_ray.vision.sources import open_source

_FRAMES = 64
_BATCHES = (1, 4, 8, 16)

Images = npt.NDArray[np.uint8]


def main() -> None:
    """Measure, and print a line a result and the table of all."""
    options = _options()
    frames = _frames(options.video)
    rows = _engine(frames, options)
    if options.serve:
        rows += _modes(frames, options)
    note(f"{'':<24}{'batch':>6}{'p50 ms':>9}{'p99 ms':>9}{'frames/s':>10}")
    for name, batch, seconds, rate in rows:
        p50, p99 = 1000 * np.percentile(seconds, [50, 99])
        note(f"{name:<24}{batch:>6}{p50:>9.1f}{p99:>9.1f}{rate:>10.1f}")
        report_latency(
            f"modes/{name}",
            seconds,
            parameters=vars(options) | {"batch": batch, "shape": frames.shape[1:3]},
            p99=round(float(p99) / 1000, 4),
            frames_per_s=round(rate, 1),
        )


_Row = tuple[str, int, list[float], float]
"""What was called, with how many frames, the seconds of each call, and frames a second."""


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("video", type=Path)
    parser.add_argument("--model", default="yolov8n")
    parser.add_argument("--engine", default="auto")
    parser.add_argument("--seconds", type=float, default=10.0, help="for each row of the table")
    parser.add_argument("--no-serve", dest="serve", action="store_false", help="the engine alone")
    return parser.parse_args()


def _frames(video: Path) -> Images:
    with open_source(str(video), camera_id="video", process_fps=None, start=None) as source:
        letterbox = Letterbox.fit(source.width, source.height)
        return np.stack([letterbox.apply(frame.image) for frame in islice(source, _FRAMES)])


def _engine(frames: Images, options: argparse.Namespace) -> list[_Row]:
    run = engines.load(options.model, frames.shape[1:3], engine=options.engine)
    run(frames[:16])
    calls: dict[int, list[float]] = {batch: [] for batch in _BATCHES}
    until = time.perf_counter() + options.seconds * len(_BATCHES)
    while time.perf_counter() < until:
        for batch, seconds in calls.items():
            begun = time.perf_counter()
            run(frames[:batch])
            seconds.append(time.perf_counter() - begun)
    return [
        ("engine", batch, seconds, batch * len(seconds) / sum(seconds))
        for batch, seconds in calls.items()
    ]


def _modes(frames: Images, options: argparse.Namespace) -> list[_Row]:
    import ray
    from ray import serve

    from genesis_ray.serving import cluster, detector
    from genesis_ray.serving.deploy import deploy
    from genesis_ray.serving.needed_inputs import NeededInputs

    rows: list[_Row] = []
    cluster.start()
    try:
        serve.start(proxy_location="Disabled")
        for mode in get_args(Mode):
            settings = DetectorSettings(
                mode=mode, model=options.model, engine=options.engine, max_replicas=1
            )
            needed = NeededInputs(frozenset([frames.shape[1:3]]))
            deploy({"modes": detector.bind(settings, needed)})
            detect = serve.get_deployment_handle(detector.NAME, "modes").detect
            asyncio.run(_group(detect, frames, settings, 1.0))
            begun = time.perf_counter()
            seconds = asyncio.run(_group(detect, frames, settings, options.seconds))
            rate = len(seconds) * settings.stack_frames / (time.perf_counter() - begun)
            rows.append((mode, settings.stack_frames, seconds, rate))
    finally:
        ray.shutdown()
    return rows


async def _group(
    detect: Any, frames: Images, settings: DetectorSettings, duration_s: float
) -> list[float]:
    """Keep the mode's requests under way for a while, and return how long each took."""
    until = time.perf_counter() + duration_s
    stack = frames[: settings.stack_frames]
    seconds: list[float] = []

    async def one_after_the_other() -> None:
        while time.perf_counter() < until:
            begun = time.perf_counter()
            await detect.remote(stack)
            seconds.append(time.perf_counter() - begun)

    await asyncio.gather(*(one_after_the_other() for _ in range(settings.stacks_in_flight)))
    return seconds


if __name__ == "__main__":
    main()
