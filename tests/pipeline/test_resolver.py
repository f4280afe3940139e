import pickle
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis_ray.domain.events import FaceRecognized, FaceScored
from genesis_ray.domain.recognition.consent import MatchingByConsent
from genesis_ray.domain.recognition.identity import Face, FaceSight, MatchPolicy
from genesis_ray.domain.recognition.ledger import NOTHING_DECIDED, WhoIsWho
from genesis_ray.domain.recognition.thresholds import Threshold, ThresholdBook
from genesis_ray.domain.tracking.track_sights import TrackSight
from genesis_ray.pipeline.matching_without import MatchingWithout
from genesis_ray.pipeline.resolver import IdentityResolver
from genesis_ray.pipeline.resolver_policy import ResolverPolicy
from tests.pipeline.albums import Album

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
AXES = np.eye(8, dtype=np.float32)
ADA, BOB, STRANGER, OTHER_STRANGER = AXES[:4]
NOISE = AXES[7]


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def mixed(*parts: tuple[float, np.ndarray]) -> np.ndarray:
    """Return the unit vector in the direction of a weighted sum."""
    total = sum(weight * vector for weight, vector in parts)
    return (total / np.linalg.norm(total)).astype(np.float32)


def like(person: np.ndarray, similarity: float) -> np.ndarray:
    return mixed((similarity, person), (np.sqrt(1 - similarity**2), NOISE))


class Desk:
    """A resolver with its album, given faces half a second apart unless told otherwise."""

    def __init__(
        self,
        *,
        visitor_faces: int | None = 4,
        votes: int = 3,
        decisions=NOTHING_DECIDED,
        thresholds: ThresholdBook | None = None,
        album: Album | None = None,
        mean_threshold: float = 0.07,
        average: float | None = None,
    ) -> None:
        self.album = Album() if album is None else album
        self.album.faces += [("ada", ADA), ("bob", BOB)]
        policy = ResolverPolicy(
            tenant_id="shop",
            site_id="york",
            embedder="fused",
            match=MatchPolicy(
                threshold=0.5,
                margin=0.1,
                votes=votes,
                review=0.4,
                origin="settings",
                average=average,
            ),
            min_quality=0.3,
            visitor_faces=visitor_faces,
            thresholds=thresholds,
            mean_threshold=mean_threshold,
        )
        self._resolver = IdentityResolver(policy, self.album, self.album, decisions)
        self.shown = 0

    def show(self, embedding, *, track=1, camera="door", quality=0.9, seconds=None):
        """Return the events of one more face."""
        face = Face(
            camera_id=camera,
            track_id=track,
            face_index=self.shown,
            captured_at=at(self.shown / 2 if seconds is None else seconds),
            embedding=embedding,
            quality=quality,
        )
        self.shown += 1
        return self._resolver.resolve(face)

    def glimpse(self, *, track=1, quality=0.9) -> list:
        """Return the events of one more face, which was not embedded."""
        face = FaceSight(
            camera_id="door",
            track_id=track,
            face_index=self.shown,
            captured_at=at(self.shown / 2),
            quality=quality,
        )
        self.shown += 1
        return self._resolver.resolve(face)

    def decided(self, *embeddings, **how) -> list[FaceRecognized]:
        events = [event for embedding in embeddings for event in self.show(embedding, **how)]
        return [event for event in events if isinstance(event, FaceRecognized)]

    def names(self, *embeddings, **how) -> list[FaceRecognized]:
        return [each for each in self.decided(*embeddings, **how) if each.decision == "named"]

    def lapsed(self, seconds: float) -> list[FaceRecognized]:
        """Return what is said of tracks that are over by then."""
        return [outcome for _, outcome in self._resolver.lapse(at(seconds))]

    def pickled(self) -> None:
        self._resolver.memory = pickle.loads(pickle.dumps(self._resolver.memory))


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_enough_agreeing_faces_name_a_track(desk):
    assert desk.names(ADA, ADA) == []
    (named,) = desk.names(like(ADA, 0.9))
    assert (named.identity_id, named.decision, named.is_new) == ("ada", "named", False)
    assert (named.occurred_at, named.votes, named.threshold) == (at(1), 3, 0.5)


