"""How many photos a second many people are enrolled by, in one process and with workers on Ray.

    .venv/bin/python benchmarks/bench_seeding.py FOLDER [--workers 1 2 4] [--repeats 3]

FOLDER has a folder for each person, as `genesis people enroll --folder` takes it. The ways take
turns, each beginning with nobody. The rate counts from when the first photos were looked at, so
without the start of Ray and of models, which is told as `start_s`. `processor_s` is what all
processes took for a photo, `own_s` what the one took that enrols: that bounds what workers bring.
"""

import argparse
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import psutil
from harness import note, processor_s, report_rate

from genesis_ray.batch.photos import photo_workers, photos_at_once
from genesis_ray.running.enrolling.bulk_enrolment import Photos, enroll_all, photos_in
from genesis_ray.running.enrolling.photo_faces import LoadedPhotoFaces, PhotoFaces
from genesis_ray.running.templates.protected import load_protected_embedder
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.settings import Settings
from genesis_ray.vision.faces import EmbeddedFace
from genesis_ray.vision.photo_file import Photo


def main() -> None:
    """Measure, and print a line for each way."""
    options = _options()
    people = photos_in(options.folder)
    ways = [0, *options.workers]
    turns: dict[int, list[_Turn]] = defaultdict(list)
    for number in range(options.repeats):
        for workers in ways:
            turn = _enrolled(people, workers)
            note(f"turn {number}, {workers} workers: {turn.rate:.2f} photos/s")
            turns[workers].append(turn)
    alone = [turn.rate for turn in turns[0]]
    for workers, own in turns.items():
        rates = [turn.rate for turn in own]
        report_rate(
            "one-process" if workers == 0 else f"workers/{workers}",
            rates,
            of="photos",
            parameters={"photos": sum(map(len, people.values())), "people": len(people)},
            of_one_process=statistics.median(a / b for a, b in zip(rates, alone, strict=True)),
            start_s=statistics.median(turn.start_s for turn in own),
            processor_s=statistics.median(turn.processor_s for turn in own),
            own_s=statistics.median(turn.own_s for turn in own),
        )


@dataclass(frozen=True, slots=True)
class _Turn:
    rate: float
    start_s: float
    processor_s: float
    own_s: float


class _Watched:
    """Notes when the first and the last photo were looked at, and what had been taken by then."""

    def __init__(self, faces: PhotoFaces, photos: Sequence[Path]) -> None:
        self._faces = faces
        self._photos = photos
        self.taken: dict[Photo, _Taken] = {}

    def of(self, photo: Photo) -> list[EmbeddedFace]:
        """Return the faces of a photo."""
        try:
            return self._faces.of(photo)
        finally:
            if photo in (self._photos[0], self._photos[-1]):
                self.taken[photo] = _Taken.now()


class _Taken(NamedTuple):
    at: float
    all_s: float
    own_s: float

    @classmethod
    def now(cls) -> "_Taken":
        own = psutil.Process().cpu_times()
        own_s = own.user + own.system
        return cls(time.perf_counter(), own_s + processor_s().total(), own_s)


def _enrolled(people: Photos, workers: int) -> _Turn:
    photos = [photo for own in people.values() for photo in own]
    with tempfile.TemporaryDirectory() as folder, ExitStack() as opened:
        settings = Settings(data_dir=Path(folder))
        begun = time.perf_counter()
        if workers:
            faces = opened.enter_context(photo_workers(settings, photos, workers=workers))
            ahead = workers * photos_at_once(len(photos), workers=workers)
        else:
            key = tenant_keys(settings).current
            faces = LoadedPhotoFaces(load_protected_embedder(settings.faces, key))
            ahead = 1
        watched = _Watched(faces, photos)
        enroll_all(settings, people, within_s=0, faces=watched)
    first, last = watched.taken[photos[0]], watched.taken[photos[-1]]
    counted = len(photos) - ahead
    return _Turn(
        rate=counted / (last.at - first.at),
        start_s=first.at - begun,
        processor_s=(last.all_s - first.all_s) / counted,
        own_s=(last.own_s - first.own_s) / counted,
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--repeats", type=int, default=3)
    return parser.parse_args()


if __name__ == "__main__":
    main()
