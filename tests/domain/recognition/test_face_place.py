import numpy as np
import pytest

from genesis_ray.domain.recognition.face_place import FacePlace

BOX = np.array([0.1, 0.2, 0.3, 0.4], np.float32)
LANDMARKS = np.arange(10, dtype=np.float32).reshape(5, 2) / 9


def test_a_place_has_the_numbers_as_float32_has_them():
    place = FacePlace.of(BOX, LANDMARKS)
    assert place == FacePlace.of(place.box, place.landmarks)
    assert np.array_equal(np.float32(place.box), BOX)
    assert np.array_equal(np.float32(place.landmarks), LANDMARKS)


@pytest.mark.parametrize(("box", "landmarks"), [(BOX[:3], LANDMARKS), (BOX, LANDMARKS[:4])])
def test_what_is_no_place_is_refused(box, landmarks):
    with pytest.raises(ValueError, match="expected a box of 4 numbers and 5 landmarks of 2"):
        FacePlace.of(box, landmarks)
