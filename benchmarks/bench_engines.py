"""Frames a second of each engine that a detector has here, and what it loses in accuracy.

    .venv/bin/python benchmarks/bench_engines.py VIDEO [--mot FOLDER] [--engines torch ...]

The engines take turns on the same frames, decoded and scaled before; ratios are medians of the
ratios within a turn. With a folder of MOTChallenge sequences, precision and recall of people at
the default confidence. An engine that cannot run here is named with the reason and left out.
"""

import argparse
import statistics
import time
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from harness import note, report_rate
from mot_snippets import Agreement, agreement, snippets

from genesis_ray.errors import ModelError
from genesis_ray.vision import engines, models
from genesis_ray.vision.detector import PersonDetector
from genesis_ray.vision.letterbox import Letterbox
from genesis_ray.vision.sources import open_source

_FRAMES = 64
"""A stack: long, as between two stacks some engines run dry."""


def main() -> None:
    """Measure, and print a line an engine."""
    options = _options()
    frames, shape = _frames(options.video)
    names = options.engines or models.find(options.model).engines
    runners = _runners(options.model, shape, names)
    rates: dict[str, list[float]] = {name: [] for name in runners}
    for _ in range(options.repeats):
        for name, run in runners.items():
            begun = time.perf_counter()
            run(frames)
            rates[name].append(len(frames) / (time.perf_counter() - begun))
    for name, measured in rates.items():
        more: dict[str, Any] = {"ratio_to": _ratios(measured, rates)}
        if options.mot:
            more["mot"] = _agreement(options.model, name, options.mot).figures()
        report_rate(
            f"engine/{name}",
            measured,
            of="frames",
            parameters=vars(options) | {"shape": shape},
            **more,
        )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("video", type=Path)
    parser.add_argument("--mot", type=Path, help="a folder of MOTChallenge sequences")
    parser.add_argument("--model", default="yolov8n")
    parser.add_argument("--engines", nargs="+", metavar="ENGINE")
    parser.add_argument("--repeats", type=int, default=5)
    return parser.parse_args()


def _frames(video: Path) -> tuple[npt.NDArray[np.uint8], tuple[int, int]]:
    with open_source(str(video), camera_id="video", process_fps=None, start=None) as source:
        letterbox = Letterbox.fit(source.width, source.height)
        images = [letterbox.apply(frame.image) for frame in islice(source, _FRAMES)]
    return np.stack(images), letterbox.shape


def _runners(model: str, shape: tuple[int, int], names: list[str]) -> Mapping[str, engines.Runner]:
    runners = {}
    for name in names:
        try:
            runners[name] = engines.load(model, shape, engine=name)
        except ModelError as error:
            note(f"{name}: {error}")
    return runners


def _ratios(own: list[float], rates: Mapping[str, list[float]]) -> dict[str, float]:
    return {
        other: round(statistics.median(a / b for a, b in zip(own, its, strict=True)), 3)
        for other, its in rates.items()
        if its is not own
    }


def _agreement(model: str, engine: str, folder: Path) -> Agreement:
    detector = PersonDetector(model, engine=engine)
    total = Agreement()
    for snippet in snippets(folder):
        height, width = snippet.images[0].shape[:2]
        letterbox = Letterbox.fit(width, height)
        inputs = np.stack([letterbox.apply(image) for image in snippet.images])
        found = [letterbox.restore(people) for people in detector.detect(inputs)]
        total += agreement(found, snippet.truth)
    return total


if __name__ == "__main__":
    main()
