from datetime import UTC, datetime, timedelta

import numpy as np

from genesis_ray.vision.motion import MotionGate
from genesis_ray.vision.synthetic import SyntheticFilm

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def passed(images: list[np.ndarray], fps: float = 10) -> list[int]:
    gate = MotionGate()
    return [
        n for n, image in enumerate(images) if gate.passes(NOON + timedelta(seconds=n / fps), image)
    ]


def noisy(image: np.ndarray, seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, 5, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def test_where_somebody_walks_every_frame_passes():
    film = SyntheticFilm(people=3, seconds=2)
    assert passed([film.image_at(n) for n in range(20)]) == list(range(20))


def test_where_nothing_moves_one_frame_a_second_passes_whatever_the_sensors_noise():
    still = SyntheticFilm(people=3).image_at(0)
    assert passed([noisy(still, n) for n in range(31)]) == [0, 10, 20, 30]


def test_somebody_small_is_motion_enough():
    empty = np.full((480, 640, 3), 96, np.uint8)
    small = empty.copy()
    small[300:324, 320:332] = 200  # a twentieth of the picture high
    assert passed([empty, empty, small]) == [0, 2]


def test_slow_change_adds_up_until_it_is_motion():
    shades = [np.full((48, 64, 3), 100 + n, np.uint8) for n in range(10)]
    assert passed(shades, fps=100) == [0, 8]


def test_a_picture_of_another_size_passes():
    small, large = np.full((48, 64, 3), 96, np.uint8), np.full((64, 48, 3), 96, np.uint8)
    assert passed([small, small, large]) == [0, 2]
