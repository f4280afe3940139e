from datetime import UTC, datetime

import pytest

from genesis_ray.domain.alerting.delivery import Answer, RetryPolicy, asked_wait_s

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "wait_s"),
    [
        (None, None),
        ("120", 120.0),
        (" 0 ", 0.0),
        ("Mon, 05 Jan 2026 12:01:30 GMT", 90.0),
        ("Mon, 05 Jan 2026 11:00:00 GMT", 0.0),
        ("999999", 3600.0),
        ("9" * 400, 3600.0),
        ("Mon, 05 Jan 2099 12:00:00 GMT", 3600.0),
        ("soon", None),
        ("-5", None),
        ("²", None),
        ("", None),
    ],
)
def test_a_receiver_may_ask_for_time_up_to_an_hour(header, wait_s):
    assert asked_wait_s(header, now=NOW) == wait_s


def test_what_fails_is_set_aside_after_the_last_attempt():
    policy = RetryPolicy(attempts=3)
    assert [policy.is_last(n, Answer("failed", "")) for n in (1, 2, 3)] == [False, False, True]


def test_what_is_refused_is_set_aside_at_once():
    assert RetryPolicy(attempts=3).is_last(1, Answer("refused", ""))
