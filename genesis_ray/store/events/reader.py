"""Reading event tables, also while another process writes them.

Rows move from the write-ahead log to Parquet. A reader that looks at the log first and at
Parquet after sees each at least once, and drops what it saw twice.
"""

from collections.abc import Iterator, Mapping
from copy import copy
from datetime import UTC, date, datetime, time
from pathlib import Path

import pyarrow as pa

from genesis_ray.errors import ConfigurationError, NotFoundError
from genesis_ray.store.events import parquet_file
from genesis_ray.store.events.damaged import DamagedFiles
from genesis_ray.store.events.event_folder import EventFolder
from genesis_ray.store.events.rows import in_order, without
from genesis_ray.store.events.selection import Selection, common
from genesis_ray.store.lance.stored_table import StoredTable
from genesis_ray.store.schemas import EVENT_SCHEMAS


def read_table(
    events: Path, table: str, tenant_id: str | None = None, *, since: date | None = None
) -> pa.Table:
    """Return a table's rows by (occurred_at, event_id), those not committed yet included.

    For who needs all of them and cannot do without one: a damaged file is an error. Questions
    are put to `RunTables`.

    Args:
        events: A folder of events; a missing one has no rows.
        table: A key of EVENT_SCHEMAS.
        tenant_id: Only this tenant's rows. No file of another tenant is opened.
        since: No row and no file of a day before counts.

    Raises:
        NotFoundError: There is no such table.
        StoreError: The folder has another schema version, or a file is damaged.
    """
    if table not in EVENT_SCHEMAS:
        raise NotFoundError(f"no table {table!r}; there are {', '.join(EVENT_SCHEMAS)}")
    selection = Selection(
        folder=EventFolder(events),
        table=table,
        tenant_id=tenant_id,
        since=datetime.combine(since, time(), UTC) if since else None,
    )
    selection.folder.check_version()
    waiting = selection.waiting()
    written = _in_parquet(selection)
    return in_order(pa.concat_tables([written, without(waiting, written)]))


class RunTables(Mapping[str, StoredTable]):
    """All event tables of a run, each looked up, not read, when it is asked for."""

    def __init__(
        self,
        events: Path,
        tenant_id: str | None = None,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> None:
        """Choose rows of a folder of events; a missing one has none.

        Args:
            events: The folder.
            tenant_id: Only this tenant's rows. No file of another tenant is opened.
            since: Only rows from then on; no file of a day before is opened.
            until: Only rows before then; no file of a later day is opened.

        Raises:
            ConfigurationError: The time ends before it begins.
        """
        if since and until and since >= until:
            raise ConfigurationError(
                f"from {since.isoformat()} until {until.isoformat()} is no time: it is to end "
                f"after it begins"
            )
        self._folder = EventFolder(events)
        self._tenant_id = tenant_id
        self._since = since
        self._until = until
        self._damaged = DamagedFiles()

    def between(self, since: datetime | None, until: datetime | None) -> "RunTables":
        """Return the tables with those of the same rows that occurred in [since, until).

        Where that is no time all of them stay.
        """
        own = copy(self)
        own._since, own._until = common((self._since, self._until), (since, until))
        return own

    @property
    def events(self) -> Path:
        """The folder of events that they are of."""
        return self._folder.path

    def damaged(self) -> list[Path]:
        """Return the files that were left out of a table so far and are still there, damaged."""
        return self._damaged.present()

    def __getitem__(self, table: str) -> StoredTable:
        if table not in EVENT_SCHEMAS:
            raise KeyError(table)
        selection = Selection(
            folder=self._folder,
            table=table,
            tenant_id=self._tenant_id,
            since=self._since,
            until=self._until,
        )
        return StoredTable.look_up(selection, self._damaged)

    def __contains__(self, table: object) -> bool:
        return table in EVENT_SCHEMAS

    def __iter__(self) -> Iterator[str]:
        return iter(EVENT_SCHEMAS)

    def __len__(self) -> int:
        return len(EVENT_SCHEMAS)


def _in_parquet(selection: Selection) -> pa.Table:
    while True:
        try:
            read = [parquet_file.read(path, selection.schema) for path in selection.files()]
        except FileNotFoundError:  # compacted meanwhile
            continue
        return selection.of(pa.concat_tables([selection.schema.empty_table(), *read]))
