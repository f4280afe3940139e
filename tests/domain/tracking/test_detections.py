import numpy as np
import pytest

from genesis_ray.domain.tracking.detections import Detections, Tracks


def detections(n: int) -> Detections:
    return Detections(np.zeros((n, 4), np.float32), np.ones(n, np.float32))


@pytest.mark.parametrize("n", [0, 1, 3])
def test_the_length_is_the_number_of_people(n):
    assert len(detections(n)) == n
    assert len(Tracks(detections(n), np.arange(n))) == n


def test_an_empty_scene_has_boxes_of_four_sides_all_the_same():
    nobody = Detections.none()
    assert (nobody.xyxy.shape, nobody.confidence.shape) == ((0, 4), (0,))
    assert nobody.xyxy.dtype == nobody.confidence.dtype == np.float32


@pytest.mark.parametrize("shape", [(2, 4), (4, 3), (4,), (3, 4, 1)])
def test_boxes_that_do_not_fit_the_confidences_are_refused(shape):
    with pytest.raises(ValueError, match=r"expected xyxy \[n, 4\]"):
        Detections(np.zeros(shape, np.float32), np.zeros(3, np.float32))


def test_confidences_in_two_dimensions_are_refused():
    with pytest.raises(ValueError, match=r"confidence \[n\]"):
        Detections(np.zeros((3, 4), np.float32), np.zeros((3, 1), np.float32))


@pytest.mark.parametrize("ids", [2, 4])
def test_every_detection_needs_one_track_id(ids):
    with pytest.raises(ValueError, match="expected 3 track ids"):
        Tracks(detections(3), np.arange(ids))
