from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from genesis_ray.vision.white_balance import GreyWorld, balanced, gains_of

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
TUNGSTEN = (0.5, 1.0, 1.3)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


@pytest.fixture
def scene() -> np.ndarray:
    """Squares of all colours, eight pixels each, none so bright that a light would clip it."""
    squares = np.random.default_rng(7).integers(0, 190, (30, 40, 3), np.uint8)
    return squares.repeat(8, axis=0).repeat(8, axis=1)


@pytest.fixture
def lit(scene) -> np.ndarray:
    return balanced(scene, TUNGSTEN)


def test_a_cast_is_taken_off(scene, lit):
    blue, green, red = balanced(lit, gains_of(lit)).mean(axis=(0, 1))
    assert blue == pytest.approx(green, rel=0.02)
    assert red == pytest.approx(green, rel=0.02)
    assert np.mean([blue, green, red]) == pytest.approx(lit.mean(), rel=0.02)


def test_a_picture_that_is_grey_in_the_mean_stays_nearly_as_it_is(scene):
    assert gains_of(scene) == pytest.approx((1, 1, 1), abs=0.03)


def test_a_picture_of_one_colour_does_not_lose_all_of_it():
    blue = np.zeros((48, 64, 3), np.uint8)
    blue[..., 0] = 200
    assert gains_of(blue) == (0.5, 2.0, 2.0)


def test_a_coat_before_the_camera_does_not_change_the_colours(scene):
    coat = scene.copy()
    coat[:, :160] = (20, 20, 220)
    world = GreyWorld()
    before = world.gains_at(at(0), scene)
    assert gains_of(coat)[2] < 0.8
    for frame in range(1, 11):  # passing by in a second
        during = world.gains_at(at(frame / 10), coat)
    assert during == pytest.approx(before, abs=0.03)


@pytest.mark.parametrize("fps", [1, 10])
def test_light_that_changes_is_followed_within_a_minute_at_any_rate(scene, lit, fps):
    world = GreyWorld()
    world.gains_at(at(0), scene)
    gains = [world.gains_at(at((frame + 1) / fps), lit) for frame in range(60 * fps)]
    half = world_after(14, scene, lit)
    assert gains[14 * fps - 1] == pytest.approx(half, abs=1e-9)
    assert gains[-1] == pytest.approx(gains_of(lit), rel=0.05)


def world_after(seconds: float, first: np.ndarray, then: np.ndarray) -> tuple[float, ...]:
    world = GreyWorld()
    world.gains_at(at(0), first)
    return world.gains_at(at(seconds), then)


def test_after_a_night_without_pictures_the_first_one_tells(scene, lit):
    assert world_after(8 * 3600, lit, scene) == pytest.approx(gains_of(scene))


def test_a_recording_that_begins_anew_is_no_reason_to_overshoot(scene, lit):
    before = world_after(1, lit, lit)
    world = GreyWorld()
    world.gains_at(at(60), lit)
    assert world.gains_at(at(0), scene) == pytest.approx(before)


def test_another_one_goes_on_from_its_state(scene, lit):
    undisturbed, resumed = GreyWorld(), GreyWorld()
    undisturbed.gains_at(at(0), lit)
    resumed.resume(undisturbed.state)
    assert resumed.gains_at(at(1), scene) == undisturbed.gains_at(at(1), scene)


def test_a_cut_is_balanced_as_the_picture_is(lit):
    gains = gains_of(lit)
    np.testing.assert_array_equal(
        balanced(lit, gains)[40:90, 30:70], balanced(lit[40:90, 30:70], gains)
    )


def test_without_gains_a_picture_is_passed_on_uncopied(scene):
    assert balanced(scene, None) is scene
