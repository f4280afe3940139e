import numpy as np
import pytest

from genesis_ray.domain.streams.cuts import CutWatch

RNG = np.random.default_rng(3)
SHOP, STREET = (RNG.uniform(0, 255, (9, 16)).astype(np.float32) for _ in range(2))


def cuts(*frames: np.ndarray) -> list[bool]:
    watch = CutWatch()
    return [watch.sees_cut(frame) for frame in frames]


def test_another_scene_is_a_cut_and_the_same_one_is_none():
    assert cuts(SHOP, SHOP, STREET, STREET, SHOP) == [False, False, True, False, True]


def test_light_that_changes_is_no_cut():
    assert cuts(SHOP, SHOP * 0.3 + 5, SHOP * 0.9 + 20) == [False] * 3


def test_somebody_who_fills_a_third_of_the_picture_is_no_cut():
    close = SHOP.copy()
    close[:, 5:10] = 20
    assert cuts(SHOP, close, SHOP) == [False] * 3


def test_who_walks_before_an_even_background_is_no_cut():
    room = np.full_like(SHOP, 96)
    here, there = room.copy(), room.copy()
    here[2:7, 2:4] = there[2:7, 10:12] = 200
    assert cuts(here, there, here) == [False] * 3


@pytest.mark.parametrize("grey", [0, 130])
def test_a_picture_of_nothing_is_no_scene_before_which_another_was(grey):
    nothing = np.full_like(SHOP, grey)
    assert cuts(SHOP, nothing, SHOP) == [False] * 3
    assert cuts(SHOP, nothing, STREET) == [False, False, True]
