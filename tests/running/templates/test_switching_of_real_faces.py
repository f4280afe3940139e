"""Real photos, kept at enrolment, and two real embedders."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from genesis_ray.running.assembly import embedder_traits
from genesis_ray.running.enrolling.enrolment import enroll
from genesis_ray.running.people.identities import identity_folder
from genesis_ray.running.templates.gallery_in_use import with_gallery_in_use
from genesis_ray.running.templates.protected import load_protected_embedder
from genesis_ray.running.templates.re_embedding import re_embed_kept
from genesis_ray.running.templates.switching import plan_switch, switch
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.settings import Settings
from genesis_ray.store.galleries.gallery import FaceGallery

pytestmark = [pytest.mark.models, pytest.mark.data]

ENROLLED = {"Alex": "alex-lacamoire.png", "Kit": "knn_train_kit_harington_john1.jpeg"}
SEEN = {"Alex": "knn_test_alex_lacamoire1.jpg", "Kit": "knn_test_kit_with_rose.jpg"}


def test_faces_of_kept_photos_name_people_as_well_as_those_of_the_photos(shared_data, tmp_path):
    folder: Path = shared_data / "faces" / "face_recognition"
    keys = f"file:{tmp_path / 'keys'}"
    settings = Settings(
        data_dir=tmp_path / "data",
        faces={"embedder": "facenet-vggface2", "keep_photos": True},
        templates={"key_store": keys},
    )
    people = {
        name: enroll(settings, name, [folder / file]).identity_id for name, file in ENROLLED.items()
    }
    result = re_embed_kept(settings, "sface")
    assert (sorted(result.done), dict(result.failed), result.missing) == (sorted(people), {}, ())
    planned = plan_switch(settings, "sface")
    assert planned.lost == ()
    switch(settings, planned)

    switched = with_gallery_in_use(settings)
    traits, ring = embedder_traits(switched.faces), tenant_keys(switched)
    embedder = load_protected_embedder(switched.faces, ring.current)
    gallery = FaceGallery(
        identity_folder(switched), embedder=traits.name, dimension=traits.dimension, keys=ring
    )

    def faces_in(file: str) -> list[np.ndarray]:
        image = cv2.imread(str(folder / file))
        return [face.embedding for face in embedder.faces_in(image)]

    for name, identity_id in people.items():
        (own,) = faces_in(ENROLLED[name])
        found = gallery.nearest(own, limit=2)
        assert found[0].identity_id == identity_id
        assert found[0].similarity > 0.95  # the same photo, cut and compressed
        seen = [gallery.nearest(face, limit=1)[0] for face in faces_in(SEEN[name])]
        best = max(seen, key=lambda each: each.similarity)
        assert best.identity_id == identity_id
        assert best.similarity > planned.thresholds.usual.value
