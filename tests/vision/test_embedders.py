import importlib.util
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from genesis_ray.errors import ConfigurationError, ModelError
from genesis_ray.vision import models
from genesis_ray.vision.align import align
from genesis_ray.vision.embedders import EMBEDDERS, Embedder, find
from genesis_ray.vision.face_finders import load_finder


@pytest.fixture(scope="module")
def photo():
    package = importlib.util.find_spec("ultralytics")
    return cv2.imread(str(Path(package.origin).parent / "assets" / "zidane.jpg"))


@pytest.fixture(scope="module")
def two_faces(photo):
    (faces,) = load_finder("yunet").find([photo], long_side=640)
    return [(photo, face) for face in faces]


@pytest.mark.parametrize(
    ("name", "dimension"),
    [("fused", 640), ("facenet-vggface2", 512), ("sface", 128), ("w600k_mbf", 512)],
)
def test_the_dimension_is_known_without_loading(name, dimension):
    assert find(name).dimension == dimension


def test_the_parts_of_a_similarity_add_up():
    for entry in EMBEDDERS.values():
        assert sum(part.share for part in entry.parts) == pytest.approx(1.0)


def test_every_threshold_has_its_evidence():
    for entry in EMBEDDERS.values():
        assert 0.2 < entry.threshold < 0.9
        assert "FPIR" in entry.evidence


@pytest.mark.parametrize("entry", EMBEDDERS.values(), ids=EMBEDDERS)
def test_how_alike_strangers_are_agrees_with_the_threshold_and_errs_on_the_safe_side(entry):
    # Thresholds let 0.5 % of strangers in where 225 people are enrolled.
    assert 0.005 < entry.impostors.risk(entry.threshold, 225) < 0.02


def test_a_fused_embedder_names_the_licences_of_all_its_weights():
    assert find("fused").licence == "MIT, Apache-2.0"


def test_an_unknown_embedder_is_named_with_those_there_are():
    with pytest.raises(ConfigurationError, match="'vgg'; there are fused, facenet-vggface2"):
        find("vgg")


@pytest.mark.models
@pytest.mark.parametrize("name", EMBEDDERS)
def test_vectors_have_unit_length_and_the_stated_dimension(name, two_faces):
    vectors = Embedder(find(name)).embed(two_faces)
    assert vectors.shape == (2, find(name).dimension)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


@pytest.mark.models
def test_no_faces_make_no_vectors():
    assert Embedder(find("sface")).embed([]).shape == (0, 128)


@pytest.mark.models
def test_a_faces_vector_does_not_depend_on_the_others(two_faces):
    embedder = Embedder(find("fused"))
    alone = np.concatenate([embedder.embed([face]) for face in two_faces])
    assert np.array_equal(embedder.embed(two_faces), alone)
    assert np.array_equal(embedder.embed(two_faces[::-1]), alone[::-1])


@pytest.mark.models
def test_the_fused_similarity_is_the_weighted_mean_of_its_parts(two_faces):
    def similarity(name):
        one, other = Embedder(find(name)).embed(two_faces)
        return one @ other

    parts = sum(part.share * similarity(part.model) for part in find("fused").parts)
    assert similarity("fused") == pytest.approx(parts, abs=1e-5)


@pytest.mark.models
def test_sface_says_what_it_says_in_opencv(two_faces):
    reference = cv2.FaceRecognizerSF.create(str(models.weights("sface")), "")
    vectors = Embedder(find("sface")).embed(two_faces)
    for vector, (image, face) in zip(vectors, two_faces, strict=True):
        crop = align(image, face.landmarks)
        expected = (reference.feature(crop) + reference.feature(cv2.flip(crop, 1)))[0]
        assert vector @ expected / np.linalg.norm(expected) > 0.995


@pytest.mark.models
@pytest.mark.parametrize("name", EMBEDDERS)
def test_a_mirrored_face_is_the_same_face(name, two_faces):
    def mirrored(image, face):
        width = image.shape[1]
        left, top, right, bottom = face.xyxy
        landmarks = face.landmarks[[1, 0, 2, 4, 3]] * (-1, 1) + (width - 1, 0)
        xyxy = np.array([width - right, top, width - left, bottom], np.float32)
        return cv2.flip(image, 1), replace(face, xyxy=xyxy, landmarks=landmarks.astype(np.float32))

    embedder = Embedder(find(name))
    there, back = (embedder.embed(f) for f in (two_faces, [mirrored(*f) for f in two_faces]))
    assert (np.vecdot(there, back) > 0.98).all()


@pytest.mark.models
def test_an_engine_that_runs_none_of_the_networks_is_refused():
    with pytest.raises(ModelError, match="torch"):
        Embedder(find("sface"), engine="torch")
    with pytest.raises(ModelError, match="tensorrt"):
        Embedder(find("fused"), engine="tensorrt")
