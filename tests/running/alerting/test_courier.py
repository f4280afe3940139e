from collections.abc import Iterable
from datetime import timedelta
from random import Random

import pytest

from genesis_ray.domain.alerting.delivery import Answer, RetryPolicy
from genesis_ray.running.alerting.courier import Courier
from genesis_ray.store.runs.outbox import Outbox, OutboxRow
from tests.receivers import NOON, ListedNotices, notice

TAKEN = Answer("delivered", "HTTP 200 OK")
DOWN = Answer("failed", "HTTP 503 Service Unavailable")


class Scripted:
    """A channel that gives one answer after another, then takes all; an error is raised."""

    kind = "webhook"

    def __init__(self, answers: Iterable[Answer | BaseException]) -> None:
        self.answers = iter(answers)
        self.told: list[int] = []

    def deliver(self, notice) -> Answer:
        answer = next(self.answers, TAKEN)
        self.told.append(int.from_bytes(notice.event_id, "big"))
        if isinstance(answer, BaseException):
            raise answer
        return answer


@pytest.fixture
def outbox(tmp_path):
    with Outbox(tmp_path) as outbox:
        yield outbox


@pytest.fixture
def courier(outbox):
    """Makes a courier of notices 1 to 3 and a channel that answers so."""

    def made(*answers, attempts=3, count=3):
        notices = [notice(number) for number in range(1, count + 1)]
        outbox.put(
            [
                OutboxRow(channel="pager", event_id=each.event_id, changed_at=NOON, due_at=NOON)
                for each in notices
            ]
        )
        channel = Scripted(answers)
        policy = RetryPolicy(attempts=attempts, first_wait_s=10, longest_wait_s=40)
        source = ListedNotices(notices)
        return Courier("pager", channel, outbox, source, policy, Random(1)), channel

    return made


def states(outbox):
    return [(row.state, row.attempts) for row in outbox.rows()]


def test_notices_are_told_in_order_each_once(courier, outbox):
    runner, channel = courier()
    assert [runner.step(NOON) for _ in range(4)] == [0, 0, 0, None]
    assert channel.told == [1, 2, 3]
    assert states(outbox) == [("delivered", 1)] * 3


def test_no_notice_overtakes_one_that_fails(courier):
    runner, channel = courier(DOWN, DOWN)
    now, waits = NOON, []
    while (wait_s := runner.step(now)) is not None:
        waits.append(wait_s)
        now += timedelta(seconds=wait_s)
    assert channel.told == [1, 1, 1, 2, 3]
    assert 0 < waits[0] <= 10
    assert 0 < waits[1] <= 20


def test_nothing_is_tried_before_it_is_due(courier):
    runner, channel = courier(DOWN)
    wait_s = runner.step(NOON)
    assert runner.step(NOON) == pytest.approx(wait_s, abs=1e-5)
    assert channel.told == [1]


def test_nothing_is_looked_up_before_it_is_due(courier):
    runner, _ = courier(DOWN)
    wait_s = runner.step(NOON)
    for second in range(int(wait_s)):
        runner.step(NOON + timedelta(seconds=second))
    assert runner._source.looks == 1
    runner.step(NOON + timedelta(seconds=wait_s))
    assert runner._source.looks == 2


def test_what_is_told_together_is_looked_up_together(courier):
    runner, channel = courier()
    while runner.step(NOON) == 0:
        pass
    assert (channel.told, runner._source.looks) == ([1, 2, 3], 1)


def test_what_goes_while_a_slow_receiver_is_told_others_is_not_told(courier):
    runner, channel = courier()
    assert runner.step(NOON) == 0
    runner._source.notices.pop(1)
    now = NOON + timedelta(seconds=10)
    assert [runner.step(now), runner.step(now), runner.step(now)] == [0, 0, None]
    assert channel.told == [1, 3]


def test_a_receiver_that_asks_for_time_gets_it(courier):
    runner, _ = courier(Answer("failed", "HTTP 429", wait_s=500.0))
    assert runner.step(NOON) == 500.0
    assert runner.step(NOON + timedelta(seconds=499)) == pytest.approx(1.0)
    assert runner.step(NOON + timedelta(seconds=500)) == 0