def test_a_name_comes_with_the_best_similarity_and_that_of_the_next_identity(desk):
    (named,) = desk.names(ADA, ADA, mixed((0.9, ADA), (0.3, BOB)))
    assert named.similarity == pytest.approx(1)
    assert named.runner_up_similarity == pytest.approx(0.316, abs=1e-3)


def test_with_an_average_five_faces_are_waited_for_and_have_to_reach_it_together():
    assert Desk(average=0.74, visitor_faces=None).names(*[like(ADA, 0.7)] * 4, like(ADA, 0.8)) == []
    (named,) = Desk(average=0.74, visitor_faces=None).names(
        *[like(ADA, 0.7)] * 2, *[like(ADA, 0.8)] * 3
    )
    assert (named.identity_id, named.votes, named.occurred_at) == ("ada", 5, at(2))


STRICT_TILL = ThresholdBook(
    usual=Threshold(0.5, "settings"), cameras={"till": Threshold(0.8, "settings")}
)


def test_a_camera_may_ask_for_more_likeness_than_the_others():
    faces = [like(ADA, 0.7)] * 6
    assert [each.threshold for each in Desk(thresholds=STRICT_TILL).names(*faces)] == [0.5]
    assert Desk(thresholds=STRICT_TILL).names(*faces, camera="till")[0].is_new
    (named,) = Desk(thresholds=STRICT_TILL).names(*[like(ADA, 0.9)] * 3, camera="till")
    assert (named.identity_id, named.threshold) == ("ada", 0.8)


def test_a_resolver_that_goes_on_keeps_the_thresholds_it_began_with():
    began, goes_on = Desk(thresholds=STRICT_TILL), Desk(thresholds=None)
    goes_on._resolver.memory = began._resolver.memory
    (named,) = goes_on.names(*[like(ADA, 0.9)] * 3, camera="till")
    assert named.threshold == 0.8


def test_a_single_face_never_names_whatever_the_settings_say():
    desk = Desk(votes=1, visitor_faces=1)
    assert desk.names(ADA) == []
    assert desk.names(ADA)


def test_worse_faces_count_for_less(desk):
    assert desk.names(*[ADA] * 4, quality=0.3) == []
    (named,) = desk.names(ADA, quality=0.3)
    assert (named.votes, named.basis) == (5, "votes")
    assert named.evidence == pytest.approx(3)
    assert desk.names(*[STRANGER] * 6, track=2, quality=0.3) == []
    (visitor,) = desk.names(STRANGER, track=2, quality=0.3)
    assert (visitor.votes, visitor.basis) == (7, "mean")
    assert visitor.evidence == pytest.approx(4.2)


def test_a_name_comes_with_the_faces_that_bear_it(desk):
    desk.show(ADA, quality=0.4)
    desk.show(BOB)
    desk.show(like(ADA, 0.9))
    (named,) = desk.names(ADA, like(ADA, 0.8), quality=1.0)
    assert named.face_indices == (0, 2, 3, 4)
    assert named.qualities == (0.4, 0.9, 1.0, 1.0)
    assert named.similarities == pytest.approx((1, 0.9, 1, 0.8))
    assert named.evidence == pytest.approx(3.8)
    assert (named.runner_up_id, named.threshold_origin) == ("bob", "settings")


def verdict(desk: Desk, embedding, **how) -> tuple[str, float]:
    *_, scored = (each for each in desk.show(embedding, **how) if isinstance(each, FaceScored))
    return scored.verdict, scored.weight


def test_a_face_that_was_not_embedded_has_a_score_that_says_why_and_decides_nothing(desk):
    told = [desk.glimpse(quality=0.29), desk.glimpse(), desk.show(ADA), desk.show(ADA)]
    told += [desk.glimpse(), desk.show(ADA), desk.glimpse()]
    scores = [each for events in told for each in events if isinstance(each, FaceScored)]
    assert [(each.verdict, each.weight, bool(each.candidate_ids)) for each in scores] == [
        ("quality", 0, False),
        ("spare", 0, False),
        ("voted", 1, True),
        ("voted", 1, True),
        ("spare", 0, False),
        ("voted", 1, True),
        ("decided", 0, False),
    ]
    (named,) = (each for events in told for each in events if isinstance(each, FaceRecognized))
    assert named.face_indices == (2, 3, 5)


