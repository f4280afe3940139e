import pickle
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis_ray.domain.clocks.ordering import DONE
from genesis_ray.domain.events import FaceRecognized
from genesis_ray.domain.recognition.identity import Face, FaceSight, MatchPolicy
from genesis_ray.domain.recognition.ledger import NOTHING_DECIDED, WhoIsWho
from genesis_ray.domain.recognition.topology import Passage, Topology
from genesis_ray.domain.tracking.track_sights import TrackSight
from genesis_ray.pipeline.gate import SpatiotemporalGate
from genesis_ray.pipeline.matching_without import MatchingWithout
from genesis_ray.pipeline.resolver import IdentityResolver
from genesis_ray.pipeline.resolver_policy import ResolverPolicy
from genesis_ray.pipeline.resolver_stage import ResolverStage
from tests.pipeline.albums import Album

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
ADA, STRANGER, OTHER, *NOISE = np.eye(16, dtype=np.float32)
DAY = 86_400


def like(person: np.ndarray, similarity: float, noise: int = 0) -> np.ndarray:
    unlike = np.sqrt(1 - similarity**2) * NOISE[noise]
    return (similarity * person + unlike).astype(np.float32)


class Site:
    """A resolver that makes a visitor of five faces, of several tracks within a week."""

    def __init__(self, *, kept: timedelta | None = timedelta(days=7), gate=None, **decided) -> None:
        self.album = Album()
        self.album.faces.append(("ada", ADA))
        self._kept, self._gate = kept, gate
        self.resolver = self.another(**decided)

    def another(self, *, decisions=NOTHING_DECIDED, salt: str = "") -> IdentityResolver:
        policy = ResolverPolicy(
            tenant_id="shop",
            site_id="york",
            embedder="fused",
            match=MatchPolicy(threshold=0.5, margin=0.1, review=0.45, origin="settings"),
            min_quality=0.3,
            visitor_faces=5,
            mean_threshold=0.07,
            tracks_kept=self._kept,
            tracks_similarity=0.7,
            visitor_salt=salt,
        )
        return IdentityResolver(policy, self.album, self.album, decisions, gate=self._gate)

    def track(
        self, number: int, *faces: np.ndarray, at: float, camera: str = "door", **more
    ) -> list[FaceRecognized]:
        """Show a track's faces, half a second apart; return the names that this led to."""
        shown = self.faces(number, faces, at=at, camera=camera, **more)
        told = [event for face in shown for event in self.resolver.resolve(face)]
        return [e for e in told if isinstance(e, FaceRecognized) and e.decision == "named"]

    def faces(self, number: int, faces, *, at: float, camera: str, **more) -> list[Face]:
        return [
            Face(
                **{
                    "camera_id": camera,
                    "track_id": number,
                    "face_index": index,
                    "captured_at": START + timedelta(seconds=at + index / 2),
                    "in_view_since": START + timedelta(seconds=at),
                    "quality": 0.9,
                    "embedding": embedding,
                    **more,
                }
            )
            for index, embedding in enumerate(faces)
        ]


def test_two_tracks_that_are_too_short_make_a_visitor_together():
    site = Site()
    assert site.track(1, STRANGER, STRANGER, at=0) == []
    (named,) = site.track(2, *[like(STRANGER, 0.9)] * 3, at=DAY)
    assert (named.track_id, named.is_new, named.basis) == (2, True, "tracks")
    assert (named.votes, named.face_indices, named.similarity) == (3, (0, 1, 2), 1)
    assert (named.threshold, named.threshold_origin) == (0.7, "settings, for several tracks")
    (again,) = site.track(3, *[like(STRANGER, 0.8)] * 3, at=2 * DAY)
    assert (again.identity_id, again.is_new) == (named.identity_id, False)
    assert len(site.album.visitors) == 1


def test_nobody_is_made_of_several_tracks_where_none_wait():
    site = Site(kept=None)
    assert [site.track(n, STRANGER, STRANGER, at=n * 60) for n in range(9)] == [[]] * 9
    assert len(site.resolver.memory.waiting) == 0


def test_a_visitor_of_several_tracks_is_known_by_the_faces_of_all():
    site = Site()
    site.track(1, STRANGER, STRANGER, at=0)
    site.track(2, *[like(STRANGER, 0.8)] * 3, at=60)
    made = [embedding for who, embedding in site.album.faces if who != "ada"]
    assert {round(float(each @ STRANGER), 2) for each in made} == {1.0, 0.8}


