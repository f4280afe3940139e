"""Whom visitors are made of where people pass briefly, and how often of two: the real resolver.

    .venv/bin/python benchmarks/bench_short_tracks.py identities.csv --root faces [--seeds 10]

The pictures are those of `genesis evaluate identification`. Each is a pass of one person at one
camera, shown as a track of two or three good faces: the picture as it is, in poor light, and far
away. So a track's faces are of one moment, as a camera's are, and those of two tracks of other
days. They come a minute apart, in an order drawn at random. With `--passes days` a track is of two
to four pictures of other days each, of those who have four or more.

A line for each `--likeness` that faces of several tracks have to reach (0: no visitor is made of
several). Of people with two tracks or more who show five faces in all: the share of whom a visitor
was made (`found`), and how many visitors there are too many (`split`); of visitors those made of
two people (`mixed`); of all tracks those named as somebody else who was there before (`wrong`), and
those named rightly (`right`). With 95 % intervals from drawing people with replacement. Its seconds
are of one face, on average of each order.

In a last line these people are known from the start, by the faces of their first pass: as many
names are wrong then as so many people cost, however they came to be known.
"""

import argparse
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
from bench_tracks import Album, shares
from face_pictures import Indices
from harness import note, report_latency

from genesis_ray.domain.events import FaceRecognized
from genesis_ray.domain.recognition.identity import Face, MatchPolicy
from genesis_ray.domain.streams.frames import Image
from genesis_ray.evaluation.identities_file import read_identities
from genesis_ray.pipeline.resolver import IdentityResolver
from genesis_ray.pipeline.resolver_policy import ResolverPolicy
from genesis_ray.pipeline.waiting_faces import MOST_WAITING, WaitingFaces
from genesis_ray.vision import embedders
from genesis_ray.vision.faces import FaceEmbedder

_FACES = 5
"""That make a visitor."""

_START = datetime(2026, 1, 5, 9, tzinfo=UTC)
_BATCH = 8
_GREY = 255


class Faces(NamedTuple):
    """The pictures' faces as each of the views shows them, and whose they are.

    Attributes:
        vectors: float32 [n, views, dimension].
        qualities: [n, views].
        person: [n].
    """

    vectors: npt.NDArray[np.float32]
    qualities: npt.NDArray[np.float64]
    person: Indices


class Pass(NamedTuple):
    """One person at a camera: the faces of a track, [k, dimension] and [k]."""

    person: int
    vectors: npt.NDArray[np.float32]
    qualities: npt.NDArray[np.float64]


class Passed(NamedTuple):
    """What became of a pass: the person, and the name that its track got."""

    person: int
    name: FaceRecognized | None


@dataclass(slots=True)
class World:
    """What became of all passes, in one order of them.

    Attributes:
        makers: Of whose faces each visitor was made, a name for each face.
        could: People who showed enough faces in several passes.
    """

    passed: list[Passed]
    makers: dict[str, list[int]]
    could: set[int]

    def owner(self, identity_id: str) -> int | None:
        """Return whose a visitor is: of whom most faces are; None of somebody enrolled."""
        made_of = self.makers.get(identity_id)
        return Counter(made_of).most_common(1)[0][0] if made_of else None

    def is_wrong(self, each: Passed) -> bool:
        """Tell whether a pass got the name of somebody else who was there before."""
        return bool(each.name) and not self.is_right(each)

    def is_right(self, each: Passed) -> bool:
        """Tell whether a pass got its person's visitor."""
        return each.name is not None and self.owner(each.name.identity_id) == each.person


class Watched(WaitingFaces):
    """Waiting faces that tell which of them a visitor was made of."""

    last: Sequence[Face] = ()

    def drop(self, faces: Sequence[Face]) -> None:  # type: ignore[override]
        """Note faces of several tracks: a visitor was made of them."""
        if len(faces) > 1:
            self.last = faces
        super().drop(faces)


