"""How well people are followed, every frame down to every fourth, next to the library's default.

    .venv/bin/python benchmarks/bench_tracking.py [DATA] [--engines openvino-int8 openvino] \
[--every 1 2 3 4] [--noise 2]

DATA has `videos/PETS09-S2L1-a.mp4` and `mot/<name>/` with MOTChallenge's `gt/gt.txt`, and for
MOT17's snippets `img1/` and `seqinfo.ini`; by default it is where the tests look for it. Each
picture is detected once, and both ways get the same detections:

    genesis   what a camera does: `PersonTracker`, told time and pixels
    library   ByteTrackTracker() of roboflow's `trackers`, as it comes

The latency is of one frame in the tracker, looks at people included. With --noise, boxes are
also disturbed (3 % of their size, confidences by 0.04, 3 % left out), once a seed.
"""

import argparse
import configparser
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
import supervision as sv
from harness import note, report_latency
from trackers import ByteTrackTracker

from genesis_ray.domain.streams.frames import Image
from genesis_ray.domain.tracking.appearance import View
from genesis_ray.domain.tracking.detections import Detections, Tracks
from genesis_ray.evaluation.mot_file import TrackedBoxes, read_ground_truth
from genesis_ray.evaluation.tracking import evaluate
from genesis_ray.running.assembly import load_detector
from genesis_ray.sections.models import DetectorSettings
from genesis_ray.vision.letterbox import Letterbox
from genesis_ray.vision.looks import view_of
from genesis_ray.vision.sources import open_recording
from genesis_ray.vision.tracker import PersonTracker

_CLIP = "PETS09-S2L1-a"
_SNIPPETS = ("MOT17-02-FRCNN", "MOT17-04-FRCNN", "MOT17-11-FRCNN", "MOT17-13-FRCNN")
_DATA = Path(__file__).parents[2] / "shared" / "data"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Film:
    """A video with its truth."""

    name: str
    images: list[Image]
    fps: float
    truth: TrackedBoxes


class Way(Protocol):
    """A tracker under test."""

    def update(self, at: datetime, detections: Detections, view: View) -> Tracks:
        """Return the boxes that belong to a track."""


class Library:
    """ByteTrack as the library sets it up, in pixels as it expects."""

    def __init__(self, *, process_fps: float) -> None:  # noqa: ARG002  its default knows no rate
        self._tracker = ByteTrackTracker()

    def update(self, at: datetime, detections: Detections, view: View) -> Tracks:  # noqa: ARG002
        """Return the boxes that belong to a track."""
        found = self._tracker.update(
            sv.Detections(
                xyxy=detections.xyxy.astype(np.float64) * 1000,
                confidence=detections.confidence,
                data={"row": np.arange(len(detections))},
            )
        )
        ids = np.asarray(found.tracker_id, np.int64)
        rows = np.asarray(found.data.get("row", ()), np.int64)[ids >= 0]
        boxes = Detections(detections.xyxy[rows], detections.confidence[rows])
        return Tracks(boxes, ids[ids >= 0])


WAYS = {"genesis": PersonTracker, "library": Library}


def main() -> None:
    """Measure, and print a line a result."""
    options = _options()
    films = [_read(options.data, name) for name in (_CLIP, *_SNIPPETS)]
    for engine in options.engines:
        note(f"detecting with {engine}")
        found = [_detect(film, engine) for film in films]
        for every in options.every:
            for way in WAYS:
                _measure(way, films[:1], found[:1], engine, every)
                for seed in range(options.noise):
                    disturbed = [_disturbed(found[0], seed)]
                    _measure(way, films[:1], disturbed, engine, every, noise=seed)
                _measure(way, films[1:], found[1:], engine, every)
                for film, people in zip(films[1:], found[1:], strict=True):
                    _measure(way, [film], [people], engine, every)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    default = Path(os.environ.get("GENESIS_TEST_DATA", _DATA))
    parser.add_argument("data", type=Path, nargs="?", default=default)
    parser.add_argument("--engines", nargs="+", default=["openvino-int8", "openvino"])
    parser.add_argument("--every", nargs="+", type=int, default=[1, 2, 3, 4])
    parser.add_argument("--noise", type=int, default=0, metavar="SEEDS")
    return parser.parse_args()


