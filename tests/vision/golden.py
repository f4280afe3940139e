"""What the face embedders say of a few photos, as they said it when it was last agreed on.

Of each embedding 16 sums of its numbers, with signs drawn once, are kept: how far two embeddings
are apart shows in them, a face cannot be found by them. When a change of an embedder is meant,

    python -m tests.vision.golden ../shared/data

pins anew; galleries filled before then are of another embedder, and its threshold is to be
calibrated anew.
"""

import hashlib
import importlib.util
import json
import sys
from pathlib import Path

import cv2
import numpy as np

from genesis_ray.domain.frames import Image
from genesis_ray.vision import models
from genesis_ray.vision.embedders import EMBEDDERS, Embedder, find
from genesis_ray.vision.face_finders import load_finder
from genesis_ray.vision.found_face import FoundFace

_PINS = Path(__file__).with_name("golden_vectors.json")
_SUMS = 16

SHARED = ("lfw/Aaron_Sorkin/Aaron_Sorkin_0001.jpg", "face_recognition/obama.jpg")
"""In the folder `faces` of the shared data; each shows one person."""


def packaged_photo() -> Image:
    """Return a photo of two people that every installation has."""
    package = importlib.util.find_spec("ultralytics")
    assert package
    assert package.origin
    return _read(Path(package.origin).parent / "assets" / "zidane.jpg")


def shared_photos(faces: Path) -> list[Image]:
    return [_read(faces / name) for name in SHARED]


def faces_of(photos: list[Image]) -> list[tuple[Image, FoundFace]]:
    found = load_finder("yunet").find(photos, long_side=640)
    return [(photo, face) for photo, faces in zip(photos, found, strict=True) for face in faces]


def engines_of(embedder: str) -> list[str]:
    """Return the engines that any of an embedder's networks runs on."""
    parts = [models.find(part.model) for part in find(embedder).parts]
    return sorted({engine for part in parts for engine in part.engines})


def summed(embeddings: np.ndarray) -> np.ndarray:
    """Return 16 numbers an embedding, [n, 16], about as far apart as the embeddings are."""
    dimension = embeddings.shape[1]
    bits = hashlib.shake_256(b"golden vectors").digest(_SUMS * dimension // 8)
    signs = 2.0 * np.unpackbits(np.frombuffer(bits, np.uint8)).reshape(_SUMS, dimension) - 1
    return embeddings @ signs.T / np.sqrt(_SUMS)


def pinned(embedder: str) -> dict[str, np.ndarray]:
    """Return the sums of the faces of the packaged photo and of the shared ones, [n, 16] each."""
    return {name: np.array(sums) for name, sums in json.loads(_PINS.read_text())[embedder].items()}


def _read(path: Path) -> Image:
    image = cv2.imread(str(path))
    assert image is not None, path
    return image


def _pin(shared_data: Path) -> None:
    photos = {"packaged": [packaged_photo()], "shared": shared_photos(shared_data / "faces")}
    pins = {}
    for name in EMBEDDERS:
        embedder = Embedder(find(name))
        pins[name] = {
            where: summed(embedder.embed(faces_of(own))).round(3).tolist()
            for where, own in photos.items()
        }
    lines = [
        f'"{name}": {{\n'
        + ",\n".join(
            f'  "{where}": [\n    ' + ",\n    ".join(json.dumps(row) for row in rows) + "\n  ]"
            for where, rows in own.items()
        )
        + "\n}"
        for name, own in pins.items()
    ]
    _PINS.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    _pin(Path(sys.argv[1]))
