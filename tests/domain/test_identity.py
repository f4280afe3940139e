import pickle
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis_ray.domain.identity import Candidate, Face, MatchPolicy, TrackVote, runner_up

POLICY = MatchPolicy(threshold=0.5, margin=0.1, votes=3)


def ranked(*candidates: tuple[str, float]) -> list[Candidate]:
    return [Candidate(*candidate) for candidate in candidates]


def votes(*identity_ids: str, policy: MatchPolicy = POLICY) -> list[str | None]:
    vote = TrackVote(policy)
    verdicts = (vote.cast(Candidate(identity_id, 0.8)) for identity_id in identity_ids)
    return [verdict.identity_id if verdict else None for verdict in verdicts]


def test_a_clear_winner_is_named():
    assert POLICY.best(ranked(("ada", 0.7), ("bob", 0.5))) == Candidate("ada", 0.7)


def test_the_threshold_itself_is_enough_and_less_is_not():
    assert POLICY.best(ranked(("ada", 0.5)))
    assert POLICY.best(ranked(("ada", 0.499))) is None


def test_two_identities_within_the_margin_name_nobody():
    assert POLICY.best(ranked(("ada", 0.9), ("bob", 0.85))) is None


def test_a_second_face_of_the_same_identity_is_no_rival():
    assert POLICY.best(ranked(("ada", 0.9), ("ada", 0.89), ("bob", 0.6))).identity_id == "ada"


def test_a_rival_below_the_threshold_still_counts_against_the_winner():
    assert POLICY.best(ranked(("ada", 0.52), ("bob", 0.48))) is None


def test_an_empty_gallery_names_nobody():
    assert POLICY.best([]) is None
    assert runner_up([]) is None


def test_the_runner_up_is_the_best_of_the_others():
    assert runner_up(ranked(("ada", 0.9), ("ada", 0.8), ("bob", 0.7), ("eve", 0.6))) == Candidate(
        "bob", 0.7
    )
    assert runner_up(ranked(("ada", 0.9))) is None


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


@pytest.mark.parametrize("margin", [0, 0.0625, 0.25])
def test_a_lead_of_the_margin_is_enough(margin):
    policy = MatchPolicy(threshold=0.25, margin=margin)
    assert policy.best(ranked(("ada", 0.5 + margin), ("bob", 0.5)))


def test_a_face_that_an_earlier_version_pickled_is_one_without_what_that_did_not_know():
    own = {
        "camera_id": "door",
        "track_id": 1,
        "face_index": 0,
        "captured_at": datetime(2026, 1, 5, 9, tzinfo=UTC),
        "embedding": np.float32([1, 0]),
        "quality": 0.9,
    }
    old = Face.__new__(Face)
    old.__setstate__([*own.values()])
    assert (old.in_view_since, old.companions) == (None, ())
    new = Face(**own, in_view_since=own["captured_at"], companions=(3,))
    read = pickle.loads(pickle.dumps(new))
    assert (read.in_view_since, read.companions) == (own["captured_at"], (3,))
    assert read.embedding.tobytes() == new.embedding.tobytes()
