"""The report of a run: from its tables, and from what its run.json tells."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from genesis_ray.analytics.reports.compiling import compile_report
from genesis_ray.analytics.reports.contents import Report
from genesis_ray.analytics.reports.site import Queue, Site
from genesis_ray.analytics.reports.wording import counted
from genesis_ray.domain.figures.periods import Period
from genesis_ray.domain.load.drops import REASONS
from genesis_ray.running.questions.history import present_tables
from genesis_ray.sections.alerts import QueueRule, WaitRule
from genesis_ray.settings import Settings
from genesis_ray.store.events import parquet_file
from genesis_ray.store.events.event_folder import EventFolder
from genesis_ray.store.events.selection import Selection
from genesis_ray.store.runs.run_folder import RunFolder
from genesis_ray.store.schemas import EVENT_SCHEMAS

_UNNAMED = Settings.model_fields["site_id"].default


def report_of(
    run: RunFolder,
    settings: Settings,
    *,
    since: datetime,
    until: datetime,
    queues: Sequence[Queue] = (),
) -> Report:
    """Return the report of [since, until) of a run.

    Args:
        run: Whose events.
        settings: Of the run: the tenant, the time zone, who is withheld.
        since: Start of the period.
        until: Its end, not within.
        queues: By default those that rules of alerts name.

    Raises:
        ConfigurationError: There is no such period, or nothing happened in it.
    """
    tenant_id = settings.tenant_id

    def within(period: Period) -> Mapping[str, Any]:
        return present_tables(
            run.events, settings, tenant_id, since=period.since, until=period.until
        )

    site = Site(
        tables=present_tables(run.events, settings, tenant_id),
        within=within,
        time_zone=settings.time_zone,
        queues=queues or queues_of(settings),
        least_group=settings.analytics.min_group,
        visit_gap_s=settings.visit_gap_s,
    )
    return compile_report(
        site,
        site_id="" if settings.site_id == _UNNAMED else settings.site_id,
        since=since,
        until=until,
        made_at=datetime.now(UTC),
        known=[*_told_by(run, tenant_id), *_damaged(run, tenant_id, since, until)],
    )


def queues_of(settings: Settings) -> list[Queue]:
    """Return the queues that rules of alerts are about; a rule of waits says how long is too long.

    Of several rules about one zone the first of waits counts.
    """
    queues: dict[str, Queue] = {}
    for rule in settings.alerts:
        if isinstance(rule, WaitRule) and rule.zone_id not in queues:
            queues[rule.zone_id] = Queue(rule.zone_id, rule.service_zone_id, rule.over_s)
    for rule in settings.alerts:
        if isinstance(rule, QueueRule):
            queues.setdefault(rule.zone_id, Queue(rule.zone_id))
    return list(queues.values())


def _told_by(run: RunFolder, tenant_id: str) -> Iterator[str]:
    """Yield what a finished run says of frames and events that it lost; of all of its time.

    Frames only of one that noted no drops as they came about: see `analytics.drops`.
    """
    result = run.summary().get("result")
    if not isinstance(result, dict):
        return
    are_noted = EventFolder(run.events).partitions("frame_drops", tenant_id)
    for camera in () if are_noted else result.get("cameras", ()):
        by_reason = camera.get("dropped", {})
        if dropped := sum(by_reason.get(reason, 0) for reason in REASONS):
            frames = counted(camera.get("frames", 0) + dropped, "frame")
            yield f"{camera['camera_id']}: {dropped:,} of {frames} of the whole run were dropped."
    if late := result.get("late"):
        yield (
            f"{counted(late, 'event')} of the whole run came too late to count in what had been "
            f"decided."
        )


def _damaged(run: RunFolder, tenant_id: str, since: datetime, until: datetime) -> Iterator[str]:
    """Yield that files are damaged, as far as their ends show."""
    damaged = 0
    for table in EVENT_SCHEMAS:
        selection = Selection(
            folder=EventFolder(run.events), table=table, tenant_id=tenant_id, since=since,
            until=until,
        )  # fmt: skip
        damaged += sum(not parquet_file.is_whole(path) for path in selection.files())
    if damaged:
        be, them = ("is", "it") if damaged == 1 else ("are", "them")
        yield (
            f"{counted(damaged, 'file')} of the period {be} damaged and left out, with all that "
            f"{be} in {them}."
        )
