import cv2
import numpy as np
import pytest

from genesis_ray.vision.looks import colours, view_of

RED, BLUE, GREEN = (45, 50, 175), (170, 80, 45), (60, 140, 70)
WHOLE = np.array([0.4, 0.2, 0.6, 0.8], np.float32)


def person(upper, lower, *, size: int = 480, noise: int = 0) -> np.ndarray:
    """A street scene with somebody in the box WHOLE."""
    image = np.full((size, size * 4 // 3, 3), 110, np.uint8)
    rows, columns = np.rint(np.array([0.2, 0.5, 0.8]) * size).astype(int), image.shape[1]
    left, right = round(0.4 * columns), round(0.6 * columns)
    image[rows[0] : rows[1], left:right] = upper
    image[rows[1] : rows[2], left:right] = lower
    shift = np.random.default_rng(0).integers(-noise, noise + 1, image.shape)
    return np.clip(image + shift, 0, 255).astype(np.uint8)


def test_looks_are_a_unit_vector():
    looks = colours(person(RED, GREEN), WHOLE)
    assert (looks.dtype, looks.shape) == (np.float32, (256,))
    assert np.linalg.norm(looks) == pytest.approx(1, abs=1e-6)


def test_the_same_clothes_look_alike_and_others_do_not():
    red = colours(person(RED, GREEN), WHOLE)
    assert red @ colours(person(RED, GREEN, size=240, noise=5), WHOLE) > 0.9
    assert red @ colours(person(BLUE, GREEN), WHOLE) == pytest.approx(0.5, abs=0.1)
    assert red @ colours(person(GREEN, RED), WHOLE) < 0.35


def test_the_same_pixels_give_the_same_bits():
    image = person(RED, BLUE, noise=20)
    expected = colours(image, WHOLE)
    threads = cv2.getNumThreads()
    try:
        for count in (1, 4):
            cv2.setNumThreads(count)
            elsewhere = np.zeros(image.size + 7, np.uint8)[7:].reshape(image.shape)
            elsewhere[:] = image
            np.testing.assert_array_equal(colours(elsewhere, WHOLE), expected)
    finally:
        cv2.setNumThreads(threads)


@pytest.mark.parametrize(
    "box", [(0, 0, 0, 0), (1, 1, 1, 1), (-0.2, 0.5, 1.3, 1.4), (0.5, 0.5, 0.4, 0.4)]
)
def test_boxes_without_a_pixel_and_past_the_edge_have_looks_too(box):
    looks = colours(person(RED, BLUE), np.array(box, np.float32))
    assert np.isfinite(looks).all()


def test_a_view_has_the_shape_of_its_frame():
    view = view_of(person(RED, BLUE))
    assert view.aspect == pytest.approx(4 / 3)
    np.testing.assert_array_equal(view.looks_of(WHOLE), colours(person(RED, BLUE), WHOLE))
