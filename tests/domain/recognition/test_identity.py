import pytest

from genesis_ray.domain.recognition.identity import Candidate, MatchPolicy, runner_up

POLICY = MatchPolicy(threshold=0.5, margin=0.1, votes=3, review=0.4)


def ranked(*candidates: tuple[str, float]) -> list[Candidate]:
    return [Candidate(*candidate) for candidate in candidates]


def near(*candidates: tuple[str, float], policy: MatchPolicy = POLICY) -> list[str]:
    return [candidate.identity_id for candidate in policy.near(ranked(*candidates))]


def test_a_clear_winner_gets_the_vote():
    assert POLICY.verdict(ranked(("ada", 0.7), ("bob", 0.5))) == "voted"


def test_the_threshold_itself_is_enough_and_less_is_not():
    assert POLICY.verdict(ranked(("ada", 0.5))) == "voted"
    assert POLICY.verdict(ranked(("ada", 0.499))) == "threshold"


def test_two_identities_within_the_margin_get_no_vote():
    assert POLICY.verdict(ranked(("ada", 0.9), ("bob", 0.85))) == "margin"


def test_a_second_face_of_the_same_identity_is_no_rival():
    assert POLICY.verdict(ranked(("ada", 0.9), ("ada", 0.89), ("bob", 0.6))) == "voted"


def test_a_rival_below_the_threshold_still_counts_against_the_winner():
    assert POLICY.verdict(ranked(("ada", 0.52), ("bob", 0.48))) == "margin"


def test_an_empty_gallery_has_nobody_to_vote_for():
    assert POLICY.verdict([]) == "nobody"


def test_somebody_who_may_not_be_named_is_a_rival():
    assert POLICY.verdict(ranked(("ada", 0.7)), barred=0.9) == "margin"
    assert POLICY.verdict(ranked(("ada", 0.7)), barred=0.65) == "margin"
    assert POLICY.verdict(ranked(("ada", 0.7), ("bob", 0.5)), barred=0.55) == "voted"
    assert POLICY.near(ranked(("ada", 0.7)), barred=0.9) == []
    assert POLICY.near(ranked(("ada", 0.7)), barred=0.72) == ranked(("ada", 0.7))
    assert runner_up([]) is None


@pytest.mark.parametrize("margin", [0, 0.0625, 0.25])
def test_a_lead_of_the_margin_is_enough(margin):
    policy = MatchPolicy(threshold=0.25, margin=margin)
    assert policy.verdict(ranked(("ada", 0.5 + margin), ("bob", 0.5))) == "voted"


def test_the_runner_up_is_the_best_of_the_others():
    assert runner_up(ranked(("ada", 0.9), ("ada", 0.8), ("bob", 0.7), ("eve", 0.6))) == Candidate(
        "bob", 0.7
    )
    assert runner_up(ranked(("ada", 0.9))) is None


def test_the_best_is_worth_a_look_from_the_review_threshold_on():
    assert near(("ada", 0.4), ("bob", 0.1)) == ["ada"]
    assert near(("ada", 0.39)) == near() == []


def test_who_is_within_the_margin_of_the_best_is_worth_a_look_too():
    assert near(("ada", 0.6), ("bob", 0.55), ("eve", 0.45)) == ["ada", "bob"]
    assert near(("ada", 0.42), ("bob", 0.39)) == ["ada"]


def test_without_a_review_threshold_only_the_threshold_is_near_enough():
    policy = MatchPolicy(threshold=0.5)
    assert near(("ada", 0.49), policy=policy) == []
    assert near(("ada", 0.5), policy=policy) == ["ada"]
