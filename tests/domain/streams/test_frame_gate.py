from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from genesis_ray.domain.streams.frame_gate import FrameGate
from genesis_ray.domain.streams.stream_health import Picture

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def scene(seed: int) -> Picture:
    return Picture.of(np.random.default_rng(seed).integers(0, 256, (48, 64, 3), np.uint8))


def verdicts(pictures: list[Picture], seconds_apart: float = 1.0) -> list[str | None]:
    gate = FrameGate()
    return [
        gate.refuses(NOON + timedelta(seconds=n * seconds_apart), picture)
        for n, picture in enumerate(pictures)
    ]


def test_a_picture_that_shows_something_is_looked_at():
    assert verdicts([scene(1), scene(2)]) == [None, None]


@pytest.mark.parametrize("shade", [0, 128, 255])
def test_a_picture_of_one_shade_is_not(shade):
    blank = Picture.of(np.full((48, 64, 3), shade, np.uint8))
    assert verdicts([blank, scene(1), blank]) == ["blank", None, "blank"]


def test_the_same_picture_for_long_is_frozen_until_it_changes():
    assert verdicts([scene(1)] * 22 + [scene(2)]) == [None] * 20 + ["frozen"] * 2 + [None]


def test_that_does_not_depend_on_the_rate_of_frames():
    assert verdicts([scene(1)] * 202, seconds_apart=0.1).count(None) == 200