def poor_light(image: Image) -> Image:
    """Return a picture in two fifths of the light, a bulb's, with noise."""
    lit = image.astype(np.float32) * np.float32([0.5, 1.0, 1.3])
    dark = _GREY * (lit.clip(0, _GREY) / _GREY) ** 1.3 * 0.4
    noise = np.random.default_rng(5).normal(0, 7, image.shape)
    return (dark + noise).clip(0, _GREY).astype(np.uint8)


def far(image: Image) -> Image:
    """Return a picture as of somebody at three times the distance, compressed."""
    small = cv2.resize(image, None, fx=0.3, fy=0.3, interpolation=cv2.INTER_AREA)
    _, written = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 50])
    read = cv2.imdecode(written, cv2.IMREAD_COLOR)
    return cv2.resize(read, image.shape[1::-1], interpolation=cv2.INTER_CUBIC)


_VIEWS: tuple[Callable[[Image], Image], ...] = (lambda image: image, poor_light, far)


def main() -> None:
    """Measure, and print a line for each likeness."""
    options = _options()
    entry = embedders.find(options.embedder)
    faces = _embedded(options)
    report(faces, entry.threshold, options)


def report(faces: Faces, threshold: float, options: argparse.Namespace) -> None:
    """Measure by faces that are embedded, and print a line for each likeness."""
    ways = [(f"likeness-{each:g}", _policy(threshold, each), False) for each in options.likeness]
    ways.append(("known", _policy(threshold, 0), True))
    for name, policy, are_known in ways:
        seconds: list[float] = []
        worlds = [
            _watched(_passes(faces, options, seed), policy, seconds, are_known=are_known)
            for seed in range(options.seeds)
        ]
        report_latency(
            f"short-tracks/{options.passes}/{name}",
            seconds,
            parameters={"seeds": options.seeds, "threshold": threshold, "most": MOST_WAITING},
            **_figures(worlds),
        )


def _figures(worlds: Sequence[World]) -> dict[str, object]:
    made = [each for world in worlds for each in world.makers.values()]
    tracks = [(world, each) for world in worlds for each in world.passed]
    owners = [Counter(map(world.owner, world.makers)) for world in worlds]
    could = [
        (who, own[who]) for world, own in zip(worlds, owners, strict=True) for who in world.could
    ]
    return {
        "tracks": len(tracks),
        "could": len(could),
        "found": shares([who for who, _ in could], [count > 0 for _, count in could]),
        "split": sum(count - 1 for own in owners for count in own.values()),
        "visitors": len(made),
        "mixed": sum(len(set(each)) > 1 for each in made),
        "right": shares([each.person for _, each in tracks], [w.is_right(e) for w, e in tracks]),
        "wrong": shares([each.person for _, each in tracks], [w.is_wrong(e) for w, e in tracks]),
    }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("identities", type=Path)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--set", dest="sets", nargs="+", default=["lfw"])
    parser.add_argument("--embedder", default="fused")
    parser.add_argument("--without", nargs="+", default=[], help="people whose labels are wrong")
    parser.add_argument("--passes", choices=("moments", "days"), default="moments")
    parser.add_argument("--likeness", nargs="+", type=float, default=[0, 0.48, 0.55, 0.6, 0.631])
    parser.add_argument("--seeds", type=int, default=10)
    return parser.parse_args()


def _embedded(options: argparse.Namespace) -> Faces:
    """Embed each view of the pictures of one person each, but for those of some people."""
    alone = [
        picture
        for picture in read_identities(options.identities, sets=options.sets)
        if len(picture.people) == 1 and picture.people[0] not in options.without
    ]
    embedder = FaceEmbedder(options.embedder)
    note(f"embedding {len(alone)} pictures, each in {len(_VIEWS)} views")
    people, vectors, qualities = [], [], []
    for picture in alone:
        image = cv2.imread(str(options.root / picture.file))
        found = embedder.central_faces([view(image) for view in _VIEWS])
        if all(found):
            people.append(picture.people[0])
            vectors.append([face.embedding for face in found if face])
            qualities.append([face.quality for face in found if face])
    _, person = np.unique(people, return_inverse=True)
    return Faces(np.array(vectors, np.float32), np.array(qualities), person)


