import pickle
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis_ray.domain.events import (
    FaceRecognized,
    FaceScored,
    FalseMergeFound,
    GateRejected,
    SystemStateChanged,
)
from genesis_ray.domain.recognition.identity import Candidate, Face, MatchPolicy
from genesis_ray.domain.recognition.topology import NO_TOPOLOGY, Passage, Topology
from genesis_ray.pipeline.gate import SpatiotemporalGate
from genesis_ray.pipeline.pair_learning import PairLearning
from genesis_ray.pipeline.resolver import IdentityResolver
from genesis_ray.pipeline.resolver_policy import ResolverPolicy

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
ADA, BOB, NOISE = np.eye(3, dtype=np.float32)


def both_ways(one: str, other: str, least: float) -> list[Passage]:
    least_s = timedelta(seconds=least)
    return [
        Passage(origin=one, destination=other, least=least_s),
        Passage(origin=other, destination=one, least=least_s),
    ]


SHOP = Topology(both_ways("door", "till", 8), overlapping=[("door", "hall")])


def like(person: np.ndarray, similarity: float) -> np.ndarray:
    return np.float32(similarity) * person + np.float32(np.sqrt(1 - similarity**2)) * NOISE


class Album:
    """A gallery of Ada and Bob in memory, and the register of visitors."""

    def __init__(self) -> None:
        self.faces = [("ada", ADA), ("bob", BOB)]
        self.visitors: list[str] = []

    def nearest(self, embedding, *, limit):
        best: dict[str, float] = {}
        for who, known in self.faces:
            best[who] = max(best.get(who, -1.0), float(known @ embedding))
        ranked = sorted(best.items(), key=lambda pair: -pair[1])
        return [Candidate(*pair) for pair in ranked[:limit]]

    def enroll(self, identity_id, embeddings, *, qualities, at, camera_id):  # noqa: ARG002
        self.faces += [(identity_id, embedding) for embedding in embeddings]

    def is_taken(self, identity_id, *, at):  # noqa: ARG002
        return identity_id in dict(self.faces)

    def add_visitor(self, identity_id, *, at):  # noqa: ARG002
        self.visitors.append(identity_id)


class Site:
    """A resolver of some cameras, which is shown the faces of tracks."""

    def __init__(
        self, topology: Topology | None = SHOP, *, apart_after: int | None = None, **policy
    ) -> None:
        self.album = Album()
        self._policy = ResolverPolicy(
            **{
                "tenant_id": "shop",
                "site_id": "york",
                "embedder": "fused",
                "match": MatchPolicy(threshold=0.5, margin=0.1, votes=3),
                "min_quality": 0.3,
                "visitor_faces": None,
                **policy,
            }
        )
        own: dict = {"tenant_id": "shop", "site_id": "york", "topology": topology or NO_TOPOLOGY}
        learning = apart_after and PairLearning(**own, sure=0.9, people=apart_after)
        gate = SpatiotemporalGate(**own, learning=learning or None)
        self.resolver = IdentityResolver(self._policy, self.album, self.album, gate=gate)

    def track(self, camera: str, track: int, person=ADA, *, since=None, faces, **face) -> list:
        """Show a track's faces at some seconds; return what was told beside their scores."""
        told = [
            event
            for second in faces
            for event in self.resolver.resolve(
                Face(
                    **{
                        "camera_id": camera,
                        "track_id": track,
                        "face_index": 0,
                        "captured_at": NINE + timedelta(seconds=second),
                        "embedding": person,
                        "quality": 0.9,
                        "in_view_since": None if since is None else NINE + timedelta(seconds=since),
                        **face,
                    }
                )
            )
        ]
        return [event for event in told if not isinstance(event, FaceScored)]


@pytest.fixture
def site() -> Site:
    site = Site()
    (named,) = site.track("door", 1, since=0, faces=[1, 2, 3])
    assert (named.identity_id, named.decision, named.gate) == ("ada", "named", "")
    return site


def test_who_can_have_come_is_named_with_the_rule_that_let_them_through(site):
    (named,) = site.track("till", 1, since=11, faces=[11, 12, 13])
    assert (named.identity_id, named.decision, named.gate) == ("ada", "named", "in-time")
    (named,) = site.track("door", 2, since=30, faces=[30, 31, 32])
    assert named.gate == "in-time"
    (named,) = site.track("door", 3, since=40, faces=[40, 41, 42])
    assert named.gate == "same-camera"
    (named,) = site.track("yard", 1, since=42, faces=[42, 43, 44])
    assert named.gate == ""