def test_what_fails_too_often_is_set_aside_and_the_next_one_goes_on(courier, outbox):
    runner, channel = courier(DOWN, DOWN, DOWN)
    now = NOON
    while (wait_s := runner.step(now)) is not None:
        now += timedelta(seconds=wait_s)
    assert channel.told == [1, 1, 1, 2, 3]
    assert states(outbox) == [("dead", 3), ("delivered", 1), ("delivered", 1)]
    assert outbox.rows()[0].said == DOWN.said


def test_what_is_refused_for_good_is_set_aside_at_once(courier, outbox):
    runner, _ = courier(Answer("refused", "HTTP 400 Bad Request"))
    assert runner.step(NOON) == 0
    assert states(outbox)[0] == ("dead", 1)


def test_what_is_put_back_is_told_before_what_came_after_it(courier, outbox):
    runner, channel = courier(Answer("refused", ""), DOWN)
    runner.step(NOON)
    wait_s = runner.step(NOON)
    runner.step(NOON)
    outbox.revive(outbox.rows()[:1], at=NOON)
    now = NOON + timedelta(seconds=wait_s)
    while runner.step(now) == 0:
        pass
    assert channel.told == [1, 2, 1, 2, 3]


def test_a_killed_process_goes_on_with_what_it_had_not_noted(courier, outbox):
    runner, channel = courier(TAKEN, KeyboardInterrupt())
    runner.step(NOON)
    with pytest.raises(KeyboardInterrupt):
        runner.step(NOON)
    again, channel = courier()
    while again.step(NOON) == 0:
        pass
    assert channel.told == [2, 3]


def test_killed_between_a_delivery_and_its_note_it_tells_that_notice_again(
    courier, outbox, monkeypatch
):
    def killed(_row):
        raise KeyboardInterrupt

    runner, first = courier()
    with monkeypatch.context() as patched:
        patched.setattr(outbox, "note", killed)
        with pytest.raises(KeyboardInterrupt):
            runner.step(NOON)
    again, second = courier()
    while again.step(NOON) == 0:
        pass
    assert (first.told, second.told) == ([1], [1, 2, 3])


def test_a_fault_of_a_channel_counts_as_a_failure(courier, outbox):
    runner, _ = courier(ZeroDivisionError("secret"))
    assert runner.step(NOON) > 0
    assert outbox.rows()[0].said == "unexpected ZeroDivisionError"


def test_the_attempts_before_a_restart_count(courier, outbox):
    runner, _ = courier(DOWN, DOWN)
    now = NOON + timedelta(seconds=runner.step(NOON))
    now += timedelta(seconds=runner.step(now))
    again, _ = courier(DOWN)
    assert again.step(now) == 0
    assert states(outbox)[0] == ("dead", 3)


@pytest.mark.parametrize("by", [timedelta(minutes=10), timedelta(days=365)])
def test_a_clock_that_is_set_back_holds_nothing_up(courier, by):
    runner, channel = courier(DOWN, DOWN)
    now = NOON + timedelta(seconds=runner.step(NOON)) - by
    wait_s = runner.step(now)
    assert channel.told == [1, 1]
    assert 0 < wait_s <= 20
    assert 0 < runner.step(now + timedelta(seconds=wait_s / 2)) <= 10
    assert runner.step(now + timedelta(seconds=wait_s)) == 0
    assert channel.told == [1, 1, 1]


def test_an_alert_that_was_erased_is_not_told(courier, outbox):
    runner, channel = courier()
    runner._source.notices.pop(0)
    while runner.step(NOON) == 0:
        pass
    assert channel.told == [2, 3]
    assert outbox.rows()[0].state == "withheld"


def test_an_alert_that_cannot_be_read_is_set_aside_and_told_once_it_can(courier, outbox):
    runner, channel = courier()
    hidden = runner._source.notices.pop(0)
    runner._source.is_incomplete = True
    while runner.step(NOON) == 0:
        pass
    assert channel.told == [2, 3]
    assert (outbox.rows()[0].state, runner.figures.set_aside) == ("dead", 1)
    assert outbox.rows()[0].said == "its alert is in an event file that is damaged"
    runner._source.notices.append(hidden)
    outbox.revive(outbox.rows()[:1], at=NOON)
    while runner.step(NOON) == 0:
        pass
    assert channel.told == [2, 3, 1]