def _policy(threshold: float, likeness: float) -> ResolverPolicy:
    return ResolverPolicy(
        tenant_id="default",
        site_id="site",
        embedder="fused",
        match=MatchPolicy(threshold=threshold, review=threshold - 0.05),
        min_quality=0.2,
        visitor_faces=_FACES,
        mean_threshold=0.07,
        tracks_kept=timedelta(days=30) if likeness else None,
        tracks_similarity=likeness,
    )


def _passes(faces: Faces, options: argparse.Namespace, seed: int) -> list[Pass]:
    """Return the passes in an order drawn at random."""
    random = np.random.default_rng(seed)
    shown: list[Pass] = []
    if options.passes == "moments":
        for who, vectors, qualities in zip(*_in_parallel(faces), strict=True):
            views = random.permutation(len(_VIEWS))[: random.integers(2, len(_VIEWS) + 1)]
            shown.append(Pass(int(who), vectors[views], qualities[views]))
    else:
        for who in np.flatnonzero(np.bincount(faces.person) >= 4):
            pictures = random.permutation(np.flatnonzero(faces.person == who))
            while len(pictures) > 1:
                now, pictures = np.split(pictures, [random.integers(2, 5)])
                shown.append(Pass(int(who), faces.vectors[now, 0], faces.qualities[now, 0]))
    return [shown[place] for place in random.permutation(len(shown))]


def _in_parallel(faces: Faces) -> tuple[Indices, npt.NDArray[np.float32], npt.NDArray[np.float64]]:
    return faces.person, faces.vectors, faces.qualities


def _watched(
    passes: Sequence[Pass], policy: ResolverPolicy, seconds: list[float], *, are_known: bool
) -> World:
    """Have a resolver watch passes, a minute apart; add how long a face took on average."""
    could = _could(passes)
    known: dict[int, Pass] = {}
    if are_known:
        for one in reversed(passes):
            if one.person in could:
                known[one.person] = one
        passes = [one for one in passes if known.get(one.person) is not one]
    dimension = passes[0].vectors.shape[1]
    album = Album([], np.zeros((0, dimension), np.float32))
    for who, one in known.items():
        count = len(one.vectors)
        album.enroll(str(who), one.vectors, qualities=[1.0] * count, at=_START, camera_id="")
    resolver = IdentityResolver(policy, album, album)
    resolver.memory.waiting = waiting = Watched()
    passed: list[Passed] = []
    makers: dict[str, list[int]] = {str(who): [who] for who in known}
    begun = time.perf_counter()
    for track, one in enumerate(passes):
        name = None
        for face in _faces_of(one, track):
            for event in resolver.resolve(face):
                if isinstance(event, FaceRecognized) and event.decision == "named":
                    name = event
                if isinstance(event, FaceRecognized) and event.is_new:
                    of = waiting.last if event.basis == "tracks" else [face]
                    makers[event.identity_id] = [passes[each.track_id].person for each in of]
        resolver.lapse(_at(track))
        passed.append(Passed(one.person, name))
    seconds.append((time.perf_counter() - begun) / sum(len(one.vectors) for one in passes))
    return World(passed, makers, could)


def _could(passes: Sequence[Pass]) -> set[int]:
    """Return who shows enough faces for a visitor in several passes together."""
    times = Counter(one.person for one in passes)
    shown: Counter[int] = Counter()
    for one in passes:
        shown[one.person] += len(one.vectors)
    return {who for who in shown if times[who] > 1 and shown[who] >= _FACES}


def _faces_of(one: Pass, track: int) -> Iterator[Face]:
    for index, (vector, quality) in enumerate(zip(one.vectors, one.qualities, strict=True)):
        yield Face(
            camera_id="door",
            track_id=track,
            face_index=index,
            captured_at=_at(track) + timedelta(seconds=index / 2),
            quality=float(quality),
            embedding=vector,
        )


def _at(track: int) -> datetime:
    return _START + timedelta(minutes=track)


if __name__ == "__main__":
    main()
