import json
from datetime import UTC, datetime

import numpy as np

from genesis_ray.running.enrolling.enrolment_note import Enrolment
from tests.store.places import places

ENROLMENT = Enrolment(
    name="Ada",
    identity_id="ada",
    face_ids=("a", "b"),
    templates=np.eye(2, 16, dtype=np.float32),
    qualities=(0.5, 0.25),
    embedder="colour",
    key_version=1,
    at=datetime(2026, 1, 5, tzinfo=UTC),
    by="eve",
    places=tuple(places(1, 2)),
)


def noted() -> dict:
    return json.loads(json.dumps(ENROLMENT.to_note()))


def test_a_note_says_where_faces_are_in_their_photos_to_the_last_bit():
    assert Enrolment.from_note(noted()).places == ENROLMENT.places


def test_some_of_the_faces_are_where_they_were():
    assert ENROLMENT.only([1]).places == ENROLMENT.places[1:]


def test_a_note_of_an_earlier_version_says_nothing_of_it():
    note = noted()
    del note["places"]
    earlier = Enrolment.from_note(note)
    assert (earlier.places, earlier.only([0]).places) == ((), ())
    assert earlier.face_ids == ("a", "b")
