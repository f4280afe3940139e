"""Rollups of a run: kept up to date with its events, and read in place of them."""

import logging
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from genesis_ray.analytics.rollups import COLUMNS, RollupQueries, rollup_schema
from genesis_ray.domain.rollups import GROUPS, Group
from genesis_ray.domain.time_buckets import QUARTER, Bucket, bucket_starts
from genesis_ray.errors import ConfigurationError, NotFoundError, StoreError
from genesis_ray.store import parquet_file
from genesis_ray.store.event_folder import EventFolder
from genesis_ray.store.rollup_folder import Listings, RollupFolder, made_of
from genesis_ray.store.rows import no_rows, without
from genesis_ray.store.run_folder import RunFolder
from genesis_ray.store.schemas import EVENT_SCHEMAS
from genesis_ray.store.waiting_rows import waiting_rows

_log = logging.getLogger(__name__)

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Updated:
    """What became of the days that have events, each counted for each group and tenant.

    Attributes:
        made: Anew, because they had no figures or events were added, merged or rewritten.
        current: As they were.
        sealed: Not looked at, because what they were made of may be gone.
    """

    made: int
    current: int
    sealed: int


class RunRollups:
    """The rollups beside the events of a run."""

    def __init__(self, run: RunFolder) -> None:
        self._events = EventFolder(run.events)
        self.folder = RollupFolder(run.rollups)

    def tenants(self) -> list[str]:
        """Return the tenants that there are events or rollups of."""
        partitions = self._events.partitions()
        named = {path.parent.name.removeprefix("tenant_id=") for path in partitions}
        return sorted(named | set(self.folder.tenants()))

    def update(self, *, before: date | None = None) -> Updated:
        """Make the figures of all UTC days, or of those before one, that are out of date.

        Killed at any point, the days made so far are there, and the others as they were.

        Raises:
            StoreError: Another process does the same, or the disk is full.
        """
        made = current = sealed = 0
        with self.folder.writing(), RollupQueries() as queries:
            self.folder.remove_former_groups()
            for tenant_id in self.tenants():
                for group in GROUPS:
                    last_sealed = self.folder.sealed_through(group, tenant_id)
                    for day in self._days(group, tenant_id):
                        if before and day >= before:
                            continue
                        if day <= last_sealed:
                            sealed += 1
                        elif self._is_current(group, tenant_id, day):
                            current += 1
                        else:
                            digest, rows = self._figures(queries, group, tenant_id, day, {})
                            self.folder.write(group, tenant_id, day, rows, digest)
                            made += 1
        return Updated(made, current, sealed)

    def read(
        self,
        group: Group,
        *,
        tenant_id: str,
        start: datetime,
        end: datetime,
        bucket: Bucket = "hour",
        zone: ZoneInfo | None = None,
    ) -> pa.Table:
        """Return the figures of hours or days in [start, end), as all events until now give them.

        Days that are up to date are read from rollups, all others made of their events, those
        that are not in the tables yet included. A damaged file is left out, and logged.

        Args:
            group: Which figures, see `domain.rollups`.
            tenant_id: Whose.
            start: The beginning of a quarter of an hour,
            end: and so is this. A bucket that is cut by one has what lies within.
            bucket: What a row is of.
            zone: Whose hours and days they are; UTC by default.

        Raises:
            NotFoundError: There is no such group.
            ConfigurationError: The range is wrong.
            StoreError: A rollup of a sealed day is damaged.
        """
        if group not in GROUPS:
            raise NotFoundError(f"no rollup {group!r}; there are {', '.join(GROUPS)}")
        try:
            buckets = bucket_starts(start, end, bucket, zone or ZoneInfo("UTC"))
        except ValueError as error:
            raise ConfigurationError(str(error)) from error
        with RollupQueries() as queries:
            parts = self._parts(queries, group, tenant_id, start, end)
            rows = pa.concat_tables(parts)
            return queries.summed(group, rows, buckets)

    def quarters(
        self,
        group: Group,
        figures: Sequence[str],
        *,
        tenant_id: str,
        start: datetime,
        end: datetime,
    ) -> pa.Table | None:
        """Return some of the figures of quarters of an hour in [start, end), as `read` does.

        None where few days are kept up: then a question to the events is as quick, and asks for
        no more than it needs. Sealed days, whose events may be gone, are always answered.

        Raises:
            StoreError: A rollup of a sealed day is damaged.
        """
        kept = set(self.folder.days(group, tenant_id))
        if not kept:
            return None
        first, last = start.astimezone(UTC).date(), (end - QUARTER).astimezone(UTC).date()
        days = {day for day in self._days(group, tenant_id) if first <= day <= last}
        missing = len(days - kept)
        is_sealed = first <= self.folder.sealed_through(group, tenant_id)
        if not is_sealed and (missing > 1 or len(days) < 2 * missing + 1):
            return None
        with RollupQueries() as queries:
            parts = self._parts(queries, group, tenant_id, start, end, figures)
            columns = ["bucket", *GROUPS[group].keys, *figures]
            rows = pa.concat_tables([part.select(columns) for part in parts])
        at: Any = rows["bucket"]  # in order, as the days are and the rows of each
        begin, stop = (
            bisect_left(
                range(len(rows)),
                int(edge.timestamp()) * 1_000_000,
                key=lambda place: at[place].value,  # not `to_numpy`, which loads pandas
            )
            for edge in (start, end)
        )
        return rows.slice(begin, stop - begin)

    def _parts(
        self,
        queries: RollupQueries,
        group: Group,
        tenant_id: str,
        start: datetime,
        end: datetime,
        figures: Sequence[str] | None = None,
    ) -> Iterator[pa.Table]:
        """Yield the figures of the days of a range, those of `figures` or all."""
        yield no_rows(rollup_schema(group))
        waiting = {
            table: waiting_rows(self._events.path, table, tenant_id)
            for table in GROUPS[group].tables
        }
        fresh = _days_concerned(group, waiting)
        last_sealed = self.folder.sealed_through(group, tenant_id)
        first = start.astimezone(UTC).date()
        seen: Listings = {}
        for day in sorted({*self._days(group, tenant_id), *fresh}):
            if day < first or _midnight(day) >= end:
                continue
            rows = None
            if day <= last_sealed or day not in fresh:
                digest = None if day <= last_sealed else self._digest(group, tenant_id, day, seen)
                rows = self.folder.read(group, tenant_id, day, figures, made_of=digest)
            if rows is None and day > last_sealed:
                _, rows = self._figures(queries, group, tenant_id, day, waiting)
            if rows is not None:
                yield rows

    def _days(self, group: Group, tenant_id: str) -> list[date]:
        """Return the days that have events, or figures that may be of events that are gone."""
        found = {
            date.fromisoformat(partition.name.removeprefix("day="))
            for table in GROUPS[group].tables
            for partition in self._events.partitions(table, tenant_id)
        }
        return sorted(found | set(self.folder.days(group, tenant_id)))

    def _digest(self, group: Group, tenant_id: str, day: date, seen: Listings) -> str:
        """Return what figures of a day are marked with that are up to date; "" for none."""
        try:
            return made_of(self._events, _tables(group, day), tenant_id, seen)[0]
        except FileNotFoundError:  # merged at this moment
            return ""

    def _is_current(self, group: Group, tenant_id: str, day: date) -> bool:
        stored = self.folder.made_of(group, tenant_id, day)
        if stored is None:
            return False
        try:
            return stored == made_of(self._events, _tables(group, day), tenant_id)[0]
        except FileNotFoundError:  # merged at this moment
            return False

    def _figures(
        self,
        queries: RollupQueries,
        group: Group,
        tenant_id: str,
        day: date,
        waiting: Mapping[str, pa.Table],
    ) -> tuple[str, pa.Table]:
        """Return a day's figures, and the digest of the files that they were made of."""
        while True:
            try:
                digest, files = made_of(self._events, _tables(group, day), tenant_id)
                tables = _rows(group, files, waiting)
            except FileNotFoundError:  # merged meanwhile
                continue
            start = _midnight(day)
            return digest, queries.quarters(group, tables, start=start, end=start + _DAY)


