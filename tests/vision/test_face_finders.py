import importlib.util
from pathlib import Path

import cv2
import numpy as np
import pytest

from genesis_ray.domain.places.geometry import iou
from genesis_ray.errors import ConfigurationError
from genesis_ray.vision import models
from genesis_ray.vision.face_finders import FINDERS, load_finder, model_of

ZIDANE, ANCELOTTI = (914, 98, 1053, 276), (541, 265, 661, 430)


@pytest.fixture(scope="module")
def two_men():
    package = importlib.util.find_spec("ultralytics")
    return cv2.imread(str(Path(package.origin).parent / "assets" / "zidane.jpg"))


@pytest.fixture(scope="module", params=FINDERS)
def finder(request):
    return load_finder(request.param)


def faces_of(finder, picture):
    (faces,) = finder.find([picture], long_side=640)
    return faces


def boxes(faces):
    return np.array([face.xyxy for face in faces], np.float32).reshape(-1, 4)


@pytest.mark.models
def test_both_men_are_found_and_nobody_else(finder, two_men):
    found = boxes(faces_of(finder, two_men))
    overlap = iou(found, np.float32([ZIDANE, ANCELOTTI]))
    assert overlap.shape == (2, 2)
    assert sorted(overlap.argmax(axis=1)) == [0, 1]
    assert overlap.max(axis=1).min() > 0.6


@pytest.mark.models
def test_landmarks_lie_as_in_a_face(finder, two_men):
    for face in faces_of(finder, two_men):
        left_eye, right_eye, nose, left_mouth, right_mouth = face.landmarks
        assert left_eye[0] < right_eye[0]
        assert left_mouth[0] < right_mouth[0]
        assert max(left_eye[1], right_eye[1]) < nose[1] < min(left_mouth[1], right_mouth[1])
        assert (face.xyxy[:2] < face.landmarks).all()
        assert (face.landmarks < face.xyxy[2:]).all()


@pytest.mark.models
def test_faces_of_a_larger_copy_are_in_its_own_pixels(finder, two_men):
    larger = cv2.resize(two_men, None, fx=2, fy=2)
    overlap = iou(boxes(faces_of(finder, larger)), 2 * boxes(faces_of(finder, two_men)))
    assert overlap.max(axis=1).min() > 0.6


@pytest.mark.models
def test_a_face_smaller_than_the_detectors_least_side_is_found(finder, two_men):
    small = cv2.resize(two_men[50:450, 850:1200], (70, 80), interpolation=cv2.INTER_AREA)
    (face,) = faces_of(finder, small)
    assert 20 < face.xyxy[2] - face.xyxy[0] < 45


@pytest.mark.models
@pytest.mark.parametrize("shape", [(1, 1), (3, 400), (200, 200)])
def test_an_empty_picture_has_no_face(finder, shape):
    assert faces_of(finder, np.full((*shape, 3), 90, np.uint8)) == []


@pytest.mark.models
@pytest.mark.data
def test_tight_crops_of_faces_have_one_face(finder, shared_data):
    photos = sorted((shared_data / "faces" / "orl").glob("s1?/1.pgm"))
    assert len(photos) == 10
    assert [len(faces_of(finder, cv2.imread(str(photo)))) for photo in photos] == [1] * 10


@pytest.mark.models
def test_a_pictures_faces_do_not_depend_on_the_others(finder, two_men):
    pictures = [two_men, two_men[:200, 860:1100], two_men[:400], np.zeros((50, 50, 3), np.uint8)]
    for picture, together in zip(pictures, finder.find(pictures, long_side=640), strict=True):
        alone = faces_of(finder, picture)
        assert [face.confidence for face in together] == [face.confidence for face in alone]
        assert np.array_equal(boxes(together), boxes(alone))


@pytest.mark.models
def test_no_pictures_have_no_faces(finder):
    assert finder.find([], long_side=256) == []


@pytest.mark.models
def test_yunet_finds_what_it_finds_in_opencv(two_men):
    picture = cv2.resize(two_men, (640, 360), interpolation=cv2.INTER_AREA)
    reference = cv2.FaceDetectorYN.create(str(models.weights("yunet")), "", (640, 360), 0.6, 0.3)
    rows = reference.detect(picture)[1]
    for face, row in zip(faces_of(load_finder("yunet"), picture), rows, strict=True):
        assert np.allclose(face.xyxy, [*row[:2], *(row[:2] + row[2:4])], atol=1)
        assert np.allclose(face.landmarks.ravel(), row[4:14], atol=1)
        assert face.confidence == pytest.approx(row[14], abs=0.02)


@pytest.mark.parametrize("name", FINDERS)
def test_every_detector_names_its_model(name):
    assert models.find(model_of(name)).task == "face-detection"


def test_an_unknown_detector_is_named_with_those_there_are():
    with pytest.raises(ConfigurationError, match="'haar'; there are yunet, scrfd, mtcnn"):
        load_finder("haar")
