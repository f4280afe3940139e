"""What a face of a quality is worth, and whom a review brings up, at what price.

    .venv/bin/python benchmarks/bench_evidence.py [DATA] [--people 225] [--strangers 250] \
[--rounds 2]

DATA has `faces/identities.csv` and LFW's faces; by default it is where the tests look for it.
People are enrolled with one clean picture each. Others of theirs, and pictures of strangers, are
shrunk and blurred at random, each anew in every round, and looked for once. The latency is of
one such look: finding, judging and embedding the face.

    missed      share of looks that give no vote for the person shown, by quality
    brought_up  share of the missed that are nearest to the right person, by how far below the
                threshold they may be, of faces that are usable
    strangers   share of strangers' looks that are that near to anybody
"""

import argparse
import csv
import random
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from harness import note, report_latency

from genesis_ray.domain.recognition.identity import Candidate, MatchPolicy
from genesis_ray.domain.streams.frames import Image
from genesis_ray.sections.identity import IdentitySettings
from genesis_ray.sections.models import FaceSettings
from genesis_ray.vision.faces import FaceEmbedder

_DATA = Path(__file__).parents[2] / "shared" / "data"
_QUALITIES = (0.0, 0.1, 0.2, 0.5, 0.9, 1.01)
_REVIEWS = (0.0, 0.03, 0.05, 0.08, 0.1, 0.15)
_BATCH = 16


class Look(NamedTuple):
    """A single face that was looked for: whose it is, and the two nearest."""

    person: str
    quality: float
    ranked: list[Candidate]


def main() -> None:
    """Measure and print one line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, nargs="?", default=_DATA)
    parser.add_argument("--people", type=int, default=225)
    parser.add_argument("--strangers", type=int, default=250)
    parser.add_argument("--rounds", type=int, default=2)
    asked = parser.parse_args()
    pictures = _pictures(asked.data / "faces")
    chance = random.Random(1)
    known = chance.sample([one for one in pictures if len(pictures[one]) > 1], asked.people)
    alone = [one for one in pictures if len(pictures[one]) == 1]
    strangers = chance.sample(alone, min(asked.strangers, len(alone)))
    embedder = FaceEmbedder(min_face_px=8)
    note(f"enrolling {len(known)} people")
    enrolled = embedder.central_faces([_read(pictures[one][0]) for one in known])
    gallery = {one: face.embedding for one, face in zip(known, enrolled, strict=True) if face}
    probes = [(one, path) for one in gallery for path in pictures[one][1:3]]
    probes += [(one, pictures[one][0]) for one in strangers]
    looks: list[Look] = []
    seconds: list[float] = []
    for number in range(asked.rounds):
        note(f"round {number + 1}: {len(probes)} pictures")
        looks += _looked_for(probes, gallery, embedder, np.random.default_rng(number), seconds)
    identity = IdentitySettings()
    policy = MatchPolicy(threshold=embedder.threshold, margin=identity.margin)
    mated = [look for look in looks if look.person in gallery]
    least = FaceSettings().min_quality
    usable = [look for look in looks if look.quality >= least]
    missed = [look for look in usable if look.person in gallery and _is_missed(look, policy)]
    others = [look for look in usable if look.person not in gallery]
    report_latency(
        "evidence",
        seconds,
        parameters={**vars(asked), "threshold": policy.threshold, "margin": policy.margin},
        missed={
            f"{low:g} to {min(high, 1):g}": _share(
                [_is_missed(one, policy) for one in mated if low <= one.quality < high]
            )
            for low, high in pairwise(_QUALITIES)
        },
        brought_up={
            review: _share([_is_right(one) and _near(one, policy, review) for one in missed])
            for review in _REVIEWS
        },
        strangers={
            review: _share([_near(one, policy, review) for one in others]) for review in _REVIEWS
        },
    )


def _pictures(folder: Path) -> dict[str, list[Path]]:
    pictures: dict[str, list[Path]] = {}
    with (folder / "identities.csv").open() as file:
        for row in csv.DictReader(file):
            if row["set"] == "lfw":
                pictures.setdefault(row["identity"], []).append(folder / row["file"])
    return pictures


def _looked_for(
    probes: list[tuple[str, Path]],
    gallery: dict[str, np.ndarray],
    embedder: FaceEmbedder,
    chance: np.random.Generator,
    seconds: list[float],
) -> Iterator[Look]:
    names, known = list(gallery), np.stack(list(gallery.values()))
    for start in range(0, len(probes), _BATCH):
        batch = probes[start : start + _BATCH]
        images = [_spoilt(_read(path), chance) for _, path in batch]
        begun = time.perf_counter()
        faces = embedder.central_faces(images)
        seconds.append((time.perf_counter() - begun) / len(batch))
        for (person, _), face in zip(batch, faces, strict=True):
            if face:
                similarities = known @ face.embedding
                best = np.argsort(-similarities)[:2]
                ranked = [Candidate(names[one], float(similarities[one])) for one in best]
                yield Look(person, face.quality, ranked)


def _spoilt(image: Image, chance: np.random.Generator) -> Image:
    """Shrink a picture to 8 to 100 % and blur it by up to 1.5 pixels."""
    scale = chance.uniform(0.08, 1.0)
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    sigma = chance.uniform(0, 1.5)
    return cv2.GaussianBlur(small, (0, 0), sigma) if sigma > 0.3 else small


def _read(path: Path) -> Image:
    image = cv2.imread(str(path))
    if image is None:
        raise SystemExit(f"{path} is no picture that can be read")
    return image


def _is_right(look: Look) -> bool:
    return look.ranked[0].identity_id == look.person


def _is_missed(look: Look, policy: MatchPolicy) -> bool:
    return policy.verdict(look.ranked) != "voted" or not _is_right(look)


def _near(look: Look, policy: MatchPolicy, review: float) -> bool:
    return look.ranked[0].similarity >= policy.threshold - review


def _share(holds: list[bool]) -> float | None:
    return round(float(np.mean(holds)), 4) if holds else None


if __name__ == "__main__":
    main()
