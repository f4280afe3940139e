from datetime import UTC, datetime, timedelta

import pytest

from genesis_ray.domain.load.jobs import JobPlan, JobRecord, failed, planned, succeeded
from genesis_ray.errors import ConfigurationError

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
PLAN = JobPlan("rollups", every=HOUR, first_after=MINUTE, spread=0.1, retry_after=MINUTE)


def begun(at: datetime = NOW, **more: object) -> JobRecord:
    return JobRecord(name="rollups", due_at=at, **more).begun(at)


def test_the_first_time_is_a_little_after_the_start():
    assert planned(PLAN, None, now=NOW).due_at == NOW + MINUTE


def test_it_goes_from_beginning_to_beginning_give_or_take_the_spread():
    dues = {
        succeeded(PLAN, begun(NOW + n * HOUR), at=NOW + n * HOUR + MINUTE, outcome={}).due_at
        - (NOW + n * HOUR)
        for n in range(50)
    }
    assert 0.9 * HOUR <= min(dues) < HOUR < max(dues) <= 1.1 * HOUR
    assert len(dues) > 40


def test_the_same_beginning_gives_the_same_next_time():
    one, other = (succeeded(PLAN, begun(), at=NOW, outcome={}) for _ in range(2))
    assert one.due_at == other.due_at


def test_a_job_that_takes_longer_than_its_interval_follows_itself_and_never_overlaps():
    record = succeeded(PLAN, begun(), at=NOW + 3 * HOUR, outcome={})
    assert record.due_at == NOW + 3 * HOUR


def test_what_was_missed_is_made_up_for_once():
    before = succeeded(PLAN, begun(), at=NOW, outcome={})
    later = planned(PLAN, before, now=NOW + 100 * HOUR)
    assert later.due_at <= NOW + 100 * HOUR
    done = succeeded(PLAN, later.begun(NOW + 100 * HOUR), at=NOW + 100 * HOUR, outcome={})
    assert done.due_at > NOW + 100 * HOUR


def test_failures_are_tried_again_after_waits_that_double_up_to_the_interval():
    record, waits = begun(), []
    for _ in range(8):
        record = failed(PLAN, record, at=NOW, error="full")
        waits.append((record.due_at - NOW) / MINUTE)
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    assert (record.failures, record.error) == (8, "full")


def test_a_success_forgets_failures():
    record = failed(PLAN, begun(), at=NOW, error="full")
    done = succeeded(PLAN, record.begun(NOW), at=NOW, outcome={"made": 1})
    assert (done.failures, done.error, done.outcome) == (0, None, {"made": 1})


def test_what_was_under_way_when_its_process_died_failed():
    record = planned(PLAN, begun(), now=NOW + HOUR)
    assert record.failures == 1
    assert "process" in str(record.error)
    assert record.due_at == NOW + HOUR + MINUTE


def test_a_clock_that_was_set_back_does_not_put_it_off():
    before = succeeded(PLAN, begun(NOW + 1000 * HOUR), at=NOW + 1000 * HOUR, outcome={})
    assert planned(PLAN, before, now=NOW).due_at <= NOW + 1.1 * HOUR


@pytest.mark.parametrize("wrong", [{"spread": 1}, {"retry_after": 2 * HOUR}, {"every": -HOUR}])
def test_plans_that_cannot_be_are_refused(wrong):
    with pytest.raises(ConfigurationError, match="job rollups"):
        JobPlan(**({"name": "rollups", "every": HOUR} | wrong))
