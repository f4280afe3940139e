"""Rollups of a run: kept up to date with its events, and read in place of them."""

import logging
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pyarrow as pa

from genesis_ray.analytics.rollups import RollupQueries, rollup_schema
from genesis_ray.domain.clocks.last_word import told_at
from genesis_ray.domain.figures.rollups import GROUPS, LONGEST_STAY, Group
from genesis_ray.domain.figures.time_buckets import QUARTER, Bucket, bucket_starts
from genesis_ray.errors import ConfigurationError, NotFoundError, StoreError
from genesis_ray.running.upkeep.rollup_days import RollupDays, following, is_open, midnight
from genesis_ray.running.upkeep.rollup_sources import Damaged, days_concerned, rows_of, tables_of
from genesis_ray.store.events.event_contents import Content, contents_of
from genesis_ray.store.events.event_folder import EventFolder
from genesis_ray.store.events.figure_sources import Listings, Sources, sources_of
from genesis_ray.store.events.last_word import last_word
from genesis_ray.store.events.rollup_folder import MadeOf, RollupFolder
from genesis_ray.store.events.waiting_rows import waiting_rows
from genesis_ray.store.runs.run_folder import RunFolder

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
        too_late: Event files of sealed days that came when others were gone: in no figures.
    """

    made: int
    current: int
    sealed: int
    damaged: tuple[Damaged, ...] = ()
    too_late: tuple[Path, ...] = ()


class _Told(NamedTuple):
    """Up to when a log tells of people.

    Attributes:
        at: See `domain.last_word`.
        broke_off: The same where that was more than a day ago: then it stays as it is.
    """

    at: datetime
    broke_off: datetime | None


@dataclass(frozen=True, slots=True)
class _Figures:
    """A day's figures, what they are made of, and the files that they lack."""

    rows: pa.Table
    sources: Sources
    held: Mapping[str, Content]
    damaged: list[Path]

    def made_of(self, broke_off: datetime | None) -> MadeOf:
        return MadeOf(self.sources.made_of(broke_off), self.sources.states, self.held)


class RunRollups:
    """The rollups beside the events of a run."""

    def __init__(self, run: RunFolder) -> None:
        self._events = EventFolder(run.events)
        self.folder = RollupFolder(run.rollups)
        self._days = RollupDays(self._events, self.folder)

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
        too_late: list[Path] = []
        with self.folder.writing(), RollupQueries() as queries:
            self.folder.remove_former_groups()
            for tenant_id, group in product(self.tenants(), GROUPS):
                seal = self.folder.sealed(group, tenant_id)
                broke_off = self._told(tenant_id).broke_off
                for day in self._days.of(group, tenant_id):
                    if before and day >= before:
                        continue
                    until = broke_off if broke_off and is_open(group, day, broke_off) else None
                    if day in seal and not self._days.is_put_back(group, tenant_id, day):
                        sealed += 1
                        too_late += self._days.too_late(group, tenant_id, day)
                    elif day not in seal and self._days.is_current(group, tenant_id, day, until):
                        current += 1
                    else:
                        figures = self._figures(queries, group, tenant_id, day, {}, until)
                        lost = figures.damaged
                        damaged += [Damaged(tenant_id, day, group, path) for path in lost]
                        if not lost:
                            made_of = figures.made_of(until)
                            self.folder.write(group, tenant_id, day, figures.rows, made_of)
                            made += 1
        late = tuple(sorted(set(too_late)))  # a file may be of several groups
        for path in late:
            _log.warning(
                "%s came after other events of its day were let go of: its rows are in no figures, "
                "and go with the next purge",
                path,
            )
        return Updated(made, current, sealed, tuple(damaged), late)

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
            now: The present, by default that of the clock, or when the log broke off.

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
        days = {day for day in self._days.of(group, tenant_id) if first <= day <= last}
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
                key=lambda place: at[place].value,
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
        yield rollup_schema(group).empty_table()
        told = _Told(now, None) if now else self._told(tenant_id)
        waiting = {
            table: waiting_rows(self._events.path, table, tenant_id)
            for table in GROUPS[group].tables
        }
        fresh = days_concerned(group, waiting)
        seal = self.folder.sealed(group, tenant_id)
        first = start.astimezone(UTC).date()
        seen: Listings = {}
        for day in sorted({*self._days.of(group, tenant_id), *following(group, fresh)}):
            if day < first or midnight(day) >= end:
                continue
            if day in seal:
                rows = self.folder.read(group, tenant_id, day, figures)
            else:
                rows = None
                is_open_now = is_open(group, day, told.at)
                if day not in fresh and (told.broke_off or not is_open_now):
                    sources = self._days.sources(group, tenant_id, day, seen)
                    mark = (
                        sources.made_of(told.broke_off if is_open_now else None) if sources else ""
                    )
                    rows = self.folder.read(group, tenant_id, day, figures, made_of=mark)
                if rows is None:
                    rows = self._made(queries, group, tenant_id, day, waiting, told.at)
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
        figures = self._figures(queries, group, tenant_id, day, waiting, now)
        if not figures.damaged:
            return figures.rows
        with suppress(StoreError):  # damaged themselves
            if (kept := self.folder.read(group, tenant_id, day)) is not None:
                _log.warning("figures of %s (%s) are those of before it was damaged", day, group)
                return kept
        return figures.rows

    def _told(self, tenant_id: str) -> _Told:
        now = datetime.now(UTC)
        at = told_at(last_word(self._events.path, tenant_id, now=now), now)
        return _Told(at, at if now - at > LONGEST_STAY else None)

    def _figures(
        self,
        queries: RollupQueries,
        group: Group,
        tenant_id: str,
        day: date,
        waiting: Mapping[str, pa.Table],
        now: datetime | None = None,
    ) -> _Figures:
        """Return a day's figures of `now`; None: those that are kept, where all who came left."""
        while True:
            try:
                sources = sources_of(self._events, tables_of(group, day), tenant_id)
                found = rows_of(group, sources.files, waiting)
            except FileNotFoundError:  # merged meanwhile
                continue
            start = midnight(day)
            end = start + _DAY
            rows = queries.quarters(group, found.tables, start=start, end=end, now=now)
            held = contents_of(self._events.path, found.rows)
            return _Figures(rows, sources, held, found.damaged)
