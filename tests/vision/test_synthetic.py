"""The film of coloured figures."""

import numpy as np
import pytest

from genesis_ray.domain.places.geometry import iou
from genesis_ray.vision.synthetic import MOST_PEOPLE, SyntheticFilm


@pytest.mark.parametrize("people", [1, 3, MOST_PEOPLE])
def test_the_true_boxes_are_where_the_figures_are(people: int) -> None:
    film = SyntheticFilm(people=people)
    size = np.array([640, 480, 640, 480])
    for index in (0, 33, 99):
        coloured = film.image_at(index).max(axis=2) > film.image_at(index).min(axis=2)
        for box in film.people_at(index).xyxy:
            left, top, right, bottom = np.rint(box * size).astype(int)
            assert coloured[top:bottom, left:right].any(axis=0).all()
            assert coloured[top:bottom, left:right].any(axis=1).all()
            coloured[top:bottom, left:right] = False
        assert not coloured.any()


def test_figures_stay_in_the_picture_and_apart() -> None:
    film = SyntheticFilm(people=MOST_PEOPLE, seconds=60)
    for index in range(film.frame_count):
        xyxy = film.people_at(index).xyxy
        assert xyxy.min() >= 0
        assert xyxy.max() <= 1
        assert np.array_equal(iou(xyxy, xyxy) > 0, np.eye(MOST_PEOPLE, dtype=bool))


@pytest.mark.parametrize("people", [1, 3, MOST_PEOPLE])
def test_a_figure_overlaps_itself_at_five_frames_a_second(people: int) -> None:
    film = SyntheticFilm(people=people, seconds=60, fps=5)
    for index in range(film.frame_count - 1):
        here, there = film.people_at(index).xyxy, film.people_at(index + 1).xyxy
        assert np.diag(iou(here, there)).min() > 0.4


def test_a_film_shows_the_same_whatever_its_rate() -> None:
    slow, fast = SyntheticFilm(fps=5), SyntheticFilm(fps=20)
    assert np.array_equal(slow.image_at(7), fast.image_at(28))


def test_frames_come_at_the_rate_asked_for() -> None:
    film = SyntheticFilm(people=1, seconds=2, fps=4, width=64, height=48)
    played = [(elapsed.total_seconds(), pixels().shape) for elapsed, pixels in film.frames()]
    assert played == [(index / 4, (48, 64, 3)) for index in range(8)]
