"""Rollups of a run: kept up to date with its events, and read in place of them."""

import logging
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from genesis_ray.analytics.rollups import RollupQueries, rollup_schema
from genesis_ray.domain.rollups import GROUPS, READ_BEYOND, Group
from genesis_ray.domain.time_buckets import QUARTER, Bucket, bucket_starts
from genesis_ray.errors import ConfigurationError, NotFoundError, StoreError
from genesis_ray.running.rollup_sources import Damaged, days_concerned, rows_of, tables_of
from genesis_ray.store.event_folder import EventFolder
from genesis_ray.store.rollup_folder import Listings, RollupFolder, Sources, sources_of
from genesis_ray.store.rows import no_rows
from genesis_ray.store.run_folder import RunFolder
from genesis_ray.store.waiting_rows import waiting_rows

_log = logging.getLogger(__name__)

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Updated:
    """What became of the days that have events, each counted for each group and tenant.

    Attributes:
        made: Anew, because they had no figures or events were added, merged or rewritten.
        current: As they were.
        sealed: As they were, because what they were made of may be gone.
        damaged: Not made, because an event file is damaged: they are as before, or there are none.
    """

    made: int
    current: int
    sealed: int
    damaged: tuple[Damaged, ...] = ()


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
        damaged: list[Damaged] = []
        with self.folder.writing(), RollupQueries() as queries:
            self.folder.remove_former_groups()
            for tenant_id in self.tenants():
                for group in GROUPS:
                    seal = self.folder.sealed(group, tenant_id)
                    for day in self._days(group, tenant_id):
                        if before and day >= before:
                            continue
                        if day in seal and not self._is_put_back(group, tenant_id, day):
                            sealed += 1
                        elif day not in seal and self._is_current(group, tenant_id, day):
                            current += 1
                        else:
                            sources, rows, lost = self._figures(queries, group, tenant_id, day, {})
                            damaged += [Damaged(tenant_id, day, group, path) for path in lost]
                            if not lost:
                                self.folder.write(group, tenant_id, day, rows, sources)
                                made += 1
        return Updated(made, current, sealed, tuple(damaged))

    def read(
        self,
        group: Group,
        *,
        tenant_id: str,
        start: datetime,
        end: datetime,
        bucket: Bucket = "hour",
        zone: ZoneInfo | None = None,
        now: datetime | None = None,
    ) -> pa.Table:
        """Return the figures of hours or days in [start, end), as all events until now give them.

        Days that are up to date are read from rollups, all others made of their events, those
        that are not in the tables yet included. So are days of which it is not known yet who left,
        and when. Where an event file is damaged, figures of before that count; without any, the
        file is left out. Either is logged.

        Args:
            group: Which figures, see `domain.rollups`.
            tenant_id: Whose.
            start: The beginning of a quarter of an hour,
            end: and so is this. A bucket that is cut by one has what lies within.
            bucket: What a row is of.
            zone: Whose hours and days they are; UTC by default.
            now: The present, by default that of the clock.

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
            parts = self._parts(queries, group, tenant_id, start, end, now=now)
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
        now: datetime | None = None,
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
        is_sealed = first <= self.folder.sealed(group, tenant_id).through
        if not is_sealed and (missing > 1 or len(days) < 2 * missing + 1):
            return None
        with RollupQueries() as queries:
            parts = self._parts(queries, group, tenant_id, start, end, figures, now=now)
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
        *,
        now: datetime | None,
    ) -> Iterator[pa.Table]:
        """Yield the figures of the days of a range, those of `figures` or all."""
        yield no_rows(rollup_schema(group))
        now = now or datetime.now(UTC)
        waiting = {
            table: waiting_rows(self._events.path, table, tenant_id)
            for table in GROUPS[group].tables
        }
        fresh = days_concerned(group, waiting)
        seal = self.folder.sealed(group, tenant_id)
        first = start.astimezone(UTC).date()
        seen: Listings = {}
        known = {*self._days(group, tenant_id), *fresh}
        # Who came the day before may be there still, and nobody else have come.
        open_days = {each + _DAY for each in known if _is_open(group, each + _DAY, now)}
        for day in sorted(known | open_days):
            if day < first or _midnight(day) >= end:
                continue
            if day in seal:
                rows = self.folder.read(group, tenant_id, day, figures)
            else:
                rows = None
                if day not in fresh and not _is_open(group, day, now):
                    sources = self._sources(group, tenant_id, day, seen)
                    digest = sources.digest if sources else ""
                    rows = self.folder.read(group, tenant_id, day, figures, made_of=digest)
                if rows is None:
                    rows = self._made(queries, group, tenant_id, day, waiting, now)
            if rows is not None:
                yield rows

    def _made(
        self,
        queries: RollupQueries,
        group: Group,
        tenant_id: str,
        day: date,
        waiting: Mapping[str, pa.Table],
        now: datetime,
    ) -> pa.Table:
        """Return a day's figures from its events; those of before where a file is damaged."""
        _, rows, lost = self._figures(queries, group, tenant_id, day, waiting, now)
        if not lost:
            return rows
        with suppress(StoreError):  # damaged themselves
            if (kept := self.folder.read(group, tenant_id, day)) is not None:
                _log.warning("figures of %s (%s) are those of before it was damaged", day, group)
                return kept
        return rows

    def _days(self, group: Group, tenant_id: str) -> list[date]:
        """Return the days that have events, or figures that may be of events that are gone."""
        found = {
            date.fromisoformat(partition.name.removeprefix("day="))
            for table in GROUPS[group].tables
            for partition in self._events.partitions(table, tenant_id)
        }
        return sorted(found | set(self.folder.days(group, tenant_id)))

    def _sources(
        self, group: Group, tenant_id: str, day: date, seen: Listings | None = None
    ) -> Sources | None:
        """Return the event files of a day; None where they are merged at this moment."""
        try:
            return sources_of(self._events, tables_of(group, day), tenant_id, seen)
        except FileNotFoundError:
            return None

    def _is_current(self, group: Group, tenant_id: str, day: date) -> bool:
        stored = self.folder.made_of(group, tenant_id, day)
        if stored is None:
            return False
        sources = self._sources(group, tenant_id, day)
        return sources is not None and stored == sources.digest

    def _is_put_back(self, group: Group, tenant_id: str, day: date) -> bool:
        """Tell whether all files that a sealed day's figures were made of are there, and more."""
        sources = self._sources(group, tenant_id, day)
        if sources is None or not sources.states:
            return False
        known = self.folder.made_of_files(group, tenant_id, day)
        return known is not None and known < sources.states

    def _figures(
        self,
        queries: RollupQueries,
        group: Group,
        tenant_id: str,
        day: date,
        waiting: Mapping[str, pa.Table],
        now: datetime | None = None,
    ) -> tuple[Sources, pa.Table, list[Path]]:
        """Return what a day's figures are made of, the figures, and the files they lack.

        They are those of `now`; None: those that are kept, where all who came have left.
        """
        while True:
            try:
                sources = sources_of(self._events, tables_of(group, day), tenant_id)
                tables, damaged = rows_of(group, sources.files, waiting)
            except FileNotFoundError:  # merged meanwhile
                continue
            start = _midnight(day)
            rows = queries.quarters(group, tables, start=start, end=start + _DAY, now=now)
            return sources, rows, damaged


def _is_open(group: Group, day: date, now: datetime) -> bool:
    """Tell whether events that are still to come have a say in a day's figures."""
    _, after = READ_BEYOND[group]
    return bool(after) and _midnight(day) + _DAY + after >= now


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