def test_who_comes_too_soon_is_not_named_which_is_told_once(site):
    (rejected,) = site.track("till", 1, since=6, faces=[11, 12, 13, 14, 15, 16])
    assert isinstance(rejected, GateRejected)
    assert (rejected.reason, rejected.identity_id, rejected.track_id) == ("too-soon", "ada", 1)
    assert (rejected.seen_camera_id, rejected.seen_track_id) == ("door", 1)
    assert rejected.in_view_since == NINE + timedelta(seconds=6)
    assert rejected.seen_until == NINE + timedelta(seconds=3)
    assert rejected.occurred_at == NINE + timedelta(seconds=13)


def test_without_its_first_sight_a_track_counts_from_its_face(site):
    (named,) = site.track("till", 1, since=None, faces=[11, 12, 13])
    assert named.gate == "in-time"


def test_nobody_else_is_named_in_the_place_of_who_is_refused(site):
    between = (ADA * np.float32(0.75) + BOB * np.float32(0.55)) / np.float32(0.93)
    told = site.track("till", 1, between, since=6, faces=range(6, 30))
    assert [type(event) for event in told] == [GateRejected]


def test_no_visitor_is_made_of_who_is_refused():
    site = Site(visitor_faces=4)
    site.track("door", 1, since=0, faces=[1, 2, 3])
    faces = [like(ADA, 0.6)] * 3 + [like(ADA, 0.4)] * 20
    for second, face in enumerate(faces, start=6):
        site.track("till", 1, face, since=6, faces=[second])
    assert site.album.visitors == []


def test_a_track_that_was_refused_may_be_somebody_else_by_their_votes(site):
    site.track("till", 1, since=6, faces=[6, 7, 8])
    (named,) = site.track("till", 1, BOB, since=6, faces=[9, 10, 11, 12])
    assert (named.identity_id, named.gate) == ("bob", "")


def test_who_is_elsewhere_now_is_quarantined_and_told_as_a_false_merge(site):
    site.track("door", 1, since=0, faces=[8])
    rejected, merge, review = site.track("till", 7, since=5, faces=[9, 10, 11])
    assert (type(rejected), rejected.reason) == (GateRejected, "elsewhere-now")
    assert isinstance(merge, FalseMergeFound)
    assert (merge.camera_id, merge.track_id, merge.identity_id) == ("till", 7, "ada")
    assert (merge.other_camera_id, merge.other_track_id) == ("door", 1)
    assert merge.is_quarantined
    assert isinstance(review, FaceRecognized)
    assert (review.decision, review.gate) == ("review", "false-merge")
    assert site.track("till", 7, since=5, faces=range(12, 40)) == []  # that was its decision
    assert site.track("door", 1, since=0, faces=range(40, 50)) == []  # which is told once


@pytest.mark.parametrize("topology", [SHOP, None])
def test_to_be_twice_in_one_camera_is_a_false_merge_whatever_is_configured(topology):
    site = Site(topology)
    site.track("door", 1, since=0, faces=[1, 2, 3, 8])
    told = site.track("door", 2, since=5, faces=[9, 10, 11])
    assert [type(event) for event in told] == [GateRejected, FalseMergeFound, FaceRecognized]
    assert told[-1].decision == "review"


def test_whoever_is_boxed_twice_is_named_once_and_no_false_merge():
    site = Site(None)
    site.track("door", 1, since=0, faces=[1, 2, 3, 8], overlapped=(2,))
    (rejected,) = site.track("door", 2, since=5, faces=[9, 10, 11, 18], overlapped=(1,))
    assert (type(rejected), rejected.reason) == (GateRejected, "double")
    assert site.track("door", 1, since=0, faces=[12], overlapped=(2,)) == []


def test_of_two_boxes_on_somebody_the_one_that_stays_gets_the_name():
    site = Site(None)
    site.track("door", 1, since=0, faces=[1, 2, 3, 8], overlapped=(2,))
    *_, named = site.track("door", 2, since=5, faces=[9, 10, 11, 18, 18.1], overlapped=(1,))
    assert (named.decision, named.gate) == ("named", "same-camera")
    assert site.track("door", 1, since=0, faces=[19], overlapped=(2,)) == []


def test_a_face_of_somebody_else_does_not_bring_back_a_name_that_was_refused():
    site = Site(None)
    site.track("door", 1, since=0, faces=[1, 2, 3, 8], overlapped=(2,))
    site.track("door", 2, since=5, faces=[9, 10, 11], overlapped=(1,))
    assert site.track("door", 2, BOB, since=5, faces=[30], overlapped=(1,)) == []


