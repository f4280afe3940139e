import cv2
import numpy as np
import pytest

from genesis_ray.vision import models
from genesis_ray.vision.align import ALIGNED_SIZE, TEMPLATE, align, similarity_transform, widened


def turned(points, *, degrees, scale, shift):
    angle = np.deg2rad(degrees)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return (points @ (scale * rotation).T + shift).astype(np.float32)


@pytest.fixture
def picture():
    noise = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    return cv2.resize(noise, (320, 240), interpolation=cv2.INTER_CUBIC)


@pytest.mark.parametrize("degrees", [0, 30, -75, 180])
def test_a_turned_scaled_shifted_template_is_brought_back(degrees):
    moved = turned(TEMPLATE, degrees=degrees, scale=2.5, shift=(40, -7))
    matrix = similarity_transform(moved, TEMPLATE)
    assert np.allclose(moved @ matrix[:, :2].T + matrix[:, 2], TEMPLATE, atol=1e-3)


def test_a_mirrored_face_is_not_mirrored_back():
    mirrored = TEMPLATE * np.float32([-1, 1])
    matrix = similarity_transform(mirrored, TEMPLATE)
    assert np.linalg.det(matrix[:, :2]) > 0


def test_points_all_in_one_place_have_no_transform():
    with pytest.raises(ValueError, match="two must differ"):
        similarity_transform(np.full((5, 2), 3.0, np.float32), TEMPLATE)


@pytest.fixture
def sface_of_opencv():
    return cv2.FaceRecognizerSF.create(str(models.weights("sface")), "")


@pytest.mark.models
@pytest.mark.parametrize(("degrees", "scale"), [(0, 1.0), (12, 0.6), (-35, 1.9)])
def test_alignment_equals_opencvs(picture, sface_of_opencv, degrees, scale):
    landmarks = turned(TEMPLATE, degrees=degrees, scale=scale, shift=(90, 30))
    row = np.concatenate([[0, 0, 1, 1], landmarks.ravel(), [1]]).astype(np.float32)
    expected = sface_of_opencv.alignCrop(picture, row)
    assert np.abs(align(picture, landmarks).astype(int) - expected).max() <= 2


def test_a_large_face_is_averaged_rather_than_sampled():
    stripes = np.zeros((1120, 1120, 3), np.uint8)
    stripes[:, ::2] = 200
    aligned = align(stripes, TEMPLATE * 10)
    inside = aligned[2:-2, 2:-2].astype(int)
    assert np.abs(inside - 100).max() <= 1


def test_a_large_face_comes_out_as_its_small_copy_does(picture):
    large = cv2.resize(picture, (1280, 960), interpolation=cv2.INTER_CUBIC)
    landmarks = turned(TEMPLATE, degrees=10, scale=1.0, shift=(90, 30))
    of_large = align(large, (landmarks + 0.5) * 4 - 0.5)
    difference = np.abs(of_large.astype(int) - align(picture, landmarks))
    assert difference.mean() < 2


def test_a_widened_box_keeps_its_centre(picture):
    box = np.float32([100, 80, 140, 120])
    assert np.array_equal(widened(picture, box, by=0.5, size=60), picture[70:130, 90:150])


def test_a_widened_box_ends_where_the_picture_does(picture):
    crop = widened(picture, np.float32([-30, -30, 20, 20]), by=0.3, size=ALIGNED_SIZE)
    inside = cv2.resize(picture[:28, :28], (112, 112), interpolation=cv2.INTER_AREA)
    assert np.array_equal(crop, inside)


def test_a_box_beyond_the_picture_gives_its_border(picture):
    crop = widened(picture, np.float32([400, 300, 420, 330]), by=0.3, size=16)
    assert np.array_equal(crop, np.broadcast_to(picture[-1, -1], crop.shape))
