import importlib.util
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from genesis_ray.vision.face_finders import load_finder
from genesis_ray.vision.face_quality import quality_of

pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
def photo():
    package = importlib.util.find_spec("ultralytics")
    return cv2.imread(str(Path(package.origin).parent / "assets" / "zidane.jpg"))


@pytest.fixture(scope="module")
def face(photo):
    """The larger of the two men, 135 pixels wide."""
    return load_finder("yunet").find([photo], long_side=640)[0][0]


def shrunk(photo, face, scale):
    small = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return small, replace(face, xyxy=face.xyxy * scale, landmarks=face.landmarks * scale)


def test_a_large_sharp_frontal_face_is_good(photo, face):
    assert quality_of(photo, face) > 0.8


def test_quality_falls_with_size(photo, face):
    qualities = [quality_of(*shrunk(photo, face, scale)) for scale in (1, 0.3, 0.2, 0.1)]
    assert qualities == sorted(qualities, reverse=True)
    assert qualities[-1] < 0.15


def test_quality_falls_with_blur(photo, face):
    qualities = [
        quality_of(cv2.GaussianBlur(photo, (0, 0), sigma), face) for sigma in (0.5, 3, 6, 12)
    ]
    assert qualities == sorted(qualities, reverse=True)
    assert qualities[-1] < 0.2


def test_darkness_is_no_blur(photo, face):
    dark = cv2.convertScaleAbs(photo, alpha=0.4)
    assert quality_of(dark, face) == pytest.approx(quality_of(photo, face), abs=0.1)


def test_a_profile_is_useless_and_a_little_turn_is_not(photo, face):
    def turned(share):
        landmarks = face.landmarks.copy()
        landmarks[2] += share * (landmarks[1] - landmarks[0])
        return quality_of(photo, replace(face, landmarks=landmarks))

    assert turned(0.2) > 0.8
    assert turned(1.6) == turned(-1.6) == 0


def test_mirroring_changes_nothing(photo, face):
    mirrored = (photo.shape[1] - 1 - face.landmarks[:, 0])[[1, 0, 2, 4, 3]]
    landmarks = np.stack([mirrored, face.landmarks[[1, 0, 2, 4, 3], 1]], axis=1)
    flipped = quality_of(cv2.flip(photo, 1), replace(face, landmarks=landmarks))
    assert flipped == pytest.approx(quality_of(photo, face), abs=0.02)


def test_a_doubtful_face_is_worth_less(photo, face):
    assert quality_of(photo, replace(face, confidence=0.5)) < 0.3


@pytest.mark.data
def test_small_faces_seen_by_a_camera_are_worth_less_than_portraits(shared_data):
    portrait = cv2.imread(str(shared_data / "faces/lfw/Aaron_Sorkin/Aaron_Sorkin_0001.jpg"))
    far = cv2.resize(portrait, (50, 50), interpolation=cv2.INTER_AREA)
    near, distant = load_finder("yunet").find([portrait, far], long_side=256)
    assert quality_of(portrait, near[0]) > 0.7 > 0.5 > quality_of(far, distant[0])
