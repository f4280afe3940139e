import numpy as np
import pytest

from genesis_ray.errors import SourceError
from genesis_ray.vision.face_picture import face_picture, read_face_picture


@pytest.fixture
def photo() -> np.ndarray:
    """Green, 800 by 600, with a red face of 100 by 100 at (300, 200)."""
    photo = np.zeros((600, 800, 3), np.uint8)
    photo[:, :, 1] = 200
    photo[200:300, 300:400] = (0, 0, 200)
    return photo


def face(left: float, top: float, right: float, bottom: float) -> np.ndarray:
    return np.array([left / 800, top / 600, right / 800, bottom / 600], np.float32)


def test_a_face_is_kept_with_what_is_close_to_it_alone(photo):
    picture = read_face_picture(face_picture(photo, face(300, 200, 400, 300)))
    assert picture.shape == pytest.approx((300, 300, 3), abs=2)
    is_red = picture[:, :, 2] > 100
    assert is_red.mean() == pytest.approx(1 / 9, abs=0.01)
    assert is_red[150, 150]


def test_at_the_edge_of_a_photo_it_ends_there(photo):
    picture = read_face_picture(face_picture(photo, face(0, 500, 100, 600)))
    assert picture.shape == pytest.approx((200, 200, 3), abs=2)


def test_a_large_one_is_made_smaller(photo):
    picture = read_face_picture(face_picture(photo, face(0, 0, 800, 600)))
    assert picture.shape == (480, 640, 3)


def test_what_is_no_picture_is_told():
    with pytest.raises(SourceError, match="enrol the person again"):
        read_face_picture(b"no picture")
