"""Letting go of what is older than it may be, in one run.

First the figures of the days concerned are brought up to date and sealed, then rows go. So
rollups never lack what they were made of; killed at any point, the next purge goes on.
"""

import json
from collections.abc import Container, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pyarrow as pa

from genesis_ray.domain.figures.rollups import GROUPS
from genesis_ray.domain.retention import ROLLUPS
from genesis_ray.errors import StoreError
from genesis_ray.running.erasure.purged import note_gone, report_of_last
from genesis_ray.running.upkeep.rollup_sources import Damaged, tables_of, told
from genesis_ray.running.upkeep.rollups import RunRollups
from genesis_ray.sections.retention import RetentionSettings
from genesis_ray.settings import Settings
from genesis_ray.store.disk import write_file
from genesis_ray.store.events.cold_folder import ColdFolder
from genesis_ray.store.events.event_folder import EventFolder
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.events.expiry import count_expired, expire, is_concerned
from genesis_ray.store.events.residue import Limits, TableSearch, search_residue
from genesis_ray.store.runs.known_runs import note_run
from genesis_ray.store.runs.run_folder import RunFolder
from genesis_ray.store.schemas import EVENT_SCHEMAS

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Gone:
    """What goes of one table of a tenant, or of its rollups.

    Attributes:
        tenant_id: Whose.
        table: A table's name, or `rollups`.
        limit: What is older goes.
        rows: So many; of rollups, files.
        whole_days: Partitions of which nothing stays.
    """

    tenant_id: str
    table: str
    limit: datetime
    rows: int
    whole_days: int


def limits_of(run: RunFolder, retention: RetentionSettings, *, at: datetime) -> Limits:
    """Return what is the limit at a time, by (tenant, table); none where things stay for ever."""
    found = {}
    for tenant_id in RunRollups(run).tenants():
        policy = retention.policy_of(tenant_id)
        for table in (*EVENT_SCHEMAS, ROLLUPS):
            if limit := policy.limit_of(table, at=at):
                found[tenant_id, table] = limit
    return found


def would_go(run: RunFolder, retention: RetentionSettings, *, at: datetime) -> list[Gone]:
    """Return what a purge would take; nothing changes, and somebody may be writing."""
    events = EventFolder(run.events)
    found = []
    for (tenant_id, table), limit in limits_of(run, retention, at=at).items():
        if table == ROLLUPS:
            files = _old_rollups(RunRollups(run), tenant_id, limit)
            found.append(Gone(tenant_id, table, limit, len(files), len(files)))
            continue
        rows = whole = 0
        for partition in events.partitions(table, tenant_id):
            if is_concerned(partition, limit):
                expired = count_expired(partition, limit)
                rows, whole = rows + expired.rows, whole + expired.whole_day
        found.append(Gone(tenant_id, table, limit, rows, whole))
    return [each for each in found if each.rows]


def purge(run: RunFolder, log: EventLog, settings: Settings, *, at: datetime) -> list[Gone]:
    """Let go of everything that is older than it may be at a time; return what that was.

    Args:
        run: The run.
        log: Its log, which is open for writing here; appends go on meanwhile.
        settings: How long things are kept; and where people are, so that who is forgotten later
            is found in the cold folder too.
        at: From when it counts.

    Raises:
        StoreError: A disk is full or refuses; what was not reached yet goes the next time. Or an
            event file is damaged that figures are made of: then all goes but what those days are
            told from.
    """
    retention = settings.retention
    with log.tables():  # so that what waited in the write-ahead log is there
        limits = limits_of(run, retention, at=at)
    damaged = _seal(run, limits, at=at)
    note_gone(run, _concerned(run, limits))
    gone = []
    with ExitStack() as opened:
        cold = None
        if retention.cold_folder:
            cold = opened.enter_context(ColdFolder(retention.cold_folder, run))
            note_run(settings.data_dir, retention.cold_folder)
        for (tenant_id, table), limit in limits.items():
            if table == ROLLUPS:
                gone.append(_purge_rollups(run, tenant_id, limit, cold))
            else:
                held = _days_held(damaged, tenant_id, table)
                gone.append(_purge_table(log, tenant_id, table, limit, cold, held))
    gone = [each for each in gone if each.rows]
    _write(run, at, limits, gone)
    if damaged:
        raise StoreError(f"all other days went: {told(damaged)}, and the next purge takes them")
    return gone


def verify_purge(run: RunFolder, limits: Limits) -> list[TableSearch]:
    """Search all files of a run for what is older than limits say, rollups too.

    Somebody may be writing meanwhile.
    """
    found = [each for each in search_residue(run.events, limits) if each.files or each.unreadable]
    rollups = RunRollups(run)
    search = TableSearch(ROLLUPS)
    for tenant_id in rollups.tenants():
        files = [(group, day) for group in GROUPS for day in rollups.folder.days(group, tenant_id)]
        search.files += len(files)
        search.rows += len(files)
        if limit := limits.get((tenant_id, ROLLUPS)):
            old = _old_rollups(rollups, tenant_id, limit)
            search.old += len(old)
            oldest = [_midnight(day) for _, day in old]
            search.oldest = min(
                [*oldest, *([search.oldest] if search.oldest else [])], default=None
            )
    return [*found, search]


