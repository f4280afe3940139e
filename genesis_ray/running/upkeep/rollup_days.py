"""The days that figures are of, and whether those that are stored are what their events give."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from genesis_ray.domain.figures.rollups import GROUPS, READ_BEYOND, Group
from genesis_ray.errors import StoreError
from genesis_ray.running.upkeep.rollup_sources import tables_of
from genesis_ray.store.events.event_contents import Content, contents_of, has_more, rows_in
from genesis_ray.store.events.event_folder import EventFolder, data_file_at
from genesis_ray.store.events.figure_sources import Listings, Sources, sources_of
from genesis_ray.store.events.rollup_folder import RollupFolder

_DAY = timedelta(days=1)


class RollupDays:
    """The days of one run's rollups."""

    def __init__(self, events: EventFolder, folder: RollupFolder) -> None:
        self._events = events
        self._folder = folder

    def of(self, group: Group, tenant_id: str) -> list[date]:
        """Return the days that can have figures, in order.

        They are those that have events, or figures that may be of events that are gone. Who came
        the day before may be there still, though nothing was told of that day.
        """
        found = {
            date.fromisoformat(partition.name.removeprefix("day="))
            for table in GROUPS[group].tables
            for partition in self._events.partitions(table, tenant_id)
        }
        return sorted({*following(group, found), *self._folder.days(group, tenant_id)})

    def sources(
        self, group: Group, tenant_id: str, day: date, seen: Listings | None = None
    ) -> Sources | None:
        """Return the event files of a day; None where they are merged at this moment."""
        try:
            return sources_of(self._events, tables_of(group, day), tenant_id, seen)
        except FileNotFoundError:
            return None

    def is_current(
        self, group: Group, tenant_id: str, day: date, broke_off: datetime | None
    ) -> bool:
        """Tell whether a day's figures are those of its events; see `Sources.made_of`."""
        stored = self._folder.made_of(group, tenant_id, day)
        if stored is None:
            return False
        sources = self.sources(group, tenant_id, day)
        return sources is not None and stored == sources.made_of(broke_off)

    def is_put_back(self, group: Group, tenant_id: str, day: date) -> bool:
        """Tell whether all rows that a sealed day's figures were made of are there, and more."""
        sources = self.sources(group, tenant_id, day)
        if sources is None or not sources.states:
            return False
        states, known = self._folder.made_of_files(group, tenant_id, day)
        if sources.states <= states:  # as nearly always: nothing came
            return False
        if known is None:  # of an earlier version, which did not note it
            return bool(states) and states < sources.states
        try:
            rows = rows_in(path for _, path in sources.files)
            return has_more(contents_of(self._events.path, rows), known)
        except (FileNotFoundError, StoreError):
            return False

    def too_late(self, group: Group, tenant_id: str, day: date) -> list[Path]:
        """Return files of a sealed day that its figures were not made of and cannot follow.

        Of its other rows some are gone, and figures such as the most people at once do not add up.
        """
        sources = self.sources(group, tenant_id, day)
        states, known = self._folder.made_of_files(group, tenant_id, day)
        if sources is None or sources.states <= states or known is None:
            return []
        late = []
        for _, path in sources.files:
            file, partition = data_file_at(path), str(path.parent.relative_to(self._events.path))
            held = known.get(partition, Content(frozenset(), 0)).segments
            if partition.endswith(f"day={day}") and not held >= {file.first, file.last}:
                late.append(path)
        return late


def following(group: Group, days: set[date]) -> set[date]:
    """Return days, and those after them into which what is told of them may reach."""
    _, after = READ_BEYOND[group]
    return days | {day + _DAY for day in days} if after else days


def is_open(group: Group, day: date, now: datetime) -> bool:
    """Tell whether events that are still to come have a say in a day's figures."""
    _, after = READ_BEYOND[group]
    return bool(after) and midnight(day) + _DAY + after >= now


def midnight(day: date) -> datetime:
    """Return the beginning of a UTC day."""
    return datetime.combine(day, time(), UTC)
