"""The tables of a run with one more: the people who are known."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow as pa

from genesis_ray.analytics.stored import Table, Tables
from genesis_ray.settings import Settings
from genesis_ray.store.identity_schemas import PEOPLE_SCHEMA
from genesis_ray.store.people import as_table
from genesis_ray.store.tenants import gallery_folder

PEOPLE = "people"


class WithPeople(Mapping[str, Table]):
    """Tables of one tenant and `people`: identity_id, name, kind, enrolled_at, as they are now."""

    def __init__(self, tables: Tables, settings: Settings) -> None:
        """Add the people whom the tenant of `settings` knows."""
        self._tables = tables
        self._settings = settings

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
        from genesis_ray.running.identities import who_is_who  # slow to load

        return as_table(who_is_who(self._settings).people)


def data_folder(settings: Settings, run: Path) -> Path:
    """Return where the data folder of a run is, seen from here.

    A relative one is of where the command was started that made the run. A notebook is somewhere
    else, so it is also looked for in the folders above the run.
    """
    named = settings.data_dir
    places = [named, *(above / named for above in run.resolve().parents)]
    return next((place for place in places if place.is_dir()), named)
