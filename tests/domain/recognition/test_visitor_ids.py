from datetime import UTC, datetime
from itertools import islice

import numpy as np

from genesis_ray.domain.recognition.identity import FaceSight
from genesis_ray.domain.recognition.visitor_ids import visitor_ids

UNDATED = datetime(1970, 1, 1, tzinfo=UTC)


def faces(*qualities: float, track_id: int = 1) -> list[FaceSight]:
    return [
        FaceSight(
            camera_id="door",
            track_id=track_id,
            face_index=number,
            captured_at=UNDATED,
            quality=quality,
        )
        for number, quality in enumerate(qualities)
    ]


def first(own: list[FaceSight], tenant_id: str = "shop", **more: str) -> str:
    return next(visitor_ids(tenant_id, own, **more))


def test_the_same_faces_give_the_same_ids_and_each_only_once():
    own = faces(0.9, 0.8)
    ids = list(islice(visitor_ids("shop", own), 50))
    assert ids == list(islice(visitor_ids("shop", own), 50))
    assert len(set(ids)) == 50


def test_faces_of_another_film_track_or_tenant_give_another_id():
    own = faces(0.9, 0.8)
    others = [first(faces(0.9, 0.81)), first(faces(0.9, 0.8, track_id=2)), first(own, "museum")]
    assert len({first(own), *others}) == 4


def test_a_quality_counts_as_the_event_log_has_it():
    logged = float(np.float32(0.9))
    assert logged != 0.9
    assert first(faces(logged)) == first(faces(0.9))


def test_without_a_salt_ids_are_what_they_have_always_been():
    assert first(faces(0.9, 0.8)) == "6097f3db-ee04-558a-90a8-f458ee42ea08"


def test_with_another_salt_no_id_is_what_it_was():
    own = faces(0.9, 0.8)
    ids = [set(islice(visitor_ids("shop", own, salt=salt), 50)) for salt in ("", "a1", "b2")]
    assert len(set.union(*ids)) == 150
    assert first(own, salt="a1") == first(own, salt="a1")
