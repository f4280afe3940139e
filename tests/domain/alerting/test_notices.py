import pytest

from genesis_ray.domain.alerting.notices import NoticeFilter
from tests.receivers import notice


@pytest.mark.parametrize(
    ("severity", "is_told"), [("info", False), ("warning", True), ("critical", True)]
)
def test_a_channel_tells_of_its_severity_and_heavier_ones(severity, is_told):
    assert NoticeFilter(severity="warning").tells(notice(severity=severity)) is is_told


def test_a_channel_with_rules_tells_of_those_alone():
    only = NoticeFilter(rules=frozenset({"queue"}))
    assert only.tells(notice(rule_id="queue"))
    assert not only.tells(notice(rule_id="crowd"))


def test_the_end_of_an_alert_is_told_unless_that_is_not_wanted():
    assert NoticeFilter().tells(notice(status="resolved"))
    assert not NoticeFilter(resolves=False).tells(notice(status="resolved"))
    assert NoticeFilter(resolves=False).tells(notice(status="raised"))


def test_an_acknowledgement_is_told_where_that_is_wanted():
    assert not NoticeFilter().tells(notice(status="acknowledged"))
    assert NoticeFilter(acknowledgements=True).tells(notice(status="acknowledged"))
