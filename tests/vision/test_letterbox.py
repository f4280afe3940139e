import numpy as np
import pytest

from genesis_ray.domain.tracking.detections import Detections
from genesis_ray.vision.letterbox import Letterbox


def found(*boxes: tuple[float, float, float, float]) -> Detections:
    return Detections(np.array(boxes, np.float32), np.full(len(boxes), 0.5, np.float32))


@pytest.mark.parametrize(
    ("width", "height", "shape"),
    [
        (768, 576, (480, 640)),
        (1920, 1080, (384, 640)),
        (1080, 1920, (640, 384)),
        (810, 1080, (640, 480)),
        (320, 240, (480, 640)),
        (500, 500, (640, 640)),
    ],
)
def test_input_has_the_proportions_of_the_frame_in_steps_of_32(width, height, shape):
    assert Letterbox.fit(width, height).shape == shape


def test_long_side_sets_the_size_of_the_input():
    assert Letterbox.fit(1920, 1080, long_side=320).shape == (192, 320)


def test_margins_stay_grey_where_the_frame_is_balanced():
    grey = np.full((1080, 1920, 3), 100, np.uint8)
    framed = Letterbox.fit(1920, 1080).apply(grey, (1.5, 1.0, 0.5))
    assert (framed[:12] == 114).all()
    assert (framed[12:372] == (150, 100, 50)).all()


def test_margins_are_grey_and_the_frame_is_in_the_middle():
    white = np.full((1080, 1920, 3), 255, np.uint8)
    framed = Letterbox.fit(1920, 1080).apply(white)
    assert framed.shape == (384, 640, 3)
    assert framed.dtype == np.uint8
    assert (framed[:12] == 114).all()
    assert (framed[12:372] == 255).all()
    assert (framed[372:] == 114).all()


def test_frame_that_fits_exactly_is_passed_on_unchanged():
    image = np.random.default_rng(0).integers(0, 255, (480, 640, 3), dtype=np.uint8)
    np.testing.assert_array_equal(Letterbox.fit(640, 480).apply(image), image)


def test_a_box_comes_back_where_the_pixels_were():
    image = np.zeros((1080, 1920, 3), np.uint8)
    image[270:810, 480:960] = 255
    letterbox = Letterbox.fit(1920, 1080)
    rows, columns = np.nonzero(letterbox.apply(image)[:, :, 0] > 200)
    height, width = letterbox.shape
    box = (columns.min() / width, rows.min() / height)
    box += ((columns.max() + 1) / width, (rows.max() + 1) / height)
    np.testing.assert_allclose(
        letterbox.restore(found(box)).xyxy, [[0.25, 0.25, 0.5, 0.75]], atol=0.003
    )


def test_boxes_are_clipped_to_the_frame():
    restored = Letterbox.fit(1920, 1080).restore(found((-0.1, 0.0, 1.1, 1.0)))
    np.testing.assert_array_equal(restored.xyxy, [[0, 0, 1, 1]])


def test_confidences_and_types_are_kept():
    restored = Letterbox.fit(768, 576).restore(found((0.1, 0.1, 0.2, 0.2)))
    assert restored.confidence.tolist() == [0.5]
    assert restored.xyxy.dtype == np.float32


def test_no_boxes_stay_no_boxes():
    assert len(Letterbox.fit(768, 576).restore(Detections.none())) == 0
