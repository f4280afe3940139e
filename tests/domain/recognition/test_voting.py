from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis_ray.domain.recognition.evidence import GOOD_QUALITY, weight_of
from genesis_ray.domain.recognition.identity import Candidate, MatchPolicy
from genesis_ray.domain.recognition.voting import Ballot, Finding, TrackVote

POLICY = MatchPolicy(threshold=0.5, margin=0.1, votes=3, review=0.4)
GOOD, HALF = GOOD_QUALITY, GOOD_QUALITY / 2


def ballot(*ranked: tuple[str, float], quality: float = GOOD, number: int = 0) -> Ballot:
    candidates = [Candidate(*one) for one in ranked]
    verdict = POLICY.verdict(candidates)
    return Ballot.of(POLICY, candidates, verdict, face_index=number, quality=quality)


def votes(*faces: str, quality: float = GOOD, votes: int = 3) -> list[str | None]:
    """Return whom a track is found to show after each face; "-" is one that shows nobody."""
    vote = TrackVote(votes)
    found = [vote.cast(ballot((who, 0.1 if who == "-" else 0.8), quality=quality)) for who in faces]
    return [one.winner.identity_id if one else None for one in found]


def outcome(*ballots: Ballot) -> Finding | None:
    vote = TrackVote(3)
    for each in ballots:
        assert vote.cast(each) is None
    return vote.outcome()


def test_a_track_is_named_when_enough_faces_agree():
    assert votes("ada", "ada", "ada") == [None, None, "ada"]


def test_votes_that_do_not_reach_the_threshold_of_now_do_not_count():
    vote = TrackVote(2)
    assert vote.cast(ballot(("ada", 0.52)), least=0.5) is None
    assert vote.cast(ballot(("ada", 0.62)), least=0.6) is None
    found = vote.cast(ballot(("ada", 0.61)), least=0.6)
    assert [each.similarity for each in found.support] == [0.62, 0.61]


def test_a_vote_that_did_not_count_counts_again_where_less_is_asked_for():
    vote = TrackVote(2)
    assert vote.cast(ballot(("ada", 0.62)), least=0.6) is None
    assert vote.cast(ballot(("ada", 0.52)), least=0.5)


def history(faces: list[tuple[str, float]]) -> str | None:
    """Whom five faces show: the majority's choice, with 0.74 on average or more of its faces."""
    who, own = max(
        ((who, [score for other, score in faces if other == who]) for who, _ in faces),
        key=lambda each: len(each[1]),
    )
    return who if len(own) >= 3 and fmean(own) >= 0.74 else None


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([0.5, 0.7, 0.75, 0.9]))))
def test_with_an_average_a_track_is_named_by_the_majority_of_five_faces_that_reach_it(faces):
    any_face = MatchPolicy(threshold=0.0, margin=0.0)
    vote = TrackVote(3)
    for number, face in enumerate(faces):
        candidates = [Candidate(*face)]
        cast = Ballot.of(
            any_face, candidates, any_face.verdict(candidates), face_index=number, quality=GOOD
        )
        found = vote.cast(cast, average=0.74)
        latest = faces[max(0, number - 4) : number + 1]
        shown = history(latest) if len(latest) == 5 else None
        # It is told by a face that says so, too: one of another person adds nothing to it.
        assert (found.winner.identity_id if found else None) == (
            shown if shown == face[0] else None
        )


def test_a_single_face_never_names_a_track():
    assert votes("ada", quality=1.0) == [None]


def test_faces_of_half_the_weight_name_a_track_when_there_are_twice_as_many():
    assert votes(*["ada"] * 6, quality=HALF) == [None] * 5 + ["ada"]


def test_one_wrong_face_delays_a_name_and_does_not_change_it():
    assert votes("ada", "bob", "ada", "ada") == [None, None, None, "ada"]


def test_faces_that_keep_disagreeing_name_nobody():
    assert set(votes(*["ada", "bob", "eve"] * 10)) == {None}


def test_old_votes_are_forgotten():
    assert votes("ada", "ada", "bob", "eve", "fay", "gus", "ada") == [None] * 7


def test_faces_that_show_nobody_push_votes_out_too():
    assert set(votes(*["ada", "-", "-"] * 20)) == {None}
    assert votes("ada", "-", "ada", "-", "ada")[-1] == "ada"


def test_weightless_faces_do_not_fill_the_memory():
    vote = TrackVote(3)
    for _ in range(1000):
        vote.cast(ballot(("ada", 0.8), quality=0))
    assert len(vote.outcome().support) == 20


def test_the_named_is_told_by_the_best_face_the_next_one_and_all_that_agree():
    vote = TrackVote(3)
    vote.cast(ballot(("ada", 0.6), ("bob", 0.1), number=0))
    vote.cast(ballot(("bob", 0.9), ("ada", 0.2), number=1))
    vote.cast(ballot(("ada", 0.9), ("eve", 0.45), number=2))
    found = vote.cast(ballot(("ada", 0.7), ("bob", 0.3), quality=1.0, number=3))
    assert (found.decision, found.winner) == ("named", Candidate("ada", 0.9))
    assert found.rival == Candidate("eve", 0.45)
    assert found.support == ((0, GOOD, 0.6), (2, GOOD, 0.9), (3, 1.0, 0.7))
    assert found.evidence == 3


