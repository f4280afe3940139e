"""What a second look at crowded frames finds, and what it costs.

    .venv/bin/python benchmarks/bench_tiling.py FOLDER [--above 1 5 10]

FOLDER has MOTChallenge sequences with their frames. A line for the whole picture alone and one for
each number of people from which a frame is looked at again: precision, recall and MODA (MOTA
without the switches of ids), the detector's milliseconds and pictures a frame.
"""

import argparse
import time
from pathlib import Path

import numpy as np
from harness import report_latency
from mot_snippets import Agreement, Snippet, agreement, snippets

from genesis_ray.domain.tracking.detections import Detections
from genesis_ray.sections.models import DetectorSettings
from genesis_ray.vision.detector import PersonDetector
from genesis_ray.vision.letterbox import Letterbox
from genesis_ray.vision.tiling import Tiler


def main() -> None:
    """Measure, and print a line a threshold."""
    options = _options()
    sequences = snippets(options.folder)
    detector = PersonDetector(options.model, engine=options.engine)
    for snippet in sequences:  # networks are prepared before the clock runs
        _look(detector, snippet, None)
    thresholds = [None, *options.above]
    seconds: dict[int | None, list[float]] = {above: [] for above in thresholds}
    results = {}
    for _ in range(options.repeats):
        for above in thresholds:
            tiler = _tiler(above)
            begun = time.perf_counter()
            looked = [_look(detector, snippet, tiler) for snippet in sequences]
            frames = sum(len(found) for found, _ in looked)
            seconds[above].append((time.perf_counter() - begun) / frames)
            results[above] = looked
    for above, looked in results.items():
        pairs = list(zip(looked, sequences, strict=True))
        by_name = {s.name: agreement(found, s.truth).figures() for (found, _), s in pairs}
        total = sum((agreement(found, s.truth) for (found, _), s in pairs), Agreement())
        frames = sum(len(s.images) for s in sequences)
        report_latency(
            "tiling/off" if above is None else f"tiling/above-{above}",
            seconds[above],
            parameters=vars(options),
            **total.figures(),
            pictures_a_frame=round(1 + sum(tiles for _, tiles in looked) / frames, 2),
            frames=frames,
            sequences=by_name,
        )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--above", nargs="+", type=int, default=[1, 5, 10])
    parser.add_argument("--model", default="yolov8n")
    parser.add_argument("--engine", default="auto")
    parser.add_argument("--repeats", type=int, default=3)
    return parser.parse_args()


def _tiler(above: int | None) -> Tiler | None:
    if above is None:
        return None
    defaults = DetectorSettings()
    return Tiler(above=above, iou=defaults.iou, max_detections=defaults.max_detections)


def _look(
    detector: PersonDetector, snippet: Snippet, tiler: Tiler | None
) -> tuple[list[Detections], int]:
    """Return the people in a sequence's frames, and how many tiles were looked at."""
    images = snippet.images
    letterbox = Letterbox.fit(images[0].shape[1], images[0].shape[0])
    found = detector.detect(np.stack([letterbox.apply(image) for image in images]))
    people = [letterbox.restore(one) for one in found]
    if tiler is None:
        return people, 0
    tiles = [tiler.inputs(image, letterbox, one) for image, one in zip(images, found, strict=True)]
    dense = [number for number, one in enumerate(tiles) if one is not None]
    if not dense:
        return people, 0
    stack = np.concatenate([one for one in tiles if one is not None])
    closer = detector.detect(stack)
    for place, number in enumerate(dense):
        own = closer[4 * place : 4 * place + 4]
        people[number] = tiler.merge(images[number], letterbox, people[number], own)
    return people, len(stack)


if __name__ == "__main__":
    main()
