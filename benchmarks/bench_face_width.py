"""How wide a face has to be in the picture for its person to be found.

    .venv/bin/python benchmarks/bench_face_width.py [DATA] [--widths 12 16 20 24 32 48 64] \
[--embedder NAME]

DATA has `faces/identities.csv` and LFW's faces; by default it is where the tests look for it.
Everybody with two pictures or more is enrolled with the first; the second is shrunk until the face
that was found in it has each width, and as it is, and looked for once. The line printed says which
share is missed at the embedder's threshold, and in how many no face is found at all. Its seconds
are of one look at one picture: finding, judging and embedding the face.
"""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from harness import note, report_latency

from genesis_ray.domain.streams.frames import Image
from genesis_ray.evaluation.identities_file import read_identities
from genesis_ray.vision.faces import EmbeddedFace, FaceEmbedder

_DATA = Path(__file__).parents[2] / "shared" / "data"
_BATCH = 16


def main() -> None:
    """Measure and print one line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("data", type=Path, nargs="?", default=_DATA)
    parser.add_argument("--widths", type=int, nargs="+", default=[12, 16, 20, 24, 32, 48, 64])
    parser.add_argument("--embedder", default="fused")
    asked = parser.parse_args()
    embedder = FaceEmbedder(asked.embedder, min_face_px=1)
    first, second = pairs(asked.data / "faces")
    seconds: list[float] = []
    note(f"{len(first)} people")
    enrolled = looked_at(first, embedder, seconds)
    as_they_are = looked_at(second, embedder, seconds)
    whole = [
        (template.embedding, image, face)
        for template, image, face in zip(enrolled, second, as_they_are, strict=True)
        if template and face
    ]
    gallery = np.stack([template for template, _, _ in whole])
    images = [image for _, image, _ in whole]
    own = [_width(image, face) for _, image, face in whole]
    found = {"as it is": [face for _, _, face in whole]}
    for width in asked.widths:
        note(f"{width} pixels")
        shrunk = [_shrunk(image, width / of) for image, of in zip(images, own, strict=True)]
        found[f"{width}"] = looked_at(shrunk, embedder, seconds)
    report_latency(
        "face-width",
        seconds,
        parameters={**vars(asked), "threshold": embedder.threshold, "people": len(whole)},
        median_width=round(float(np.median(own))),
        missed={
            width: share(
                [
                    _is_missed(face, person, gallery, embedder.threshold)
                    for person, face in enumerate(faces)
                ]
            )
            for width, faces in found.items()
        },
        no_face={width: share([face is None for face in faces]) for width, faces in found.items()},
    )


def pairs(folder: Path) -> tuple[list[Image], list[Image]]:
    """Return two pictures of everybody who has them."""
    pictures: dict[str, list[Path]] = {}
    for each in read_identities(folder / "identities.csv", sets={"lfw"}):
        pictures.setdefault("|".join(each.people), []).append(folder / each.file)
    several = [paths for paths in pictures.values() if len(paths) > 1]
    return [_read(paths[0]) for paths in several], [_read(paths[1]) for paths in several]


def looked_at(
    images: Sequence[Image], embedder: FaceEmbedder, seconds: list[float]
) -> list[EmbeddedFace | None]:
    """Embed the central face of each picture; add what a picture took, a sample a batch."""
    faces: list[EmbeddedFace | None] = []
    for start in range(0, len(images), _BATCH):
        batch = images[start : start + _BATCH]
        begun = time.perf_counter()
        faces += embedder.central_faces(batch)
        seconds.append((time.perf_counter() - begun) / len(batch))
    return faces


def _width(image: Image, face: EmbeddedFace) -> float:
    return float(face.xyxy[2] - face.xyxy[0]) * image.shape[1]


def _shrunk(image: Image, scale: float) -> Image:
    return cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


def _is_missed(
    face: EmbeddedFace | None, person: int, gallery: np.ndarray, threshold: float
) -> bool:
    if face is None:
        return True
    similarities = gallery @ face.embedding
    return bool(similarities.argmax() != person or similarities[person] <= threshold)


def _read(path: Path) -> Image:
    image = cv2.imread(str(path))
    if image is None:
        raise SystemExit(f"{path} is no picture that can be read")
    return image


def share(holds: Sequence[bool]) -> float:
    """Return in what share of all it holds."""
    return round(float(np.mean(holds)), 4)


if __name__ == "__main__":
    main()