def test_tracks_that_follow_each_other_in_one_camera_are_no_false_merge(site):
    (named,) = site.track("door", 2, since=3.2, faces=[4, 5, 6])
    assert named.gate == "same-camera"


def test_two_cameras_that_overlap_may_see_somebody_at_once(site):
    (named,) = site.track("hall", 1, since=2, faces=[3.1, 3.2, 3.3])
    assert (named.decision, named.gate) == ("named", "overlapping-views")
    assert site.track("door", 1, since=0, faces=[4, 5]) == []


def test_a_track_that_shows_a_face_again_brings_a_false_merge_to_light(site):
    (named,) = site.track("till", 7, since=11, faces=[11, 12, 13])
    assert named.decision == "named"
    (merge,) = site.track("door", 1, since=0, faces=[14, 15])
    assert isinstance(merge, FalseMergeFound)
    assert (merge.camera_id, merge.track_id, merge.other_track_id) == ("till", 7, 1)
    assert not merge.is_quarantined
    assert merge.occurred_at == NINE + timedelta(seconds=14)


def test_without_a_topology_every_camera_may_see_anybody_at_once():
    site = Site(None)
    for camera in ("door", "till"):
        (named,) = site.track(camera, 1, since=0, faces=[1, 2, 3])
        assert (named.decision, named.gate) == ("named", "")


def test_a_sight_of_long_ago_says_nothing(site):
    later = 4 * 3600 + 4
    (named,) = site.track("till", 1, since=5, faces=[later, later + 1, later + 2])
    assert (named.decision, named.gate) == ("named", "")


def test_a_new_visitor_is_seen_from_then_on():
    site = Site(visitor_faces=3)
    stranger = like(ADA, 0.1)
    (new,) = site.track("door", 1, stranger, since=0, faces=[1, 2, 3])
    assert new.is_new
    (rejected,) = site.track("till", 1, stranger, since=5, faces=[5, 6, 7])
    assert (rejected.identity_id, rejected.reason) == (new.identity_id, "too-soon")


def test_companions_have_to_be_more_alike_to_be_named():
    site = Site(None, companion_threshold=0.1)
    assert site.track("door", 1, like(ADA, 0.58), faces=range(9), companions=(2,)) == []
    (named,) = site.track("door", 2, like(ADA, 0.62), faces=range(10, 13), companions=(1,))
    assert named.threshold == pytest.approx(0.6)
    (alone,) = site.track("till", 3, like(ADA, 0.58), faces=range(20, 23))
    assert alone.threshold == 0.5


def test_faces_of_before_somebody_had_companions_have_to_be_as_alike_too():
    site = Site(None, companion_threshold=0.1)
    assert site.track("door", 1, like(ADA, 0.52), since=0, faces=range(2)) == []
    assert site.track("door", 1, like(ADA, 0.62), since=0, faces=[2, 3], companions=(2,)) == []
    (named,) = site.track("door", 1, like(ADA, 0.62), since=0, faces=[4], companions=(2,))
    assert named.threshold == pytest.approx(0.6)
    assert min(named.similarities) >= 0.6


def test_a_resolver_goes_on_where_another_was(site):
    other = Site()
    other.resolver.memory = pickle.loads(pickle.dumps(site.resolver.memory))
    (rejected,) = other.track("till", 1, since=6, faces=[6, 7, 8])
    assert rejected.reason == "too-soon"


IN_DOUBT = (ADA * np.float32(0.78) + BOB * np.float32(0.62)) / np.float32(0.9964)
"""Ada rather than Bob, and less like her than leaves no doubt."""


@pytest.fixture
def learned() -> Site:
    """Of whose cameras nothing is said, and where Ada and Bob went from the door to the till."""
    site = Site(None, apart_after=2)
    for person, since in ((ADA, 0), (BOB, 100)):
        site.track("door", since + 1, person, since=since, faces=[since, since + 1, since + 2])
        *told, named = site.track(
            "till", since + 1, person, since=since + 9, faces=[since + 9, since + 10, since + 11]
        )
        assert (named.decision, named.gate) == ("named", "")
    (changed,) = told
    assert isinstance(changed, SystemStateChanged)
    assert (changed.component, changed.state, changed.camera_id) == ("topology", "changed", "")
    assert changed.occurred_at == NINE + timedelta(seconds=111)
    assert changed.reason == (
        "door and till are taken to be apart: 2 people were seen by one after the other, and none "
        "by both at once"
    )
    return site


