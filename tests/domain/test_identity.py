import pytest

from genesis_ray.domain.identity import Candidate, MatchPolicy, runner_up

POLICY = MatchPolicy(threshold=0.5, margin=0.1, votes=3)


def ranked(*candidates: tuple[str, float]) -> list[Candidate]:
    return [Candidate(*candidate) for candidate in candidates]


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


@pytest.mark.parametrize("margin", [0, 0.0625, 0.25])
def test_a_lead_of_the_margin_is_enough(margin):
    policy = MatchPolicy(threshold=0.25, margin=margin)
    assert policy.best(ranked(("ada", 0.5 + margin), ("bob", 0.5)))