def test_the_evidence_of_a_track_is_kept_while_it_shows_faces_that_are_not_embedded(desk):
    desk.show(ADA)
    for _ in range(1300):  # longer than evidence is kept
        desk.glimpse()
    (named,) = desk.names(ADA, ADA)
    assert named.votes == 3


def test_every_score_says_whether_the_face_voted_and_why_not(desk):
    assert verdict(desk, ADA, quality=0.4) == ("voted", 0.8)
    assert verdict(desk, ADA, quality=0.29) == ("quality", 0)
    assert verdict(desk, like(ADA, 0.49)) == ("threshold", 1)
    assert verdict(desk, mixed((1, ADA), (0.95, BOB))) == ("margin", 1)
    desk.names(ADA, ADA, ADA)
    assert verdict(desk, ADA) == ("decided", 0)
    desk = Desk(decisions=not_on_track("ada", 1))
    assert verdict(desk, ADA) == ("rejected", 1)
    assert verdict(desk, BOB) == ("voted", 1)
    assert verdict(desk, like(STRANGER, 0.9)) == ("threshold", 1)
    desk.album.faces.clear()
    assert verdict(desk, ADA) == ("nobody", 1)


def test_faces_between_two_identities_name_nobody_and_make_no_visitor(desk):
    assert desk.names(*[mixed((1, ADA), (0.95, BOB))] * 20) == []
    assert desk.album.visitors == []


def test_every_face_is_scored_against_the_nearest_identities_best_first(desk):
    (scored,) = desk.show(mixed((0.6, BOB), (0.3, ADA)), quality=0.1)
    assert isinstance(scored, FaceScored)
    assert scored.candidate_ids == ("bob", "ada")
    assert scored.similarities == pytest.approx((0.894, 0.447), abs=1e-3)
    assert (scored.quality, scored.embedder, scored.face_index) == (0.1, "fused", 0)


def test_bad_faces_neither_vote_nor_make_a_visitor(desk):
    assert desk.names(*[ADA] * 10, quality=0.29) == []
    assert desk.names(*[STRANGER] * 10, track=2, quality=0.29) == []


def test_good_faces_of_a_stranger_make_a_visitor(desk):
    assert desk.names(STRANGER, STRANGER, STRANGER) == []
    (named,) = desk.names(STRANGER)
    assert named.is_new
    assert (named.similarity, named.votes, named.runner_up_similarity) == (1, 4, 0)
    assert desk.album.visitors == [named.identity_id]


def test_strangers_stay_nameless_where_visitors_are_not_wanted():
    desk = Desk(visitor_faces=None)
    assert desk.names(*[STRANGER] * 20) == []
    assert len(desk.album.faces) == 2


def test_a_visitor_is_known_by_three_faces_that_are_good_and_different(desk):
    faces = [like(STRANGER, similarity) for similarity in (0.95, 0.94, 0.7, 0.8)]
    for face, quality in zip(faces, [0.9, 0.8, 0.7, 0.8], strict=True):
        desk.show(face, quality=quality)
    enrolled = [embedding for _, embedding in desk.album.faces[2:]]
    np.testing.assert_array_equal(enrolled, [faces[0], faces[2], faces[3]])


def test_faces_that_are_hardly_like_each_other_make_no_visitor(desk):
    # Each like the others by 0.42, which one person's blurred faces are, and two people's rarely.
    assert desk.names(*[mixed((0.65, STRANGER), (0.76, noise)) for noise in AXES[4:]] * 2) == []
    assert desk.album.visitors == []


def test_a_visitor_who_comes_back_is_recognised_and_not_made_again(desk):
    (first,) = desk.names(*[STRANGER] * 4)
    (again,) = desk.names(*[like(STRANGER, 0.9)] * 4, track=2, camera="till")
    assert (again.identity_id, again.is_new) == (first.identity_id, False)
    assert len(desk.album.visitors) == 1


def test_two_strangers_are_two_visitors(desk):
    names = desk.names(*[STRANGER] * 4) + desk.names(*[OTHER_STRANGER] * 4, track=2)
    assert len({named.identity_id for named in names}) == 2


