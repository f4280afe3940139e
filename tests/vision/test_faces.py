import importlib.util
from pathlib import Path

import cv2
import numpy as np
import pytest

from genesis_ray.running.looking import embed_heads
from genesis_ray.vision.crops import HeadCrop
from genesis_ray.vision.faces import FaceEmbedder

pytestmark = pytest.mark.models

EVERYTHING = np.float32([[0, 0, 1, 1]])


@pytest.fixture(scope="module")
def photo():
    """Zidane on the right, larger; Ancelotti on the left."""
    package = importlib.util.find_spec("ultralytics")
    return cv2.imread(str(Path(package.origin).parent / "assets" / "zidane.jpg"))


@pytest.fixture(scope="module")
def embedder():
    return FaceEmbedder()


@pytest.fixture(scope="module")
def zidane(photo):
    return photo[40:420, 820:1140]


@pytest.fixture(scope="module")
def ancelotti(photo):
    return photo[200:560, 440:760]


def head(image):
    return HeadCrop(image, EVERYTHING, 0)


def test_the_same_men_are_recognised_mirrored_and_darker(embedder, photo):
    enrolled = embedder.faces_in(photo)
    seen = embedder.faces_in(cv2.convertScaleAbs(cv2.flip(photo, 1), alpha=0.6))
    similarity = np.array([[one.embedding @ other.embedding for other in seen] for one in enrolled])
    assert similarity.diagonal().min() > embedder.threshold + 0.2
    assert similarity[[0, 1], [1, 0]].max() < embedder.threshold - 0.2


@pytest.mark.data
@pytest.mark.parametrize("name", ["fused", "facenet-vggface2", "sface", "w600k_mbf"])
def test_another_photo_of_a_person_matches_and_of_others_does_not(name, shared_data):
    folder = shared_data / "faces" / "face_recognition"
    files = ["obama.jpg", "obama2.jpg", "knn_train_biden_biden.jpg", "lin-manuel-miranda.png"]
    embedder = FaceEmbedder(name)
    obama, obama_again, *others = (
        embedder.faces_in(cv2.imread(str(folder / file)))[0].embedding for file in files
    )
    assert obama @ obama_again > embedder.threshold
    assert max(obama @ other for other in others) < embedder.threshold


def test_faces_of_a_photo_come_largest_first_where_they_are(embedder, photo):
    first, second = embedder.faces_in(photo)
    assert np.allclose(first.xyxy, [0.716, 0.14, 0.822, 0.38], atol=0.02)
    assert np.allclose(second.xyxy, [0.425, 0.37, 0.515, 0.59], atol=0.02)


def test_a_photo_of_twelve_megapixels_gives_the_same_people(embedder, photo):
    large = cv2.resize(photo, (4600, 2588), interpolation=cv2.INTER_CUBIC)
    for one, other in zip(embedder.faces_in(photo), embedder.faces_in(large), strict=True):
        assert one.embedding @ other.embedding > 0.9


def test_a_face_that_fills_a_large_photo_is_found(embedder, photo):
    close = cv2.resize(photo[100:290, 910:1055], None, fx=8, fy=8, interpolation=cv2.INTER_CUBIC)
    (face,) = embedder.faces_in(close)
    assert face.embedding @ embedder.faces_in(photo)[0].embedding > 0.8


def test_a_crop_gives_the_face_of_the_person_it_is_for(embedder, photo):
    both = photo[40:600, 440:1140]
    people = np.float32([[0.0, 0.3, 0.5, 1.0], [0.55, 0.0, 1.0, 1.0]])
    ancelotti, zidane = embed_heads(
        embedder, [HeadCrop(both, people, 0), HeadCrop(both, people, 1)]
    )
    assert ancelotti.xyxy[2] < 0.5 < zidane.xyxy[0]


def test_a_neighbours_face_is_nobodys(embedder, zidane):
    people = np.float32([[0.0, 0.6, 0.2, 1.0], [0.0, 0.0, 1.0, 1.0]])
    assert embed_heads(embedder, [HeadCrop(zidane, people, 0)]) == [None]


def test_crops_without_a_face_keep_their_place(embedder, zidane, ancelotti):
    empty = np.full((90, 70, 3), 127, np.uint8)
    answers = embed_heads(embedder, [head(empty), head(zidane), head(empty), head(ancelotti)])
    assert [answer is not None for answer in answers] == [False, True, False, True]


def test_no_crops_give_no_faces(embedder):
    assert embed_heads(embedder, []) == []


def test_a_crops_answer_does_not_depend_on_its_neighbours(embedder, zidane, ancelotti):
    together = embed_heads(embedder, [head(zidane), head(ancelotti), head(zidane)])
    (alone,) = embed_heads(embedder, [head(zidane)])
    for answer in (together[0], together[2]):
        assert np.array_equal(answer.embedding, alone.embedding)
        assert np.array_equal(answer.xyxy, alone.xyxy)
        assert answer.quality == alone.quality


def test_a_face_under_the_least_width_is_passed_over(zidane):
    small = cv2.resize(zidane, None, fx=0.16, fy=0.16, interpolation=cv2.INTER_AREA)
    picky, eager = (FaceEmbedder("sface", min_face_px=least) for least in (24, 18))
    assert embed_heads(picky, [head(small)]) == [None]
    assert embed_heads(eager, [head(small)]) != [None]


def test_the_face_nearest_to_the_centre_is_meant(embedder, photo):
    (face,) = embedder.central_faces([photo])
    assert face.xyxy[0] < 0.5


def test_torch_runs_what_it_can_and_gives_the_same_faces(embedder, photo):
    by_torch = FaceEmbedder(engine="torch").faces_in(photo)
    for one, other in zip(by_torch, embedder.faces_in(photo), strict=True):
        assert one.embedding @ other.embedding > 0.998


def test_a_name_a_dimension_and_a_threshold_come_with_it(embedder):
    assert (embedder.name, embedder.dimension) == ("fused", 640)
    assert 0 < embedder.threshold < 1
