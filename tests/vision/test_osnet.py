from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest

from genesis_ray.errors import ModelError
from genesis_ray.vision.osnet import MODEL, Osnet

pytestmark = pytest.mark.data
WHOLE = np.array([0, 0, 1, 1], np.float32)


@pytest.fixture
def crops(shared_data) -> dict[str, list[np.ndarray]]:
    """Two people of Market-1501, each seen by two cameras."""
    people: dict[str, list[np.ndarray]] = {}
    for path in sorted((shared_data / "reid").glob("*.jpg")):
        people.setdefault(path.name[:4], []).append(np.asarray(cv2.imread(str(path)), np.uint8))
    return people


def test_one_person_at_two_cameras_is_more_alike_than_two_people(osnet, crops):
    (first, second) = crops.values()
    own = [osnet.looks_of(image, WHOLE) for image in (*first, *second)]
    alike = np.stack(own) @ np.stack(own).T
    assert min(alike[0, 1], alike[2, 3]) > max(alike[0, 2], alike[0, 3], alike[1, 2])
    assert [alike[0, 1], alike[2, 3]] == pytest.approx([0.535, 0.746], abs=0.01)


def test_looks_are_a_unit_vector_of_the_dimension_that_the_catalogue_says(osnet, crops):
    looks = osnet.looks_of(crops["0730"][0], WHOLE)
    assert (looks.dtype, looks.shape) == (np.float32, (osnet.dimension,))
    assert np.linalg.norm(looks) == pytest.approx(1, abs=1e-6)


def test_looks_are_of_the_box_alone_to_the_last_bit(osnet, crops):
    person = crops["1045"][0]
    height, width = person.shape[:2]
    street = np.full((2 * height, 4 * width, 3), 90, np.uint8)
    street[height:, width : 2 * width] = person
    box = np.array([0.25, 0.5, 0.5, 1], np.float32)
    alone = osnet.looks_of(person, WHOLE)
    with ThreadPoolExecutor(4) as threads:
        told = list(threads.map(lambda _: osnet.looks_of(street, box), range(8)))
    assert all((each == alone).all() for each in told)


def test_a_box_at_the_border_is_cut_there(osnet, crops):
    beyond = np.array([-0.2, -0.1, 1.1, 1.3], np.float32)
    assert np.isfinite(osnet.looks_of(crops["0730"][0], beyond)).all()


def test_without_its_file_it_says_how_to_bring_it(tmp_path, monkeypatch):
    monkeypatch.setenv("GENESIS_MODELS_DIR", str(tmp_path))
    with pytest.raises(ModelError, match=rf"{MODEL}\.onnx has no public address.* models add FILE"):
        Osnet()
