"""The stand-ins know the figures of the synthetic film, whatever happened to its pictures."""

from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from genesis_ray.domain.places.geometry import iou
from genesis_ray.domain.streams.frames import Image
from genesis_ray.running.looking import embed_heads
from genesis_ray.testing import ColourDetector, ColourEmbedder, SyntheticFilm
from genesis_ray.vision.crops import cut_heads
from genesis_ray.vision.decode import VideoFile
from genesis_ray.vision.letterbox import Letterbox
from genesis_ray.vision.recording import VideoWriter

START = datetime(2026, 1, 5, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def film() -> SyntheticFilm:
    return SyntheticFilm(people=4, seconds=3)


@pytest.fixture(scope="module")
def coded(film: SyntheticFilm, tmp_path_factory: pytest.TempPathFactory) -> list[Image]:
    """The film after H.264 coding and decoding."""
    path: Path = tmp_path_factory.mktemp("film") / "film.mp4"
    with VideoWriter(path, film.width, film.height, film.fps) as writer:
        for elapsed, pixels in film.frames():
            writer.write(pixels(), START + elapsed)
    video = VideoFile(path)
    images = [pixels() for _, pixels in video.frames()]
    video.close()
    return images


def test_the_detector_finds_every_figure_of_a_coded_film(film, coded) -> None:
    for index, found in enumerate(ColourDetector().detect(np.stack(coded))):
        overlap = iou(film.people_at(index).xyxy, found.xyxy)
        assert len(found) == 4
        assert np.diag(overlap).min() > 0.85


@pytest.mark.parametrize(("width", "height"), [(640, 480), (1280, 720), (500, 700)])
def test_the_detector_finds_the_figures_of_letterboxed_frames(width: int, height: int) -> None:
    film = SyntheticFilm(people=3, width=width, height=height)
    letterbox = Letterbox.fit(width, height)
    for index in (0, 17, 80):
        (found,) = ColourDetector().detect(letterbox.apply(film.image_at(index))[None])
        overlap = iou(film.people_at(index).xyxy, letterbox.restore(found).xyxy)
        assert len(found) == 3
        assert np.diag(overlap).min() > 0.85


def test_a_picture_without_figures_has_no_detections() -> None:
    (found,) = ColourDetector().detect(np.full((1, 48, 64, 3), 114, np.uint8))
    assert len(found) == 0


def test_a_frames_detections_do_not_depend_on_its_neighbours(coded) -> None:
    together = ColourDetector().detect(np.stack(coded[:5]))
    alone = [ColourDetector().detect(image[None])[0] for image in coded[:5]]
    assert all(np.array_equal(a.xyxy, b.xyxy) for a, b in zip(together, alone, strict=True))


def test_the_embedder_knows_figures_again_and_tells_them_apart(film, coded) -> None:
    embedder = ColourEmbedder()
    embeddings = []
    for index in (0, 10, 20):
        people = film.people_at(index).xyxy
        faces = embed_heads(embedder, cut_heads(coded[index], people, people))
        embeddings.append(np.stack([face.embedding for face in faces if face]))
    first, second, third = embeddings
    assert first.shape == (4, embedder.dimension)
    assert first.dtype == np.float32
    assert np.linalg.norm(first, axis=1) == pytest.approx(np.ones(4), abs=1e-5)
    for later in (second, third):
        assert np.diag(first @ later.T).min() > 0.98
        assert (first @ later.T)[~np.eye(4, dtype=bool)].max() < embedder.threshold / 2


def test_all_figures_of_the_largest_film_are_told_apart() -> None:
    faces = ColourEmbedder().faces_in(SyntheticFilm(people=8).image_at(0))
    similarity = np.stack([face.embedding for face in faces])
    similarity = similarity @ similarity.T
    assert len(faces) == 8
    assert similarity[~np.eye(8, dtype=bool)].max() < ColourEmbedder.threshold / 2


def test_the_faces_of_a_photo_come_largest_first() -> None:
    near = SyntheticFilm(people=1, width=160, height=240).image_at(0)
    far = np.zeros((120, 160, 3), np.uint8)
    far[:, :80] = cv2.resize(near, (80, 120))
    first, second = ColourEmbedder().faces_in(np.vstack([far, near]))
    assert first.xyxy[1] > second.xyxy[1]


def test_a_crop_without_a_figure_has_no_face(film) -> None:
    people = film.people_at(0).xyxy
    (crop,) = cut_heads(np.full((480, 640, 3), 96, np.uint8), people, people[:1])
    assert ColourEmbedder().find([crop]) == [None]