def test_too_few_votes_are_for_review():
    found = outcome(ballot(("ada", 0.8)), ballot(("ada", 0.7)))
    assert (found.decision, found.winner, found.evidence) == ("review", Candidate("ada", 0.8), 2)


def test_faces_a_little_under_the_threshold_are_for_review():
    found = outcome(*[ballot(("ada", 0.45), ("bob", 0.1))] * 5)
    assert (found.decision, found.winner) == ("review", Candidate("ada", 0.45))
    assert found.rival == Candidate("bob", 0.1)


def test_faces_between_two_identities_are_for_review_as_the_nearer_one():
    found = outcome(
        ballot(("bob", 0.60), ("ada", 0.58)),
        ballot(("ada", 0.65), ("bob", 0.60)),
        ballot(("bob", 0.61), ("ada", 0.58)),
    )
    assert (found.decision, found.winner.identity_id) == ("review", "ada")
    assert found.rival == Candidate("bob", 0.61)


def test_faces_far_from_everybody_are_unknown():
    found = outcome(ballot(("ada", 0.2), ("bob", 0.1)), ballot(("bob", 0.3)))
    assert (found.decision, found.winner, found.rival) == ("unknown", None, Candidate("bob", 0.3))
    assert [face.similarity for face in found.support] == [0.2, 0.3]


def test_faces_that_are_each_near_somebody_else_are_unknown():
    found = outcome(*[ballot((who, 0.45)) for who in ("ada", "bob", "eve")])
    assert found.decision == "unknown"


def test_who_is_near_in_half_of_the_evidence_or_less_is_not_for_review():
    near, far = ballot(("ada", 0.45)), ballot(("ada", 0.2))
    assert outcome(near, far).decision == "unknown"
    assert outcome(near, far, near).decision == "review"
    assert outcome(near, far, ballot(("ada", 0.45), quality=HALF)).decision == "review"


def test_who_got_a_vote_is_for_review_however_many_faces_show_nobody():
    far = ballot(("eve", 0.2))
    found = outcome(far, ballot(("ada", 0.8), number=1), far, far, far)
    assert (found.decision, found.winner) == ("review", Candidate("ada", 0.8))
    assert [face.face_index for face in found.support] == [1]


def test_an_empty_gallery_knows_nobody():
    found = outcome(ballot(), ballot())
    assert (found.decision, found.rival, found.evidence) == ("unknown", None, 2)


def test_there_is_nothing_to_say_without_a_face():
    assert TrackVote(3).outcome() is None


@given(
    st.lists(st.tuples(st.sampled_from(["ada", "bob", "-"]), st.floats(0.2, 1))),
    st.integers(2, 4),
)
def test_who_is_named_has_most_of_the_evidence_in_the_window_and_enough(faces, wanted):
    vote = TrackVote(wanted)
    for number, (who, quality) in enumerate(faces):
        found = vote.cast(ballot((who, 0.1 if who == "-" else 0.8), quality=quality, number=number))
        if found:
            assert found.evidence >= wanted - 1e-6
            assert len(found.support) >= 2
            span = faces[found.support[0].face_index : number + 1]
            others = sum(weight_of(q) for other, q in span if other != who)
            assert others < found.evidence
            break


@given(st.lists(st.sampled_from(["ada", "bob", "-"])), st.integers(2, 4))
def test_with_good_faces_the_first_n_of_the_last_2n_minus_1_to_agree_name_the_track(faces, wanted):
    found = votes(*faces, votes=wanted)
    for number, named in enumerate(found):
        recent = faces[: number + 1][-(2 * wanted - 1) :]
        last = recent[-1]
        elected = last != "-" and recent.count(last) >= wanted
        assert named == (last if elected else None)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_what_is_for_review_does_not_depend_on_the_order_of_equal_faces(order):
    faces = [ballot(("ada", 0.45)), ballot(("bob", 0.45), ("ada", 0.44))]
    assert outcome(*(faces[n] for n in order)).winner.identity_id == "ada"


def test_votes_for_who_is_somebody_else_now_count_for_them():
    vote = TrackVote(2)
    assert vote.cast(ballot(("visitor", 0.8))) is None
    vote.reconsider(lambda who: "ada" if who == "visitor" else who)
    found = vote.cast(ballot(("ada", 0.9)))
    assert found is not None
    assert found.winner == Candidate("ada", 0.9)
    assert len(found.support) == 2


def test_a_vote_for_who_it_may_no_longer_be_counts_for_nobody_and_keeps_its_place():
    vote = TrackVote(2)
    vote.cast(ballot(("ada", 0.8), ("bob", 0.5)))
    vote.reconsider(lambda who: None if who == "ada" else who)
    assert vote.cast(ballot(("bob", 0.9))) is None
    assert vote.outcome().winner == Candidate("bob", 0.9)


def test_who_it_may_no_longer_be_stays_as_near_as_they_were():
    vote = TrackVote(2)
    vote.cast(ballot(("ada", 0.8), ("bob", 0.6)))
    vote.reconsider(lambda who: None if who == "bob" else who)
    found = vote.cast(ballot(("ada", 0.9)))
    assert (found.rival, found.barred) == (None, 0.6)


def test_of_who_is_forgotten_it_is_not_even_kept_how_near_they_were():
    vote = TrackVote(2)
    vote.cast(ballot(("ada", 0.8), ("bob", 0.6)))
    vote.forget(["bob"])
    found = vote.cast(ballot(("ada", 0.9)))
    assert (found.rival, found.barred) == (None, None)