def test_a_blurred_track_of_somebody_known_is_named_as_a_whole():
    # Each face is under the threshold by itself, their mean is over it: noise cancels out.
    blurs = [mixed((0.45, ADA), (0.893, noise)) for noise in AXES[4:]]
    (named,) = Desk().names(*blurs)
    assert (named.identity_id, named.is_new, named.votes) == ("ada", False, 4)
    assert named.threshold == pytest.approx(0.57)
    assert named.threshold_origin == "settings, for means"


def test_a_stranger_whose_mean_alone_is_like_somebody_is_not_them_and_is_nobody_new():
    # Each face is like Ada by 0.45 and the mean by 0.55: what is left of it is not noise.
    faces = [mixed((0.45, ADA), (0.6, STRANGER), (0.66, noise)) for noise in AXES[4:]]
    (named,) = Desk(mean_threshold=0.0).names(*faces)
    assert (named.identity_id, named.similarity) == ("ada", pytest.approx(0.549, abs=1e-3))
    desk = Desk()
    assert desk.names(*faces) == []
    assert desk.album.visitors == []


def test_a_face_of_somebody_else_on_the_track_does_not_become_the_visitor(desk):
    faces = [STRANGER, STRANGER, OTHER_STRANGER, STRANGER]
    assert desk.names(*faces) == []
    (named,) = desk.names(STRANGER)
    assert (named.is_new, named.votes) == (True, 4)
    assert all(embedding @ OTHER_STRANGER < 0.1 for _, embedding in desk.album.faces)


def recordings_of_unknown_date(*shown: tuple[np.ndarray, float]) -> list[FaceRecognized]:
    """Return whom recordings that begin alike make of who is in them, one after another."""
    album, made = Album(), []
    for person, quality in shown:
        desk = Desk(album=album)
        made += desk.names(*[person] * 4, quality=quality)
    return made


def test_recordings_that_begin_at_one_time_do_not_make_one_visitor_of_two_people():
    one, other = recordings_of_unknown_date((STRANGER, 0.9), (OTHER_STRANGER, 0.8))
    assert (one.is_new, other.is_new) == (True, True)
    assert one.identity_id != other.identity_id


def test_who_has_an_identity_keeps_it_whoever_is_seen_where_they_were_made():
    made = recordings_of_unknown_date(
        (STRANGER, 0.9), (OTHER_STRANGER, 0.9), (STRANGER, 0.9), (OTHER_STRANGER, 0.9)
    )
    assert [each.is_new for each in made] == [True, True, False, False]
    ids = [each.identity_id for each in made]
    assert ids[:2] == ids[2:]
    assert ids[0] != ids[1]


def test_a_replay_makes_the_same_visitors():
    one, other = (desk.names(*[STRANGER] * 4) for desk in (Desk(), Desk()))
    assert one == other


def test_a_named_track_is_not_named_again_however_its_face_changes(desk):
    desk.names(ADA, ADA, ADA)
    assert desk.names(*[BOB] * 10, *[STRANGER] * 10) == []


def told(desk: Desk, *embeddings, **how) -> list:
    """Return what is told of faces beside their scores."""
    events = [event for embedding in embeddings for event in desk.show(embedding, **how)]
    return [event for event in events if not isinstance(event, FaceScored)]


def test_a_named_track_whose_later_faces_are_somebody_elses_is_told_once_and_keeps_its_name(desk):
    told(desk, ADA, ADA, ADA)
    assert told(desk, ADA, BOB, BOB) == []
    desk.pickled()
    merge, review = told(desk, BOB)
    assert (merge.identity_id, merge.track_id, merge.is_quarantined) == ("ada", 1, False)
    assert (merge.other_camera_id, merge.other_track_id) == ("door", 1)
    assert (review.identity_id, review.decision, review.gate) == ("bob", "review", "exchanged")
    assert review.face_indices == (4, 5, 6)
    assert (merge.occurred_at, review.occurred_at) == (at(3), at(3))
    assert told(desk, *[BOB] * 20, *[ADA] * 20, *[BOB] * 20) == []
    assert desk.lapsed(1e6) == []


