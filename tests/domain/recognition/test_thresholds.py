import pytest

from genesis_ray.domain.recognition.identity import Candidate, MatchPolicy
from genesis_ray.domain.recognition.thresholds import Threshold, ThresholdBook

BOOK = ThresholdBook(
    usual=Threshold(0.5, "embedder"), cameras={"till": Threshold(0.6, "calibrated 2026-11-28")}
)


def test_a_camera_without_a_threshold_of_its_own_has_the_usual_one():
    assert BOOK.at("door") == (0.5, "embedder")
    assert BOOK.at("till") == (0.6, "calibrated 2026-11-28")


def test_what_is_close_enough_at_one_camera_may_not_be_at_another():
    usual = MatchPolicy(threshold=0.3, margin=0.07, votes=2)
    ada = [Candidate("ada", 0.55)]
    assert BOOK.match_at("door", usual).verdict(ada) == "voted"
    assert BOOK.match_at("till", usual).verdict(ada) == "threshold"
    assert BOOK.match_at("till", usual) == MatchPolicy(
        threshold=0.6, margin=0.07, votes=2, origin="calibrated 2026-11-28"
    )


def test_a_review_begins_as_far_below_a_cameras_threshold_as_below_the_usual_one():
    usual = MatchPolicy(threshold=0.5, review=0.45)
    assert BOOK.match_at("till", usual).review == pytest.approx(0.55)
    assert BOOK.match_at("door", usual).review == pytest.approx(0.45)