def _read(data: Path, name: str) -> Film:
    folder = data / "mot" / name
    truth = read_ground_truth(folder / "gt" / "gt.txt")
    if name == _CLIP:
        video = str(data / "videos" / f"{name}.mp4")
        with open_recording(video, camera_id="video", process_fps=None, start=None) as source:
            return Film(name, [frame.image for frame in source], source.fps, truth)
    about = configparser.ConfigParser()
    about.read(folder / "seqinfo.ini")
    images = [cv2.imread(str(path)) for path in sorted((folder / "img1").glob("*.jpg"))]
    return Film(name, images, about.getfloat("Sequence", "frameRate"), truth)


def _detect(film: Film, engine: str) -> list[Detections]:
    settings = DetectorSettings(engine=engine)
    detector = load_detector(settings)
    height, width = film.images[0].shape[:2]
    letterbox = Letterbox.fit(width, height, long_side=settings.input_size)
    found = []
    for first in range(0, len(film.images), settings.stack_frames):
        stack = film.images[first : first + settings.stack_frames]
        inputs = np.stack([letterbox.apply(image) for image in stack])
        found += [letterbox.restore(people) for people in detector.detect(inputs)]
    return found


def _disturbed(found: Sequence[Detections], seed: int) -> list[Detections]:
    rng = np.random.default_rng(seed)
    film = []
    for people in found:
        size = np.tile(people.xyxy[:, 2:] - people.xyxy[:, :2], 2)
        boxes = np.clip(people.xyxy + rng.normal(0, 0.03, size.shape) * size, 0, 1)
        confidence = np.clip(people.confidence + rng.normal(0, 0.04, len(people)), 0, 1)
        seen = (rng.random(len(people)) > 0.03) & (confidence >= DetectorSettings().confidence)
        film.append(Detections(boxes[seen].astype(np.float32), confidence[seen].astype(np.float32)))
    return film


def _measure(
    way: str,
    films: Sequence[Film],
    found: Sequence[Sequence[Detections]],
    engine: str,
    every: int,
    **more: object,
) -> None:
    """Track films, score them as one, and report."""
    seconds: list[float] = []
    truths, boxes = [], []
    for film, people in zip(films, found, strict=True):
        tracks = list(_track(way, film, people, every, seconds))
        height, width = film.images[0].shape[:2]
        truths.append((film.truth.in_frames(range(1, len(people) + 1, every)), len(people)))
        boxes.append(
            (TrackedBoxes.of(tracks, width=width, height=height, every=every), len(people))
        )
    # Films begin at frames that `every` divides, so that the same frames of each are scored.
    frames = sum(_room(count, every) for _, count in truths)
    score = evaluate(_joined(truths, every), _joined(boxes, every), frames=frames, every=every)
    name = films[0].name if len(films) == 1 else "MOT17"
    parameters = {"film": name, "engine": engine, "every": every, **more}
    figures = {key: round(value, 4) for key, value in asdict(score).items()}
    report_latency(f"tracking/{way}", seconds, parameters=parameters, **figures)


def _track(
    way: str, film: Film, found: Sequence[Detections], every: int, seconds: list[float]
) -> Iterator[Tracks]:
    tracker: Way = WAYS[way](process_fps=film.fps / every)
    for index in range(0, len(found), every):
        at = _EPOCH + timedelta(seconds=index / film.fps)
        begun = time.perf_counter()
        tracks = tracker.update(at, found[index], view_of(film.images[index]))
        seconds.append(time.perf_counter() - begun)
        yield tracks


def _room(frames: int, every: int) -> int:
    return -(-frames // every) * every


def _joined(parts: Sequence[tuple[TrackedBoxes, int]], every: int) -> TrackedBoxes:
    """Return the boxes of films as if they were played one after the other."""
    frame, track_id, first = [], [], 0
    for number, (boxes, count) in enumerate(parts):
        frame.append(boxes.frame + first)
        track_id.append(boxes.track_id + 1_000_000 * number)
        first += _room(count, every)
    return TrackedBoxes(
        np.concatenate(frame),
        np.concatenate(track_id),
        np.concatenate([boxes.ltwh for boxes, _ in parts]),
        np.concatenate([boxes.confidence for boxes, _ in parts]),
    )


if __name__ == "__main__":
    main()