def test_who_is_twice_where_nobody_ever_was_is_quarantined_if_it_is_in_doubt(learned):
    learned.track("door", 7, since=200, faces=[200, 201, 202, 208])
    rejected, merge, review = learned.track("till", 7, IN_DOUBT, since=205, faces=[207, 208, 209])
    assert (type(rejected), rejected.reason) == (GateRejected, "elsewhere-now")
    assert isinstance(merge, FalseMergeFound)
    assert (merge.camera_id, merge.other_camera_id, merge.identity_id) == ("till", "door", "ada")
    assert (merge.is_quarantined, review.decision, review.gate) == (True, "review", "false-merge")


def test_so_is_whose_double_is_in_doubt_and_shows_a_face_again(learned):
    learned.track("door", 7, IN_DOUBT, since=200, faces=[200, 201, 202])
    (named,) = learned.track("till", 7, since=205, faces=[205, 206, 207])
    assert named.decision == "named"
    (merge,) = learned.track("door", 7, IN_DOUBT, since=200, faces=[208, 209])
    assert isinstance(merge, FalseMergeFound)
    assert (merge.camera_id, merge.other_camera_id) == ("till", "door")
    assert not merge.is_quarantined


def test_who_is_at_both_at_once_beyond_doubt_shows_that_the_views_overlap(learned):
    learned.track("door", 7, since=200, faces=[200, 201, 202, 208])
    changed, named = learned.track("till", 7, since=205, faces=[207, 208, 209])
    assert changed.reason == (
        "door and till may overlap, and are taken to be apart no more: somebody was at both at once"
    )
    assert (named.decision, named.gate) == ("named", "")
    learned.track("door", 8, since=300, faces=[300, 301, 302, 308])
    (again,) = learned.track("till", 8, IN_DOUBT, since=305, faces=[307, 308, 309])
    assert again.decision == "named"


def test_what_was_learned_outlasts_its_people_and_the_process(learned):
    other = Site(None, apart_after=2)
    other.resolver.memory = pickle.loads(pickle.dumps(learned.resolver.memory))
    day = 24 * 3600
    other.track("door", 7, since=day, faces=[day, day + 1, day + 2, day + 8])
    *_, review = other.track("till", 7, IN_DOUBT, since=day + 5, faces=[day + 7, day + 8, day + 9])
    assert review.decision == "review"


def test_what_is_said_of_two_cameras_is_not_learned_anew():
    site = Site(Topology(overlapping=[("door", "till")]), apart_after=1)
    site.track("door", 1, since=0, faces=[0, 1, 2])
    (named,) = site.track("till", 1, since=9, faces=[9, 10, 11])
    assert named.gate == "overlapping-views"


def test_people_in_doubt_teach_nothing():
    site = Site(None, apart_after=1)
    site.track("door", 1, IN_DOUBT, since=0, faces=[0, 1, 2])
    (named,) = site.track("till", 1, since=9, faces=[9, 10, 11])
    assert named.decision == "named"


steps = st.tuples(
    st.sampled_from(["door", "till", "hall", "yard"]),
    st.integers(1, 3),
    st.sampled_from([0, 1]),
    st.floats(0, 3),
)


class OpenGate:
    """Lets every name through."""

    def follow(self, registry, face):  # noqa: ARG002
        return []

    def judge(self, registry, face, named):  # noqa: ARG002
        return [named]


@given(st.lists(steps, max_size=60))
def test_the_gate_takes_names_away_and_never_gives_one(film):
    gated, open_ = Site(), Site()
    open_.resolver._gate = OpenGate()
    told = {gated: [], open_: []}
    now = 0.0
    for camera, track, person, wait in film:
        now += wait
        for site, events in told.items():
            events += site.track(camera, track, (ADA, BOB)[person], faces=[now])
    refused = {
        (event.camera_id, event.track_id)
        for event in told[gated]
        if isinstance(event, GateRejected)
    }
    names, all_names = (
        {
            (event.camera_id, event.track_id): event.identity_id
            for event in told[site]
            if isinstance(event, FaceRecognized) and event.decision == "named"
        }
        for site in (gated, open_)
    )
    assert names.keys() <= all_names.keys()
    for track, who in names.items():
        assert who == all_names[track] or track in refused


@given(st.lists(steps, max_size=60), st.integers(1, 2))
def test_nobody_is_held_back_by_what_was_learned_who_is_known_beyond_doubt(film, people):
    learning, without = Site(None, apart_after=people), Site(None)
    now = 0.0
    for camera, track, person, wait in film:
        now += wait
        told, expected = (
            site.track(camera, track, (ADA, BOB)[person], faces=[now])
            for site in (learning, without)
        )
        assert [each for each in told if not isinstance(each, SystemStateChanged)] == expected
