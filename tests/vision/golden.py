"""What the face embedders say of a few photos, as they said it when it was last agreed on.

Of each embedding 16 sums of its numbers, with signs drawn once, are kept: how far two embeddings
are apart shows in them, a face cannot be found by them. Where the faces are is kept too: a
landmark that is found half a pixel beside, as in bfloat16, moves an embedding by more than the
engines do. When a change of an embedder is meant,

    python -m tests.vision.golden ../shared/data

pins anew; galleries filled before then are of another embedder, and its threshold is to be
calibrated anew.
"""

import hashlib
import importlib.util
import json
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np

from genesis_ray.domain.streams.frames import Image
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


def found_in(photos: list[Image]) -> list[list[FoundFace]]:
    return load_finder("yunet").find(photos, long_side=640)


def pinned_faces(where: str, photos: list[Image]) -> list[tuple[Image, FoundFace]]:
    """Return the faces of photos as they were found when they were pinned, photo by photo."""
    return [
        (photo, _face(*numbers))
        for photo, faces in zip(photos, _pins()["faces"][where], strict=True)
        for numbers in faces
    ]


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
    return {name: np.array(sums) for name, sums in _pins()["embedders"][embedder].items()}


def _pins() -> dict:
    return json.loads(_PINS.read_text())


def _face(
    xyxy: Sequence[float], confidence: float, landmarks: Sequence[Sequence[float]]
) -> FoundFace:
    return FoundFace(np.float32(xyxy), confidence, np.float32(landmarks))


def _read(path: Path) -> Image:
    image = cv2.imread(str(path))
    assert image is not None, path
    return image


def _pin(shared_data: Path) -> None:
    photos = {"packaged": [packaged_photo()], "shared": shared_photos(shared_data / "faces")}
    faces = {
        where: [[*map(_numbers, own)] for own in found_in(all_)] for where, all_ in photos.items()
    }
    _write(faces, {})
    sums = {}
    for name in EMBEDDERS:
        embedder = Embedder(find(name))
        sums[name] = {
            where: summed(embedder.embed(pinned_faces(where, own))).round(5).tolist()
            for where, own in photos.items()
        }
    _write(faces, sums)


def _numbers(face: FoundFace) -> list[object]:
    return [_rounded(face.xyxy), round(float(face.confidence), 3), [*map(_rounded, face.landmarks)]]


def _rounded(pixels: Iterable[float]) -> list[float]:
    return [round(float(each), 2) for each in pixels]


def _write(faces: dict, sums: dict) -> None:
    """Write a row a face."""
    text = json.dumps({"faces": faces, "embedders": sums}, indent=1)
    _PINS.write_text(re.sub(r"\[\s+(-?[\d.]+(?:,\s+-?[\d.]+)*)\s+\]", _in_a_row, text) + "\n")


def _in_a_row(numbers: re.Match[str]) -> str:
    return "[" + ", ".join(numbers[1].replace(",", " ").split()) + "]"


if __name__ == "__main__":
    _pin(Path(sys.argv[1]))
