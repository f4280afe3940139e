import pickle
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from genesis_ray.domain.clocks.ordering import DONE
from genesis_ray.domain.events import FaceRecognized, FaceScored
from genesis_ray.domain.recognition.carrying import Appearance, CarryPolicy, Way
from genesis_ray.domain.recognition.identity import Candidate, Face, MatchPolicy
from genesis_ray.domain.recognition.ledger import NOTHING_DECIDED, WhoIsWho
from genesis_ray.domain.tracking.track_sights import TrackSight
from genesis_ray.pipeline.carrying import CarryingResolver, CarryingRules
from genesis_ray.pipeline.resolver import IdentityResolver
from genesis_ray.pipeline.resolver_policy import ResolverPolicy
from genesis_ray.pipeline.resolver_stage import ResolverStage

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
ADA, BOB, COAT = np.eye(3, dtype=np.float32)
WAY = Way(timedelta(0), timedelta(seconds=30))


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


class Album:
    """A gallery of Ada and Bob."""

    def nearest(self, embedding, *, limit):
        ranked = [Candidate(who, float(face @ embedding)) for who, face in PEOPLE.items()]
        return sorted(ranked, key=lambda each: -each.similarity)[:limit]

    def expect(self, embeddings, *, limit):
        """Look for each face when it is asked for."""

    def enroll(self, *_, **__):
        raise AssertionError("looks make no face")

    def is_taken(self, *_, **__):
        raise AssertionError("looks make no visitor")

    def add_visitor(self, *_, **__):
        raise AssertionError("looks make no visitor")


PEOPLE = {"ada": ADA, "bob": BOB}


def resolver(decisions=NOTHING_DECIDED) -> CarryingResolver:
    policy = ResolverPolicy(
        tenant_id="shop", site_id="york", embedder="fused",
        match=MatchPolicy(threshold=0.5, votes=2), min_quality=0.3, visitor_faces=None,
    )  # fmt: skip
    rules = CarryingRules(
        tenant_id="shop", site_id="york", looks="osnet", min_quality=0.3,
        policy=CarryPolicy(ways={("door", "till"): WAY}),
    )  # fmt: skip
    return CarryingResolver(IdentityResolver(policy, Album(), Album(), decisions), rules, decisions)


def face(camera_id: str, seconds: float, who=ADA, *, quality=0.9) -> Face:
    return Face(
        camera_id=camera_id, track_id=1, face_index=round(seconds * 10), captured_at=at(seconds),
        embedding=who, quality=quality,
    )  # fmt: skip


def sight(camera_id: str, seconds: float, since: float) -> Appearance:
    return Appearance(
        camera_id=camera_id, track_id=1, captured_at=at(seconds), since=at(since), looks=COAT,
        is_clear=True,
    )  # fmt: skip


AT_THE_DOOR = [sight("door", 0, 0), face("door", 0.1), face("door", 0.6), sight("door", 1, 0)]
AT_THE_TILL = [sight("till", 5 + half / 2, 5) for half in range(6)]


def names(carrying: CarryingResolver, shown) -> list[FaceRecognized]:
    events = [event for each in shown for event in carrying.resolve(each)]
    assert all(isinstance(event, FaceRecognized | FaceScored) for event in events)
    return [event for event in events if isinstance(event, FaceRecognized)]


def test_a_name_from_a_face_is_carried_and_told_as_that():
    named, carried = names(resolver(), AT_THE_DOOR + AT_THE_TILL)
    assert (named.decision, named.camera_id, named.gate) == ("named", "door", "")
    assert (carried.decision, carried.camera_id, carried.gate) == ("carried", "till", "appearance")
    assert (carried.identity_id, carried.track_id, carried.occurred_at) == ("ada", 1, at(6.5))
    assert (carried.similarity, carried.threshold) == pytest.approx((1, 0.8))
    assert (carried.embedder, carried.quality, carried.votes) == ("osnet", 0, 4)
    assert not carried.is_new


def test_looks_alone_name_nobody():
    assert names(resolver(), [sight("door", 0, 0), *AT_THE_TILL]) == []


def test_the_tracks_own_face_has_the_last_word():
    later = [face("till", 8, BOB), face("till", 8.5, BOB)]
    *_, carried, own = names(resolver(), AT_THE_DOOR + AT_THE_TILL + later)
    assert (carried.identity_id, own.identity_id) == ("ada", "bob")
    assert (own.decision, own.track_id) == ("named", carried.track_id)
    assert own.event_id != carried.event_id


def test_a_usable_face_keeps_looks_from_deciding_and_a_bad_one_does_not():
    with_face = [AT_THE_TILL[0], face("till", 5.1, BOB), *AT_THE_TILL[1:]]
    assert [each.decision for each in names(resolver(), AT_THE_DOOR + with_face)] == ["named"]
    with_bad = [AT_THE_TILL[0], face("till", 5.1, BOB, quality=0.1), *AT_THE_TILL[1:]]
    assert len(names(resolver(), AT_THE_DOOR + with_bad)) == 2


def test_a_track_that_was_rejected_takes_no_name_over():
    rejected = TrackSight(
        identity_id="ada", camera_id="till", track_id=1, since=at(0), until=at(60)
    )
    carrying = resolver(WhoIsWho(rejected={("till", 1): (rejected,)}))
    assert [each.camera_id for each in names(carrying, AT_THE_DOOR + AT_THE_TILL)] == ["door"]


def test_who_is_forgotten_is_carried_nowhere_and_still_keeps_others_from_it():
    carrying = resolver()
    names(carrying, AT_THE_DOOR)
    carrying.forget(["ada"])
    assert names(carrying, AT_THE_TILL) == []


def test_what_is_remembered_outlives_the_process():
    first, second = resolver(), resolver()
    names(first, AT_THE_DOOR)
    second.memory = pickle.loads(pickle.dumps(first.memory))
    assert [each.decision for each in names(second, AT_THE_TILL)] == ["carried"]


@pytest.mark.parametrize("order", [("door", "till"), ("till", "door")])
def test_what_cameras_show_is_taken_in_capture_order(order):
    stage = ResolverStage(["door", "till"], resolver())
    shown = {"door": AT_THE_DOOR, "till": AT_THE_TILL}
    timed = [one for camera in order for one in stage.take(camera, shown[camera], DONE).events]
    decisions = [e.decision for _, events in timed for e in events if isinstance(e, FaceRecognized)]
    assert decisions == ["named", "carried"]
    assert [when for when, _ in timed] == sorted(when for when, _ in timed)