def test_what_faces_said_before_a_track_was_named_is_not_held_against_its_name(desk):
    told(desk, ADA, ADA, BOB, BOB, ADA)
    assert told(desk, BOB, BOB) == []
    assert told(desk, BOB)


@pytest.mark.parametrize(
    ("faces", "how"),
    [
        ([ADA] * 20, {}),
        ([STRANGER] * 20, {}),
        ([BOB, STRANGER, ADA] * 10, {}),
        ([mixed((1, ADA), (0.95, BOB))] * 20, {}),
        ([BOB] * 20, {"quality": 0.29}),
    ],
)
def test_a_named_track_is_not_doubted_for_less_than_what_names_one(desk, faces, how):
    told(desk, ADA, ADA, ADA)
    assert told(desk, *faces, **how) == []


def test_a_named_track_is_not_doubted_for_who_is_the_same_person_now_nor_for_who_is_forgotten():
    for decisions in (
        WhoIsWho(aliases={"bob": "ada"}),
        WhoIsWho(aliases={"ada": "bob"}),
        not_on_track("ada", 1),
    ):
        before, desk = Desk(), Desk(decisions=decisions)
        told(before, ADA, ADA, ADA)
        desk._resolver.succeed(before._resolver)
        assert told(desk, *[BOB] * 3, seconds=9) == []
    desk = Desk()
    told(desk, ADA, ADA, ADA)
    desk._resolver.forget(["ada"])
    assert told(desk, *[BOB] * 3) == []


def test_a_named_track_stays_named_after_an_hour_without_a_face(desk):
    assert desk.names(ADA, ADA, ADA)
    desk.show(BOB, track=2, seconds=1800)
    assert desk.names(ADA, ADA, ADA, seconds=3600) == []


def test_faces_long_apart_do_not_add_up_to_a_name(desk):
    assert desk.names(ADA, ADA, seconds=0) == []
    assert desk.names(ADA, ADA, seconds=601) == []
    assert desk.names(ADA, seconds=602)


def test_faces_long_apart_do_not_add_up_whoever_is_seen_in_between(desk):
    assert desk.names(ADA, ADA, seconds=0) == []
    desk.show(BOB, track=2, seconds=590)
    assert desk.names(ADA, ADA, seconds=610) == []


def test_tracks_of_two_cameras_with_one_number_are_two(desk):
    assert desk.names(ADA, ADA) == []
    assert desk.names(ADA, ADA, camera="till") == []


shows = st.lists(
    st.tuples(
        st.sampled_from([ADA, BOB, STRANGER, OTHER_STRANGER, mixed((1, ADA), (1, BOB))]),
        st.integers(1, 3),
        st.sampled_from([0.1, 0.9]),
        st.sampled_from([0, 1, 700]),
    ),
    max_size=60,
)
"""Faces: whose, of which track, how good, and how many seconds after the one before."""


def play(desk: Desk, faces, *, camera: str = "door"):
    clock, told = 0, []
    for embedding, track, quality, gap in faces:
        clock += gap
        events = desk.show(embedding, track=track, quality=quality, seconds=clock, camera=camera)
        told.append((track, quality, events))
    return told


@given(shows, st.integers(1, 3), st.sampled_from([None, 1, 4]))
def test_a_track_is_named_at_most_once_and_visitors_have_enough_good_faces(
    faces, votes, visitor_faces
):
    good, named = defaultdict(int), set()
    for track, quality, events in play(Desk(votes=votes, visitor_faces=visitor_faces), faces):
        good[track] += quality > 0.3
        assert len([event for event in events if isinstance(event, FaceScored)]) == 1
        for name in events:
            if not isinstance(name, FaceRecognized) or name.decision != "named":
                continue
            assert track not in named
            assert quality > 0.3
            assert good[track] >= (
                visitor_faces if name.is_new else max(2, min(votes, visitor_faces or votes))
            )
            named.add(track)


