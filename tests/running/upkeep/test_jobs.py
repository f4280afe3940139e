import os
import threading
from datetime import UTC, datetime, timedelta

import pytest

from genesis_ray.domain.load.jobs import JobPlan
from genesis_ray.errors import NotFoundError, StoreError
from genesis_ray.running.upkeep.jobs import Job, Jobs, in_background
from genesis_ray.store.runs.job_records import JobRecords, read_all

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def job(name: str, task=dict, *, every=HOUR) -> Job:
    return Job(JobPlan(name, every=every, first_after=MINUTE, spread=0), task)


def refuse() -> dict[str, int]:
    raise StoreError("the disk is full")


def record_of(folder, name):
    return {record.name: record for record in read_all(folder)}[name]


def test_what_is_due_is_done_and_what_is_not_is_not(tmp_path, clock):
    done = []
    often = job("a", lambda: done.append("a") or {})
    rarely = job("b", lambda: done.append("b") or {}, every=2 * HOUR)
    jobs = Jobs([often, rarely], tmp_path, keeper="journal", clock=clock)
    assert jobs.run_due() is None
    for _ in range(5):
        clock.now += HOUR
        while jobs.run_due():
            pass
    assert "".join(done) == "abaabaab"


def test_what_came_of_it_is_on_the_disk(tmp_path, clock):
    def task() -> dict[str, int]:
        clock.now += MINUTE
        return {"made": 7}

    Jobs([job("a", task)], tmp_path, keeper="journal", clock=clock).run("a")
    record = record_of(tmp_path, "a")
    assert (record.started_at, record.ended_at) == (NOW, NOW + MINUTE)
    assert (record.outcome, record.due_at) == ({"made": 7}, NOW + HOUR)


def test_while_it_is_under_way_that_is_on_the_disk_too(tmp_path, clock):
    seen = []
    task = lambda: seen.append(record_of(tmp_path, "a").is_running) or {}  # noqa: E731
    Jobs([job("a", task)], tmp_path, keeper="journal", clock=clock).run("a")
    assert seen == [True]


def test_one_that_fails_keeps_no_other_from_running(tmp_path, clock):
    jobs = Jobs([job("a", refuse), job("b")], tmp_path, keeper="journal", clock=clock)
    clock.now += MINUTE
    assert jobs.run_due().error == "the disk is full"
    assert jobs.run_due().name == "b"
    assert jobs.run_due() is None
    clock.now += MINUTE
    assert jobs.run_due().failures == 2


def test_the_next_process_goes_on_with_the_schedule(tmp_path, clock):
    Jobs([job("a")], tmp_path, keeper="journal", clock=clock).run("a")
    clock.now += HOUR / 2
    again = Jobs([job("a")], tmp_path, keeper="journal", clock=clock)
    assert again.run_due() is None
    clock.now += HOUR / 2
    assert again.run_due().name == "a"


def test_after_a_crash_in_a_job_it_is_tried_again(tmp_path, clock):
    class Killed(BaseException):
        pass

    def die() -> dict[str, int]:
        raise Killed

    with pytest.raises(Killed):
        Jobs([job("a", die)], tmp_path, keeper="journal", clock=clock).run("a")
    again = Jobs([job("a")], tmp_path, keeper="journal", clock=clock)
    assert record_of(tmp_path, "a").failures == 1
    clock.now += MINUTE
    assert again.run_due().failures == 0


def test_a_file_that_is_no_use_is_begun_anew(tmp_path, clock):
    (tmp_path / "journal.json").write_text('[{"name": "a"}]')
    Jobs([job("a")], tmp_path, keeper="journal", clock=clock)
    assert record_of(tmp_path, "a").due_at == NOW + MINUTE


def test_jobs_of_all_keepers_are_shown_together(tmp_path, clock):
    Jobs([job("b")], tmp_path, keeper="journal", clock=clock)
    Jobs([job("a")], tmp_path, keeper="resolver", clock=clock)
    assert [record.name for record in read_all(tmp_path)] == ["a", "b"]
    assert [record.name for record in JobRecords(tmp_path, "resolver").read()] == ["a"]


def test_a_job_that_is_not_there_is_refused_with_those_that_are(tmp_path):
    with pytest.raises(NotFoundError, match="there are a"):
        Jobs([job("a")], tmp_path, keeper="journal").run("b")


def test_beside_the_cameras_it_stands_back(tmp_path, clock):
    nice = []
    done = threading.Event()

    def task() -> dict[str, int]:
        nice.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
        done.set()
        return {}

    jobs = Jobs([job("a", task)], tmp_path, keeper="journal", clock=clock)
    clock.now += MINUTE
    own = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    with in_background(jobs, look_every_s=0.01):
        assert done.wait(10)
    assert nice == [min(own + 10, 19)]
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == own
