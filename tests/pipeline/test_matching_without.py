from datetime import UTC, datetime

from genesis_ray.domain.recognition.consent import MatchingByConsent
from genesis_ray.domain.recognition.ledger import NOTHING_DECIDED, WhoIsWho
from genesis_ray.pipeline.matching_without import MatchingWithout

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def test_no_track_may_be_who_is_forgotten_and_any_may_be_others():
    decisions = MatchingWithout(NOTHING_DECIDED, ["ada"])
    assert not decisions.may_be("ada", "door", 1, NOON)
    assert decisions.may_be("ben", "door", 1, NOON)


def test_nor_who_was_merged_into_them():
    decisions = MatchingWithout(WhoIsWho(aliases={"eve": "ada"}), ["ada"])
    assert decisions.now("eve") == "ada"
    assert not decisions.may_be("eve", "door", 1, NOON)


def test_nothing_is_told_of_them_nor_of_whom_nothing_was_told_before():
    decisions = MatchingWithout(WhoIsWho(aliases={"eve": "ada"}), ["ada"])
    assert [decisions.is_withheld(each) for each in ("ada", "eve", "ben")] == [True, True, False]
    agreed = MatchingByConsent(NOTHING_DECIDED, frozenset({"ada", "ben"}))
    without = MatchingWithout(agreed, ["ada"])
    assert [without.is_withheld(each) for each in ("ada", "ben", "cy")] == [True, False, True]