@given(shows, st.lists(st.integers(0, 60)), st.sampled_from([None, 1, 4]))
def test_what_became_of_tracks_does_not_depend_on_when_it_is_asked_for(faces, asked, visitor_faces):
    def decided(*, asked) -> set[tuple]:
        desk, clock, told = Desk(visitor_faces=visitor_faces), 0, []
        for number, (embedding, track, quality, gap) in enumerate(faces):
            clock += gap
            told += desk.decided(embedding, track=track, quality=quality, seconds=clock)
            told += desk.lapsed(clock) if number in asked else []
        return sorted(told + desk.lapsed(1e6), key=lambda each: each.event_id)

    assert decided(asked=asked) == decided(asked=())


@given(shows, shows)
def test_without_visitors_a_cameras_names_do_not_depend_on_other_cameras(faces, others):
    alone = [events for _, _, events in play(Desk(visitor_faces=None), faces)]
    desk = Desk(visitor_faces=None)
    play(desk, others, camera="till")
    desk.shown = 0
    assert [events for _, _, events in play(desk, faces)] == alone


def test_a_track_that_was_not_named_is_for_review_once_its_evidence_lapses(desk):
    assert desk.decided(like(ADA, 0.8), like(ADA, 0.9)) == []
    assert desk.lapsed(600.5) == []
    (review,) = desk.lapsed(700)
    assert (review.decision, review.identity_id) == ("review", "ada")
    assert review.similarity == pytest.approx(0.9)
    assert (review.occurred_at, review.votes, review.threshold) == (at(0.5), 2, 0.5)
    assert desk.lapsed(10_000) == []


def test_a_stranger_is_unknown_once_the_evidence_lapses():
    desk = Desk(visitor_faces=None)
    desk.show(mixed((1, STRANGER), (0.2, BOB)))
    desk.show(STRANGER, quality=0.1)
    (unknown,) = desk.lapsed(700)
    assert (unknown.decision, unknown.identity_id, unknown.similarity) == ("unknown", "", 0)
    assert unknown.runner_up_id == "bob"
    assert unknown.runner_up_similarity == pytest.approx(0.196, abs=1e-3)
    assert (unknown.occurred_at, unknown.face_indices) == (at(0), (0,))


def test_nothing_is_said_of_tracks_that_are_named_or_showed_no_usable_face(desk):
    desk.names(ADA, ADA, ADA)
    desk.show(BOB, track=2, quality=0.2)
    assert desk.lapsed(1e6) == []


def test_what_lapsed_is_told_by_the_next_face_of_the_track_where_nobody_asked_before(desk):
    desk.show(ADA, seconds=0)
    review, scored = desk.show(BOB, seconds=601)
    assert (review.decision, review.identity_id, review.occurred_at) == ("review", "ada", at(0))
    assert scored.candidate_ids[0] == "bob"


def test_a_track_can_be_named_after_a_review(desk):
    desk.show(ADA, seconds=0)
    (review,) = desk.lapsed(700)
    (named,) = desk.names(ADA, ADA, ADA, seconds=800)
    assert (review.decision, named.decision) == ("review", "named")
    assert review.event_id != named.event_id
    assert desk.lapsed(1e6) == []


def test_who_was_rejected_for_a_track_is_not_for_review_on_it():
    desk = Desk(decisions=not_on_track("ada", 1), visitor_faces=None)
    desk.show(ADA)
    assert [each.decision for each in desk.lapsed(700)] == ["unknown"]


def test_what_lapses_is_told_in_order_of_the_last_sight_and_survives_a_pickle(desk):
    desk.show(ADA, track=2, seconds=1)
    desk.show(BOB, track=1, seconds=2)
    desk.show(BOB, track=3, seconds=1)
    desk.pickled()
    assert [each.track_id for each in desk.lapsed(700)] == [2, 3, 1]


def not_on_track(identity_id: str, *tracks: int) -> WhoIsWho:
    """Return that the tracks of the door, as long as they are shown here, are not somebody."""
    return WhoIsWho(
        rejected={
            ("door", track): (
                TrackSight(
                    identity_id=identity_id,
                    camera_id="door",
                    track_id=track,
                    since=START,
                    until=at(60),
                ),
            )
            for track in tracks
        }
    )


def test_a_face_of_a_merged_identity_is_named_by_the_one_that_survives():
    desk = Desk(decisions=WhoIsWho(aliases={"ada": "bob"}))
    (named,) = desk.names(ADA, ADA, ADA)
    assert named.identity_id == "bob"


