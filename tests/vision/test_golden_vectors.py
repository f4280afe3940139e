from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from genesis_ray.domain.streams.frames import Image
from genesis_ray.errors import ModelError
from genesis_ray.vision.embedders import EMBEDDERS, Embedder, find
from genesis_ray.vision.found_face import FoundFace
from tests.vision.golden import (
    engines_of,
    found_in,
    packaged_photo,
    pinned,
    pinned_faces,
    shared_photos,
    summed,
)

pytestmark = pytest.mark.models

TOLERANCE = 0.02
"""A crop shifted by one pixel makes 0.04 and more."""

IN_FLOAT32 = 0.002
"""Of the engines that compute in it, on whichever processor; bfloat16 makes up to 0.016."""

EACH = [(embedder, engine) for embedder in EMBEDDERS for engine in engines_of(embedder)]


@cache
def load(embedder: str, engine: str = "auto") -> Embedder:
    try:
        return Embedder(find(embedder), engine=engine)
    except ModelError as error:  # no TensorRT without its GPU
        pytest.skip(str(error))


def changed(embedder: str, engine: str, where: str, faces: list[tuple[Image, FoundFace]]) -> float:
    """Return how far, on average, embeddings are from what is pinned."""
    now, then = summed(load(embedder, engine).embed(faces)), pinned(embedder)[where]
    assert now.shape == then.shape
    return float(np.linalg.norm(now - then, axis=1).mean())


def tolerance_of(engine: str) -> float:
    return TOLERANCE if engine == "tensorrt" else IN_FLOAT32


@pytest.fixture(scope="module")
def packaged():
    return pinned_faces("packaged", [packaged_photo()])


@pytest.fixture(scope="module")
def shared(shared_data):
    return pinned_faces("shared", shared_photos(shared_data / "faces"))


def test_faces_are_found_where_they_always_were(packaged):
    (found,) = found_in([packaged_photo()])
    assert len(found) == len(packaged)
    for face, (_, then) in zip(found, packaged, strict=True):
        assert np.abs(face.landmarks - then.landmarks).max() < 1
        assert np.abs(face.xyxy - then.xyxy).max() < 1.5


@pytest.mark.parametrize(("embedder", "engine"), EACH)
def test_an_embedder_says_what_it_always_said(embedder, engine, packaged):
    assert changed(embedder, engine, "packaged", packaged) < tolerance_of(engine)


@pytest.mark.data
@pytest.mark.parametrize(("embedder", "engine"), EACH)
def test_an_embedder_says_what_it_always_said_of_other_photos_too(embedder, engine, shared):
    assert changed(embedder, engine, "shared", shared) < tolerance_of(engine)


@pytest.mark.parametrize("embedder", EMBEDDERS)
def test_swapped_colours_would_be_noticed(embedder, packaged):
    swapped = [(np.ascontiguousarray(image[..., ::-1]), face) for image, face in packaged]
    assert changed(embedder, "auto", "packaged", swapped) > 10 * TOLERANCE


@pytest.mark.parametrize("embedder", EMBEDDERS)
@pytest.mark.parametrize("pixels", [1, 2])
def test_a_crop_shifted_by_a_pixel_or_two_would_be_noticed(embedder, pixels, packaged):
    shifted = [(image, _shifted(face, pixels)) for image, face in packaged]
    assert changed(embedder, "auto", "packaged", shifted) > 1.5 * pixels * TOLERANCE


def _shifted(face: FoundFace, pixels: int) -> FoundFace:
    """Move a face to the right by so many pixels of the picture that a network is given.

    Between the eyes lie 35 of those pixels, as in ArcFace's template.
    """
    eyes = np.linalg.norm(face.landmarks[1] - face.landmarks[0])
    move = np.float32([pixels * eyes / 35.2, 0])
    return replace(face, xyxy=face.xyxy + np.tile(move, 2), landmarks=face.landmarks + move)
