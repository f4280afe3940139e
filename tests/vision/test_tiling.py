import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genesis_ray.domain.places.geometry import iou
from genesis_ray.domain.tracking.detections import Detections
from genesis_ray.testing import ColourDetector
from genesis_ray.vision.letterbox import Letterbox
from genesis_ray.vision.tiling import Tiler

WIDTH, HEIGHT = 1920, 1080
LETTERBOX = Letterbox.fit(WIDTH, HEIGHT)
TILER = Tiler(above=1, iou=0.5, max_detections=100)
RED, GREEN = (0, 0, 255), (0, 255, 0)


def scene(*people: tuple[int, int, int, int], colours=(RED, GREEN)) -> np.ndarray:
    """A grey picture with a figure of one colour at each left, top, width and height."""
    image = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    for (left, top, width, height), colour in zip(people, colours, strict=False):
        image[top : top + height, left : left + width] = colour
    return image


def boxes(*people: tuple[int, int, int, int]) -> np.ndarray:
    ltwh = np.array(people, np.float32)
    corners = np.hstack([ltwh[:, :2], ltwh[:, :2] + ltwh[:, 2:]])
    return corners / np.array([WIDTH, HEIGHT] * 2, np.float32)


def looked_at_twice(image: np.ndarray, tiler: Tiler = TILER) -> tuple[Detections, Detections]:
    """Who is found in the whole picture, and who with the tiles."""
    detector = ColourDetector()
    (found,) = detector.detect(LETTERBOX.apply(image)[None])
    whole = LETTERBOX.restore(found)
    tiles = Tiler(above=0, iou=0.5, max_detections=100).inputs(image, LETTERBOX, found)
    assert tiles is not None
    return whole, tiler.merge(image, LETTERBOX, whole, detector.detect(tiles))


def nobody(count: int) -> Detections:
    return Detections(np.zeros((count, 4), np.float32), np.ones(count, np.float32))


@pytest.mark.parametrize(("people", "is_crowded"), [(0, False), (4, False), (5, True), (9, True)])
def test_a_frame_is_looked_at_again_from_so_many_people(people, is_crowded):
    tiles = Tiler(above=5, iou=0.5, max_detections=9).inputs(scene(), LETTERBOX, nobody(people))
    assert (tiles is not None) == is_crowded


def test_tiles_are_balanced_as_the_frame_is():
    gains = (1.5, 1.0, 0.5)
    tiles = TILER.inputs(scene(), LETTERBOX, nobody(1), gains)
    assert (tiles == LETTERBOX.apply(scene(), gains)).all()


@pytest.mark.parametrize(
    ("width", "height"), [(1920, 1080), (768, 576), (641, 359), (720, 1280), (100, 90)]
)
def test_tiles_fit_the_network_that_the_frame_is_given_to(width, height):
    letterbox = Letterbox.fit(width, height)
    image = np.zeros((height, width, 3), np.uint8)
    tiles = TILER.inputs(image, letterbox, nobody(1))
    assert tiles is not None
    assert tiles.shape == (4, *letterbox.shape, 3)
    assert tiles.dtype == np.uint8


def test_who_is_too_small_in_the_whole_picture_is_found_in_a_tile():
    whole, both = looked_at_twice(scene((300, 200, 20, 26)))
    assert len(whole) == 0
    assert iou(both.xyxy, boxes((300, 200, 20, 26))) > 0.7


@settings(max_examples=60)
@given(st.integers(0, 1850), st.integers(0, 900), st.integers(30, 70), st.integers(60, 180))
def test_wherever_somebody_stands_they_are_one_person(left, top, width, height):
    _, both = looked_at_twice(scene((left, top, width, height)))
    assert len(both) == 1
    assert iou(both.xyxy, boxes((left, top, width, height))) > 0.75


@pytest.mark.parametrize(
    "person", [(100, 50, 1700, 980), (0, 0, 1920, 1080), (700, 0, 500, 1080), (800, 400, 390, 600)]
)
def test_somebody_larger_than_what_tiles_share_keeps_the_box_of_the_whole_picture(person):
    whole, both = looked_at_twice(scene(person))
    np.testing.assert_array_equal(both.xyxy, whole.xyxy)


def test_two_people_side_by_side_on_a_border_stay_two():
    pair = (1100, 500, 45, 120), (1150, 500, 45, 120)
    _, both = looked_at_twice(scene(*pair))
    assert len(both) == 2
    assert (iou(both.xyxy, boxes(*pair)).max(axis=1) > 0.8).all()


def test_somebody_at_the_frames_own_edge_is_not_taken_for_cut():
    person = (1890, 20, 30, 60)
    whole, both = looked_at_twice(scene(person))
    assert len(whole) == len(both) == 1


def test_the_surest_come_first_and_are_kept():
    image = scene()
    whole = Detections(boxes((0, 0, 50, 90), (600, 0, 50, 90)), np.array([0.5, 0.9], np.float32))
    sure = Detections(np.array([[0.4, 0.4, 0.5, 0.6]], np.float32), np.array([0.7], np.float32))
    tiles = [Detections.none(), sure, Detections.none(), Detections.none()]
    merged = TILER.merge(image, LETTERBOX, whole, tiles)
    np.testing.assert_array_equal(merged.confidence, np.array([0.9, 0.7, 0.5], np.float32))
    two = Tiler(above=1, iou=0.5, max_detections=2).merge(image, LETTERBOX, whole, tiles)
    np.testing.assert_array_equal(two.xyxy, merged.xyxy[:2])


def test_an_empty_frame_stays_empty():
    _, both = looked_at_twice(scene())
    assert len(both) == 0
    assert both.xyxy.shape == (0, 4)