def test_identities_that_were_merged_agree_and_are_no_rivals():
    desk = Desk(decisions=WhoIsWho(aliases={"ada": "bob"}))
    between = mixed((1, ADA), (0.95, BOB))
    (named,) = desk.names(ADA, between, BOB)
    assert (named.identity_id, named.votes, named.runner_up_similarity) == ("bob", 3, None)
    (scored,) = desk.show(between, track=2)
    assert scored.candidate_ids == ("bob",)


def test_a_rival_behind_many_merged_identities_is_still_a_rival():
    parts = [f"part {number}" for number in range(20)]
    desk = Desk(decisions=WhoIsWho(aliases=dict.fromkeys(parts, "ada")))
    desk.album.faces += [(part, ADA) for part in parts]
    assert desk.names(*[mixed((1, ADA), (0.95, BOB))] * 20) == []


def test_a_rejected_identity_is_not_given_to_that_track_again():
    desk = Desk(decisions=not_on_track("ada", 1), visitor_faces=None)
    assert desk.names(*[ADA] * 20) == []
    assert [each.identity_id for each in desk.names(*[ADA] * 3, track=2)] == ["ada"]
    assert [each.identity_id for each in desk.names(*[ADA] * 3, camera="till")] == ["ada"]


AGREED = MatchingByConsent(NOTHING_DECIDED, frozenset({"bob"}))
LEAVING = MatchingWithout(NOTHING_DECIDED, ["ada"])


@pytest.mark.parametrize("decisions", [not_on_track("ada", 1), AGREED, LEAVING])
@pytest.mark.parametrize("visitor_faces", [None, 4])
def test_who_may_not_be_named_stays_the_rival_of_all_others(decisions, visitor_faces):
    desk = Desk(decisions=decisions, visitor_faces=visitor_faces)
    assert desk.names(*[mixed((0.6, ADA), (0.65, BOB))] * 9) == []
    assert desk.names(*[mixed((0.9, ADA), (0.6, BOB))] * 9) == []
    assert desk.album.visitors == []
    # Nor is the second best for review: such a face says nothing of them.
    assert [each.decision for each in desk.lapsed(700)] == ["unknown"]
    (named,) = desk.names(*[mixed((0.6, ADA), (0.8, BOB))] * 3, seconds=40)
    assert named.identity_id == "bob"


def test_of_who_may_not_be_told_of_a_face_does_not_say_that_they_were_there():
    for decisions in (AGREED, LEAVING):
        desk = Desk(decisions=decisions, visitor_faces=None)
        assert verdict(desk, ADA) == ("threshold", 1)
        assert verdict(desk, mixed((0.6, ADA), (0.65, BOB))) == ("margin", 1)
    told = Desk(decisions=not_on_track("ada", 1))
    assert verdict(told, mixed((0.9, ADA), (0.6, BOB))) == ("rejected", 1)
    assert verdict(told, mixed((0.6, ADA), (0.65, BOB))) == ("margin", 1)


def test_of_who_is_being_forgotten_no_visitor_is_made():
    desk = Desk(decisions=LEAVING)
    assert desk.names(*[like(ADA, 0.6)] * 20) == []
    assert desk.album.visitors == []
    (named,) = desk.names(*[like(ADA, 0.4)] * 4, track=2)
    assert named.is_new


def test_a_track_that_is_not_who_it_looks_like_can_be_somebody_else():
    faces = [mixed((0.6, ADA), (0.9, BOB))] * 4
    (named,) = Desk(decisions=not_on_track("ada", 1)).names(*faces)
    assert named.identity_id == "bob"
    (named,) = Desk(decisions=not_on_track("ada", 1)).names(*[ADA] * 4)
    assert named.is_new


def test_who_was_made_of_a_track_and_rejected_for_it_is_not_made_of_it_again():
    (visitor,) = Desk().names(*[STRANGER] * 4)
    again = Desk(decisions=not_on_track(visitor.identity_id, 1))
    (other,) = again.names(*[STRANGER] * 20)
    assert other.is_new
    assert other.identity_id != visitor.identity_id