def test_a_single_face_of_a_track_does_not_name_it():
    site = Site()
    site.track(1, *[STRANGER] * 4, at=0)
    assert site.track(2, STRANGER, at=60) == []
    assert site.track(3, STRANGER, STRANGER, at=120)


def test_faces_of_several_tracks_have_to_be_more_alike_than_those_of_one():
    site = Site()
    site.track(1, STRANGER, STRANGER, at=0)
    assert site.track(2, *[like(STRANGER, 0.69)] * 3, at=60) == []
    assert site.album.visitors == []


def test_of_two_people_whom_a_track_is_between_nobody_is_made():
    site = Site()
    between = like(STRANGER, 0.71)  # of the two, who are unlike each other
    site.track(1, STRANGER, at=0)
    site.track(2, *[NOISE[0]] * 2, at=60)
    assert site.track(3, between, between, at=120) == []
    assert site.album.visitors == []


@pytest.mark.parametrize(("second", "is_made"), [(0.5, False), (0.6, True), (60, True)])
def test_two_tracks_in_view_of_one_camera_at_once_are_two_people(second, is_made):
    site = Site()
    site.track(1, STRANGER, STRANGER, at=0)
    assert bool(site.track(2, STRANGER, STRANGER, STRANGER, at=second)) is is_made


def test_a_track_is_in_view_as_long_as_it_shows_a_face_be_it_not_embedded():
    site = Site()
    site.track(1, STRANGER, STRANGER, at=0)
    site.resolver.resolve(
        FaceSight(
            camera_id="door",
            track_id=1,
            face_index=2,
            captured_at=START + timedelta(seconds=30),
            quality=0.1,
        )
    )
    assert site.track(2, STRANGER, STRANGER, STRANGER, at=20) == []


def test_nobody_is_made_of_tracks_between_which_nobody_can_have_gone():
    ways = [
        Passage(origin=one, destination=other, least=timedelta(minutes=5))
        for one, other in [("door", "till"), ("till", "door")]
    ]
    gate = SpatiotemporalGate(tenant_id="shop", site_id="york", topology=Topology(ways))
    site = Site(gate=gate)
    site.track(1, STRANGER, STRANGER, at=0)
    assert site.track(2, STRANGER, STRANGER, STRANGER, at=60, camera="till") == []
    assert site.track(3, *[STRANGER] * 2, at=DAY, camera="till") == []  # of all three neither
    assert Site(gate=gate).track(1, *[STRANGER] * 5, at=0)


def test_faces_wait_no_longer_than_they_may():
    site = Site()
    site.track(1, STRANGER, STRANGER, at=0)
    site.track(2, STRANGER, STRANGER, at=7 * DAY + 60)
    assert len(site.resolver.memory.waiting) == 2


@pytest.mark.parametrize("similarity", [0.46, 0.6])
def test_no_face_waits_of_a_track_that_may_be_somebody_known(similarity):
    site = Site()
    near = similarity * ADA + np.sqrt(1 - similarity**2) * STRANGER
    site.track(1, STRANGER, near.astype(np.float32), at=0)
    assert len(site.resolver.memory.waiting) == 0


def test_no_face_waits_of_somebody_whose_box_overlaps_others():
    site = Site()
    site.track(1, STRANGER, STRANGER, at=0, companions=(7,))
    assert len(site.resolver.memory.waiting) == 0


def test_no_face_waits_of_a_track_that_has_a_name():
    site = Site()
    assert site.track(1, *[STRANGER] * 5, at=0)
    assert len(site.resolver.memory.waiting) == 0


def test_nobody_is_made_who_was_enrolled_meanwhile():
    site = Site()
    site.track(1, STRANGER, STRANGER, at=0)
    site.track(2, STRANGER, STRANGER, at=60)
    site.album.faces.append(("bob", like(STRANGER, 0.55)))
    assert site.track(3, STRANGER, STRANGER, at=120) == []
    assert site.album.visitors == []


