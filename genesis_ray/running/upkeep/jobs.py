"""Work in the background: one job after the other, out of the way of the cameras."""

import logging
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from genesis_ray.domain.load.jobs import JobPlan, JobRecord, Outcome, failed, planned, succeeded
from genesis_ray.errors import GenesisError, NotFoundError, StoreError
from genesis_ray.store.runs.job_records import JobRecords

_log = logging.getLogger(__name__)

_NICE = 10
"""Of the thread that does it: it gets what cameras leave, a tenth of what they get else."""

_END_WITHIN_S = 2.0

_LOOK_EVERY_S = 5.0
"""After whether something is due: the clock on the wall may be set meanwhile."""


@dataclass(frozen=True, slots=True)
class Job:
    """Something that is done again and again.

    Attributes:
        plan: When.
        task: What; returns figures that tell what it did.
    """

    plan: JobPlan
    task: Callable[[], Outcome]

    @property
    def name(self) -> str:
        """The plan's name."""
        return self.plan.name


def _now() -> datetime:
    return datetime.now(UTC)


class Jobs:
    """The jobs of one keeper of a run, of which it does one at a time."""

    def __init__(
        self,
        jobs: Sequence[Job],
        folder: Path,
        *,
        keeper: str,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        """Take the jobs up where a process before left them.

        Raises:
            StoreError: The disk is full or refuses.
        """
        self._jobs = {job.name: job for job in jobs}
        self._file = JobRecords(folder, keeper)
        self._clock = clock
        before = {record.name: record for record in self._file.read()}
        now = clock()
        self._records = {job.name: planned(job.plan, before.get(job.name), now=now) for job in jobs}
        self._file.write(self._records.values())

    def run_due(self) -> JobRecord | None:
        """Do the job that has been due for longest; return its record, None where none is due."""
        due = min(self._records.values(), key=lambda record: record.due_at)
        if due.due_at > self._clock():
            return None
        return self.run(due.name)

    def run(self, name: str) -> JobRecord:
        """Do a job now, whether it is due or not; return what became of it.

        Raises:
            NotFoundError: There is no such job.
            StoreError: What became of it cannot be recorded.
        """
        if name not in self._jobs:
            raise NotFoundError(f"no job {name!r}; there are {', '.join(self._jobs)}")
        job = self._jobs[name]
        record = self._records[name].begun(self._clock())
        self._record(record)
        try:
            outcome = job.task()
        except Exception as error:  # of any kind: the other jobs and the cameras go on
            is_ours = isinstance(error, GenesisError)  # its text says all
            _log.warning("the job %s failed: %s", name, error, exc_info=not is_ours)
            text = str(error) or type(error).__name__
            record = failed(job.plan, record, at=self._clock(), error=text)
        else:
            record = succeeded(job.plan, record, at=self._clock(), outcome=outcome)
        self._record(record)
        return record

    def _record(self, record: JobRecord) -> None:
        self._records[record.name] = record
        self._file.write(self._records.values())


@contextmanager
def in_background(jobs: Jobs, *, look_every_s: float = _LOOK_EVERY_S) -> Iterator[None]:
    """Do jobs when they are due, in a thread that stands back.

    At the end one that is under way has a moment to come to its end; then it is left behind, to
    die with the process, which every job survives.
    """
    stopping = threading.Event()

    def work() -> None:
        with suppress(OSError):  # where it is not allowed, or not Linux
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
        while not stopping.wait(look_every_s):
            try:
                while not stopping.is_set() and jobs.run_due():
                    pass
            except StoreError as error:  # a full disk; the log says it too, and louder
                _log.warning("jobs in the background wait: %s", error)

    thread = threading.Thread(target=work, name="jobs", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join(_END_WITHIN_S)
