"""When work in the background is due: a schedule without a clock.

A job runs every so often from its last beginning, a little earlier or later so that many services
do not all do the same at once. What was missed while nothing ran is made up for once, not once
for each time. After a failure, or where the process died in the middle, it is tried again sooner,
after waits that double.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import Self

from genesis_ray.errors import ConfigurationError

Outcome = Mapping[str, int | float | str]
"""What a job tells of what it did, in figures."""


@dataclass(frozen=True, slots=True)
class JobPlan:
    """How often a job runs.

    Attributes:
        name: Of the job.
        every: From beginning to beginning.
        first_after: From the first time that the schedule is looked at.
        spread: By which part of `every` a run may come earlier or later, 0 to 1.
        retry_after: After the first failure; doubled with each further one, up to `every`.
    """

    name: str
    every: timedelta
    first_after: timedelta = timedelta(minutes=1)
    spread: float = 0.05
    retry_after: timedelta = timedelta(minutes=1)

    def __post_init__(self) -> None:
        if not timedelta(0) < self.retry_after <= self.every or not 0 <= self.spread < 1:
            raise ConfigurationError(
                f"job {self.name}: expected 0 < retry_after <= every and 0 <= spread < 1"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRecord:
    """What is known of a job's runs.

    Attributes:
        name: Of the job.
        due_at: When it is to run next.
        started_at: When it last began; None before the first time.
        ended_at: When that was over; None while it runs, or where the process died.
        failures: How often it failed in a row.
        error: Of the last run, where it failed.
        outcome: Of the last run that did not.
    """

    name: str
    due_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    failures: int = 0
    error: str | None = None
    outcome: Outcome = field(default_factory=dict)

    @property
    def is_running(self) -> bool:
        """Whether it began and has not come to its end."""
        return self.started_at is not None and self.ended_at is None

    def begun(self, at: datetime) -> Self:
        """Return the record of a job that begins."""
        return replace(self, started_at=at, ended_at=None)


def planned(plan: JobPlan, record: JobRecord | None, *, now: datetime) -> JobRecord:
    """Return the record of a job as a new process takes it up.

    One that was under way when its process died failed. One that is due in a future further away
    than the plan ever puts it, because the clock has been set back or the plan has changed, is
    due by the plan.
    """
    if record is None:
        return JobRecord(name=plan.name, due_at=now + plan.first_after)
    if record.is_running:
        return failed(plan, record, at=now, error="its process ended before it did")
    latest = now + plan.every * (1 + plan.spread)
    return replace(record, due_at=min(record.due_at, latest))


def succeeded(plan: JobPlan, record: JobRecord, *, at: datetime, outcome: Outcome) -> JobRecord:
    """Return the record of a job that came to a good end."""
    began = record.started_at or at
    sway = plan.spread * Random(f"{plan.name} {began.isoformat()}").uniform(-1, 1)  # noqa: S311
    return replace(
        record,
        ended_at=at,
        failures=0,
        error=None,
        outcome=outcome,
        due_at=max(began + plan.every * (1 + sway), at),
    )


def failed(plan: JobPlan, record: JobRecord, *, at: datetime, error: str) -> JobRecord:
    """Return the record of a job that failed."""
    failures = record.failures + 1
    wait = min(plan.every, plan.retry_after * 2 ** min(failures - 1, 32))
    return replace(record, ended_at=at, failures=failures, error=error, due_at=at + wait)
