from collections import deque
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from genesis_ray.domain.recognition.carrying import Appearance
from genesis_ray.domain.recognition.identity import Face, FaceSight
from genesis_ray.domain.recognition.topology import Sight
from genesis_ray.errors import LostKeyError, StoreError
from genesis_ray.pipeline.waiting_faces import WaitingFaces
from genesis_ray.running.assembly import embedder_traits
from genesis_ray.running.templates import face_keys
from genesis_ray.running.templates.face_keys import FaceKeys
from genesis_ray.sections.models import FaceSettings
from genesis_ray.store.giving_way import wait_until
from genesis_ray.store.keys.template_keys import KeyRing
from genesis_ray.vision.osnet import MODEL
from tests.store.some_keys import key, protected, ring, unit

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
TRAITS = embedder_traits(FaceSettings(embedder="synthetic"))
PLAIN = unit(1, 2, 16)


def keys_of(*versions: int, there: KeyRing | None = None, tell=lambda _: None) -> FaceKeys:
    return FaceKeys(ring(*versions), TRAITS, read=lambda: there or ring(*versions), tell=tell)


def face(version: int, plain: np.ndarray = PLAIN[0], *, seed: int = 0) -> Face:
    own = key(version, seed=seed)
    (template,) = protected(plain[None], own, "colour")
    return Face(
        camera_id="door", track_id=7, face_index=3, captured_at=NOON, quality=0.9,
        embedding=template, key=own.fingerprint,
    )  # fmt: skip


def is_under(shown: object, version: int) -> bool:
    assert isinstance(shown, Face)
    (expected,) = protected(PLAIN[:1], key(version), "colour")
    return shown.key == key(version).fingerprint and np.allclose(
        shown.embedding, expected, atol=1e-7
    )


def test_a_face_under_an_older_key_is_turned_to_the_current_one():
    faces = keys_of(1, 2)
    assert is_under(faces.brought(face(1)), 2)
    assert not faces.left_out


def test_a_face_under_the_current_key_and_what_is_no_embedded_face_stay():
    faces = keys_of(1, 2)
    own = face(2)
    seen = FaceSight(camera_id="door", track_id=7, face_index=3, captured_at=NOON, quality=0.9)
    assert faces.brought(own) is own
    assert faces.brought(seen) is seen


def test_a_face_under_a_key_that_was_made_since_is_turned_back():
    assert is_under(keys_of(1, there=ring(1, 2)).brought(face(2)), 1)


def test_a_face_under_a_key_that_is_nowhere_is_left_out_and_counted():
    told: list[str] = []
    faces = keys_of(1, 2, tell=told.append)
    for count in range(1, 6):
        left = faces.brought(face(2, seed=9))
        assert type(left) is FaceSight
        assert (left.track_id, left.face_index, left.quality) == (7, 3, 0.9)
        assert faces.left_out["face"] == count
    assert [each.split()[0] for each in told] == ["1", "2", "4"]
    assert "under a key that is not in /keys/default" in told[0]


def looks(version: int, *, seed: int = 0) -> Appearance:
    own = key(version, seed=seed)
    (under,) = protected(PLAIN[1:], own, MODEL)
    return Appearance(
        camera_id="door", track_id=7, captured_at=NOON, since=NOON, looks=under, is_clear=True,
        key=own.fingerprint,
    )  # fmt: skip


def test_looks_under_another_key_are_turned_to_the_current_one():
    faces = keys_of(1, 2)
    turned = faces.brought(looks(1))
    assert (turned.key, turned.track_id) == (key(2).fingerprint, 7)
    assert turned.looks == pytest.approx(looks(2).looks, abs=1e-7)
    (remembered,) = faces.brought_all([looks(1)])
    assert remembered.looks.tolist() == turned.looks.tolist()
    assert keys_of(1, there=ring(1, 2)).brought(looks(2)).key == key(1).fingerprint


def test_looks_under_no_key_stay():
    colours = replace(looks(1), key="")
    assert keys_of(1, 2).brought(colours) is colours


def test_looks_under_a_key_that_is_nowhere_stay_under_it_and_are_counted():
    told: list[str] = []
    faces = keys_of(1, 2, tell=told.append)
    for _ in range(3):
        assert faces.brought(looks(2, seed=9)).key == key(2, seed=9).fingerprint
    assert faces.brought_all([looks(2, seed=9)])[0].key == key(2, seed=9).fingerprint
    assert faces.left_out == {"sight of looks": 4}
    assert [each.split(" left")[0] for each in told] == [
        "1 sight of looks is", "2 sights of looks are", "4 sights of looks are",
    ]  # fmt: skip


def test_keys_are_looked_for_now_and_then_alone(monkeypatch):
    looks = []

    def read() -> KeyRing:
        looks.append(1)
        raise StoreError("away")

    faces = FaceKeys(ring(1), TRAITS, read=read, tell=lambda _: None)
    for _ in range(5):
        assert type(faces.brought(face(2))) is FaceSight
    assert len(looks) == 1
    monkeypatch.setattr(face_keys, "LOOK_EVERY_S", 0)
    faces._look_at = 0
    faces.brought(face(2))
    assert len(looks) == 2


def test_faces_are_turned_wherever_they_are_in_what_a_process_remembered():
    before = {"tracks": deque([face(1), face(2)]), "latest": (face(1), "7")}
    after = keys_of(1, 2).brought_all(before)
    assert all(is_under(each, 2) for each in (*after["tracks"], after["latest"][0]))
    assert before["latest"][0].key == key(1).fingerprint
    with pytest.raises(LostKeyError, match="is not in /keys/default"):
        keys_of(1, 2).brought_all([face(2, seed=9)])


def test_faces_that_wait_for_others_of_their_person_wait_under_the_new_key():
    waiting = WaitingFaces()
    for track in (1, 2):
        own = replace(face(1), track_id=track)
        at = NOON + timedelta(minutes=track)
        for number in (0, 1):
            shown = replace(own, face_index=number)
            sight = Sight("door", track, at, at)
            waiting.add(shown, sight, keep=timedelta(days=1), of_a_track=5)
    found = (
        keys_of(1, 2)
        .brought_all(waiting)
        .cluster(shown, least=0.99, loosest=0.9, wanted=4, may_be_one=lambda *_: True)
    )
    assert len(found) == 4
    assert all(is_under(each, 2) for each in found)


def test_a_key_that_somebody_made_is_found_and_then_ready():
    faces = keys_of(1, there=ring(1, 2))
    assert faces.ready == key(1).fingerprint
    faces.look()
    assert wait_until(lambda: faces.ready == key(2).fingerprint, within_s=10)