def test_of_who_is_being_forgotten_nobody_is_made():
    site = Site()
    site.resolver = site.another(decisions=MatchingWithout(NOTHING_DECIDED, ["bob"]))
    site.album.faces.append(("bob", STRANGER))
    site.track(1, STRANGER, STRANGER, at=0)
    assert site.track(2, STRANGER, STRANGER, STRANGER, at=60) == []
    assert len(site.resolver.memory.waiting) == 0


def test_no_face_waits_any_more_once_somebody_was_forgotten():
    site = Site()
    site.track(1, STRANGER, STRANGER, at=0)
    site.resolver.forget(["bob"])
    assert len(site.resolver.memory.waiting) == 0


def test_no_face_of_another_embedder_waits():
    site = Site()
    site.track(1, STRANGER, STRANGER, at=0)
    another = site.another()
    another.supersede(site.resolver)
    assert len(another.memory.waiting) == 0


def test_who_goes_on_with_other_decisions_goes_on_with_the_faces_that_wait():
    site = Site()
    site.track(1, STRANGER, STRANGER, at=0)
    another = site.another()
    another.succeed(site.resolver)
    site.resolver = another
    assert site.track(2, STRANGER, STRANGER, STRANGER, at=60)


def test_the_same_tracks_make_the_same_visitor_and_with_another_salt_another():
    made = []
    for salt in ("", "", "a1"):
        site = Site(salt=salt)
        site.track(1, STRANGER, STRANGER, at=0)
        made += site.track(2, STRANGER, STRANGER, STRANGER, at=60)
    first, again, other = (each.identity_id for each in made)
    assert first == again != other


def test_who_was_made_of_several_tracks_and_rejected_for_the_last_is_not_made_of_it_again():
    site = Site()
    site.track(1, STRANGER, STRANGER, at=0)
    (named,) = site.track(2, STRANGER, STRANGER, STRANGER, at=60)
    sight = TrackSight(
        identity_id=named.identity_id,
        camera_id="door",
        track_id=2,
        since=START,
        until=START + timedelta(minutes=2),
    )
    again = Site(decisions=WhoIsWho(rejected={("door", 2): (sight,)}))
    again.track(1, STRANGER, STRANGER, at=0)
    assert again.track(2, STRANGER, STRANGER, STRANGER, at=60) == []
    assert again.album.visitors == []


passes = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 2]),  # who passes
        st.sampled_from(["door", "till"]),
        st.integers(1, 4),  # faces
        st.sampled_from([0.5, 2, 700]),  # seconds since the last one came
        st.booleans(),  # another process goes on after it
    ),
    max_size=12,
)


@given(passes)
def test_what_is_made_does_not_depend_on_when_another_process_goes_on(shown):
    def told(*, is_killed: bool) -> list[FaceRecognized]:
        site, clock, names = Site(), 0.0, []
        for number, (who, camera, faces, gap, is_last) in enumerate(shown):
            clock += gap
            own = [like([STRANGER, OTHER, ADA][who], 0.9, noise) for noise in range(faces)]
            names += site.track(number, *own, at=clock, camera=camera)
            if is_last and is_killed:
                site.resolver.memory = pickle.loads(pickle.dumps(site.resolver.memory))
                site.resolver.lapse(START + timedelta(seconds=clock))
        return names

    assert told(is_killed=True) == told(is_killed=False)


@given(passes, st.lists(st.sampled_from(["door", "till"])))
def test_what_is_made_does_not_depend_on_which_camera_tells_first(shown, turns):
    def told(turns: list[str]) -> list[FaceRecognized]:
        site = Site()
        stage = ResolverStage(["door", "till"], site.resolver)
        faces: dict[str, list[Face]] = {"door": [], "till": []}
        clock = 0.0
        for number, (who, camera, count, gap, _) in enumerate(shown):
            clock += gap
            own = [like([STRANGER, OTHER, ADA][who], 0.9, noise) for noise in range(count)]
            faces[camera] += site.faces(number, own, at=clock, camera=camera)
        names = []
        for camera in [*turns, *["door", "till"] * 50]:
            waiting = sorted(faces[camera], key=lambda each: each.captured_at)
            faces[camera] = waiting[1:]
            progress = waiting[0].captured_at if waiting[1:] else DONE
            names += stage.take(camera, waiting[:1], progress).named()
        return sorted(names, key=lambda each: (each.occurred_at, each.camera_id, each.track_id))

    assert told(turns) == told([])