def _tables(group: Group, day: date) -> list[tuple[str, date, date]]:
    """Return the tables of which days before and after have a say in a day's figures."""
    return [
        (table, day - before * _DAY, day + after * _DAY)
        for table, (before, after) in GROUPS[group].tables.items()
    ]


def _days_concerned(group: Group, waiting: Mapping[str, pa.Table]) -> set[date]:
    """Return the days in whose figures rows have a say."""
    concerned: set[date] = set()
    for table, (before, after) in GROUPS[group].tables.items():
        days: list[Any] = pc.unique(waiting[table]["occurred_at"].cast(pa.date32())).to_pylist()
        for day in days:
            concerned.update(day + n * _DAY for n in range(-after, before + 1))
    return concerned


def _rows(
    group: Group, files: Iterable[tuple[str, Path]], waiting: Mapping[str, pa.Table]
) -> dict[str, pa.Table]:
    found: dict[str, list[pa.Table]] = {table: [] for table in GROUPS[group].tables}
    for table, path in files:
        try:
            rows_of_file = parquet_file.read(path, _schema(table, with_ids=table in waiting))
        except StoreError as error:  # whoever mends it changes it, and so the digest
            _log.warning("%s; figures are made without it", error)
            continue
        found[table].append(rows_of_file)
    rows = {}
    for table, parts in found.items():
        schema = _schema(table, with_ids=table in waiting)
        written = pa.concat_tables([schema.empty_table(), *parts])
        if table in waiting:
            fresh = waiting[table].select(schema.names)
            written = pa.concat_tables([written, without(fresh, written)])
        rows[table] = written
    return rows


def _schema(table: str, *, with_ids: bool) -> pa.Schema:
    names = (*COLUMNS[table], "event_id") if with_ids else COLUMNS[table]
    return pa.schema([EVENT_SCHEMAS[table].field(name) for name in names])


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
