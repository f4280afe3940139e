"""The tables of a run with one more: the people who are known."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from genesis_ray.analytics.limits import Limits
from genesis_ray.analytics.present import PresentTables
from genesis_ray.analytics.stored import Table, Tables
from genesis_ray.domain.figures.rollups import Group
from genesis_ray.settings import Settings
from genesis_ray.store.tenant.identity_schemas import PEOPLE_SCHEMA
from genesis_ray.store.tenant.people import as_table
from genesis_ray.store.tenant.tenants import gallery_folder

PEOPLE = "people"


class WithPeople(Mapping[str, Table]):
    """Tables of one tenant and `people`: identity_id, name, kind, enrolled_at, as they are now.

    In all else they are the tables that they were made of: with their limits, their rollups and
    what they know of retention.
    """

    def __init__(self, tables: PresentTables, settings: Settings) -> None:
        """Add the people whom the tenant of `settings` knows."""
        self._tables = tables
        self._settings = settings

    @property
    def limits(self) -> Limits:
        """Those of each query over these tables."""
        return self._tables.limits

    def between(self, since: datetime | None, until: datetime | None) -> "WithPeople":
        """Return the tables with the rows that occurred in [since, until), and all people."""
        return WithPeople(self._tables.between(since, until), self._settings)

    @property
    def as_written(self) -> Tables:
        """The tables as they were written."""
        return self._tables.as_written

    def quarters(
        self, group: Group, figures: Sequence[str], since: datetime, until: datetime
    ) -> pa.Table | None:
        """Return keys and some figures of quarters of an hour in [since, until), where known."""
        return self._tables.quarters(group, figures, since, until)

    def told_at(self, now: datetime) -> datetime:
        """Return the moment that the tables tell of, asked `now`."""
        return self._tables.told_at(now)

    def rows_since(self, table: str) -> datetime:
        """Return the time before which rows of a table are gone."""
        return self._tables.rows_since(table)

    def quarters_since(self, group: Group) -> datetime | None:
        """Return the time before which figures of a group are gone; None: there are none."""
        return self._tables.quarters_since(group)

    def first_quarters(self, group: Group) -> datetime | None:
        """Return the beginning of the first day that figures of a group are of; None: of none."""
        return self._tables.first_quarters(group)

    def __getitem__(self, table: str) -> Table:
        return self._people() if table == PEOPLE else self._tables[table]

    def __iter__(self) -> Iterator[str]:
        yield from self._tables
        yield PEOPLE

    def __len__(self) -> int:
        return len(self._tables) + 1

    def _people(self) -> pa.Table:
        if not gallery_folder(self._settings.data_dir, self._settings.tenant_id).is_dir():
            return PEOPLE_SCHEMA.empty_table()
        from genesis_ray.running.people.identities import who_is_who  # slow to load

        return as_table(who_is_who(self._settings).people)


def data_folder(settings: Settings, run: Path) -> Path:
    """Return where the data folder of a run is, seen from here.

    A relative one is of where the command was started that made the run. A notebook is somewhere
    else, so it is also looked for in the folders above the run.
    """
    named = settings.data_dir
    places = [named, *(above / named for above in run.resolve().parents)]
    return next((place for place in places if place.is_dir()), named)
