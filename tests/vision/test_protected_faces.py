"""What the keyed transform does to real faces: two pictures each of people of LFW."""

import csv
from collections import defaultdict

import cv2
import numpy as np
import pytest

from genesis_ray.vision.embedders import Embedder, find
from genesis_ray.vision.face_finders import load_finder
from tests.store.some_keys import key, protected

pytestmark = [pytest.mark.models, pytest.mark.data]

PEOPLE = 24
THRESHOLD = find("fused").threshold


@pytest.fixture(scope="module")
def plain(shared_data) -> tuple[np.ndarray, np.ndarray]:
    """Two faces of each of some people, [people, dimension] each, by the default embedder."""
    pictures = defaultdict(list)
    with (shared_data / "faces" / "identities.csv").open() as file:
        for row in csv.DictReader(file):
            if row["set"] == "lfw":
                pictures[row["identity"]].append(shared_data / "faces" / row["file"])
    files = [own[:2] for own in pictures.values() if len(own) > 1][:PEOPLE]
    photos = [cv2.imread(str(path)) for own in files for path in own]
    middle = [np.array(photo.shape[1::-1]) / 2 for photo in photos]
    nearest = [
        min(found, key=lambda face, at=at: np.linalg.norm(face.landmarks.mean(axis=0) - at))
        for found, at in zip(load_finder("yunet").find(photos, long_side=640), middle, strict=True)
    ]
    faces = Embedder(find("fused")).embed(list(zip(photos, nearest, strict=True)))
    return faces[::2], faces[1::2]


def test_protected_faces_are_told_apart_just_as_plain_ones(plain):
    enrolled, probes = plain
    before = probes @ enrolled.T
    after = protected(probes, key()) @ protected(enrolled, key()).T
    assert np.diag(before).min() > np.median(before) + 0.2  # they are people's faces
    assert np.abs(after - before).max() < 1e-6
    assert np.array_equal(after.argmax(axis=1), before.argmax(axis=1))
    assert np.array_equal(after >= THRESHOLD, before >= THRESHOLD)


def test_stolen_templates_of_real_faces_match_no_plain_face(plain):
    enrolled, probes = plain
    stolen = protected(enrolled, key())
    assert np.abs(probes @ stolen.T).max() < THRESHOLD / 2
    # What all faces have in common helps nobody, either.
    assert abs(float((probes @ stolen.T).mean())) < 0.05


def test_two_tenants_templates_of_one_real_person_do_not_match(plain):
    enrolled, probes = plain
    one = protected(enrolled, key(tenant_id="one"))
    other = protected(probes, key(tenant_id="other"))
    assert np.abs(one @ other.T).max() < THRESHOLD / 2
