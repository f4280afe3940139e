import numpy as np

from genesis_ray.vision.calibration import pictures


def test_pictures_fit_the_detectors_input_and_are_dark_and_bright():
    stack = pictures()
    assert stack.shape[1:] == (480, 640, 3)
    assert stack.dtype == np.uint8
    brightness = stack.reshape(len(stack), -1).mean(axis=1)
    assert brightness.min() < 0.6 * brightness.max()


def test_there_are_enough_different_ones_and_not_so_many_that_the_first_start_takes_long():
    stack = pictures()
    assert len(stack) <= 128
    assert len({picture.tobytes() for picture in stack}) >= 64