def _concerned(run: RunFolder, limits: Limits) -> Limits:
    """Return the limits by which something may go."""
    events, rollups = EventFolder(run.events), RunRollups(run)
    return {
        (tenant_id, table): limit
        for (tenant_id, table), limit in limits.items()
        if (
            _old_rollups(rollups, tenant_id, limit)
            if table == ROLLUPS
            else any(is_concerned(each, limit) for each in events.partitions(table, tenant_id))
        )
    }


def _seal(run: RunFolder, limits: Limits, *, at: datetime) -> list[Damaged]:
    """Bring figures up to date, and keep those as they are whose events are going to go.

    Return those that cannot be brought up to date, and are not sealed; of days that stay anyway
    none.
    """
    rollups = RunRollups(run)
    damaged = rollups.update(before=at.astimezone(UTC).date()).damaged
    held: list[Damaged] = []
    with rollups.folder.writing():
        for tenant_id in rollups.tenants():
            for group, of in GROUPS.items():
                through = [
                    limits[tenant_id, table].astimezone(UTC).date() + before * _DAY
                    for table, (before, _) in of.tables.items()
                    if (tenant_id, table) in limits
                ]
                if through:
                    own = [
                        each
                        for each in damaged
                        if (each.tenant_id, each.group) == (tenant_id, group)
                        and each.day <= max(through)
                    ]
                    days = {each.day for each in own}
                    rollups.folder.seal(group, tenant_id, max(through), leave_open=days)
                    held += own
    return held


def _days_held(damaged: Iterable[Damaged], tenant_id: str, table: str) -> set[date]:
    """Return the days of a table that figures which are not sealed are made of."""
    return {
        first + number * _DAY
        for each in damaged
        if each.tenant_id == tenant_id
        for name, first, last in tables_of(each.group, each.day)
        if name == table
        for number in range((last - first).days + 1)
    }


def _purge_table(
    log: EventLog,
    tenant_id: str,
    table: str,
    limit: datetime,
    cold: ColdFolder | None,
    held: Container[date],
) -> Gone:
    rows = whole = 0
    with log.tables() as events:
        partitions = events.partitions(table, tenant_id)
    for partition in partitions:
        if not is_concerned(partition, limit):
            continue
        day = partition.name.removeprefix("day=")
        if date.fromisoformat(day) in held:
            continue
        to = _ColdPartition(cold, table, tenant_id, day) if cold else None
        with log.tables():  # let go after each day: commits have to wait for it
            expired = expire(partition, EVENT_SCHEMAS[table], limit, cold=to)
        rows, whole = rows + expired.rows, whole + expired.whole_day
    return Gone(tenant_id, table, limit, rows, whole)


@dataclass(frozen=True, slots=True)
class _ColdPartition:
    """Where what goes of one partition is kept."""

    folder: ColdFolder
    table: str
    tenant_id: str
    day: str

    def keep_rows(self, rows: pa.Table) -> None:
        self.folder.keep_rows(self.table, self.tenant_id, self.day, rows)

    def keep_damaged(self, path: Path) -> None:
        self.folder.keep_damaged(path)


def _purge_rollups(
    run: RunFolder, tenant_id: str, limit: datetime, cold: ColdFolder | None
) -> Gone:
    rollups = RunRollups(run)
    old = _old_rollups(rollups, tenant_id, limit)
    with rollups.folder.writing():
        for group, day in old:
            if cold:
                cold.keep_file(rollups.folder.file(group, tenant_id, day))
            rollups.folder.remove(group, tenant_id, day)
    return Gone(tenant_id, ROLLUPS, limit, len(old), len(old))


def _old_rollups(rollups: RunRollups, tenant_id: str, limit: datetime) -> list[tuple[str, date]]:
    """Return the figures of days that were over at a limit, each as its group and the day.

    As long as what they were made of is there they stay: they would be made again.
    """
    return [
        (group, day)
        for group in GROUPS
        for day in rollups.folder.days(group, tenant_id)
        if _midnight(day) + _DAY <= limit and day in rollups.folder.sealed(group, tenant_id)
    ]


def _write(run: RunFolder, at: datetime, limits: Limits, gone: list[Gone]) -> None:
    content: Mapping[str, object] = {
        "at": at.isoformat(),
        "limits": [
            {"tenant_id": tenant_id, "table": table, "limit": limit.isoformat()}
            for (tenant_id, table), limit in limits.items()
        ],
        "gone": [asdict(each) for each in gone],
    }
    write_file(report_of_last(run), json.dumps(content, indent=2, default=str).encode())


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
