from hypothesis import given
from hypothesis import strategies as st

from genesis_ray.domain.identity import Candidate, MatchPolicy
from genesis_ray.domain.voting import TrackVote

POLICY = MatchPolicy(threshold=0.5, margin=0.1, votes=3)


def votes(*identity_ids: str, policy: MatchPolicy = POLICY) -> list[str | None]:
    vote = TrackVote(policy)
    verdicts = (vote.cast(Candidate(identity_id, 0.8)) for identity_id in identity_ids)
    return [verdict.identity_id if verdict else None for verdict in verdicts]


def test_a_track_is_named_when_enough_faces_agree():
    assert votes("ada", "ada", "ada") == [None, None, "ada"]


def test_a_single_face_never_names_a_track():
    assert votes("ada") == [None]


def test_one_wrong_face_delays_a_name_and_does_not_change_it():
    assert votes("ada", "bob", "ada", "ada") == [None, None, None, "ada"]


def test_faces_that_keep_disagreeing_name_nobody():
    assert set(votes(*["ada", "bob", "eve"] * 10)) == {None}


def test_old_votes_are_forgotten():
    assert votes("ada", "ada", "bob", "eve", "fay", "gus", "ada") == [None] * 7


def test_the_elected_is_told_by_their_best_face():
    vote = TrackVote(POLICY)
    vote.cast(Candidate("ada", 0.6))
    vote.cast(Candidate("ada", 0.9))
    assert vote.cast(Candidate("ada", 0.7)) == Candidate("ada", 0.9)


def test_one_vote_is_enough_where_the_operator_says_so():
    assert votes("ada", policy=MatchPolicy(threshold=0.5, votes=1)) == ["ada"]


@given(st.lists(st.sampled_from(["ada", "bob", "eve"])), st.integers(1, 4))
def test_the_first_elected_has_the_most_votes_of_the_recent_and_enough(faces, wanted):
    verdicts = votes(*faces, policy=MatchPolicy(threshold=0.5, votes=wanted))
    first = next((n for n, verdict in enumerate(verdicts) if verdict), None)
    for n in range(len(faces) if first is None else first + 1):
        recent = faces[: n + 1][-(2 * wanted - 1) :]
        elected = [who for who in sorted(set(recent)) if recent.count(who) >= wanted]
        assert elected == ([verdicts[n]] if verdicts[n] else [])
