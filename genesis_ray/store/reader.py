"""Reading event tables, also while another process writes them.

Rows move from the write-ahead log to Parquet. A reader that looks at the log first and at
Parquet after sees each at least once, and drops what it saw twice.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

import pyarrow as pa

from genesis_ray.errors import NotFoundError
from genesis_ray.store import parquet_file
from genesis_ray.store.event_folder import EventFolder, live_files
from genesis_ray.store.rows import in_order, of_tenant, without
from genesis_ray.store.schemas import EVENT_SCHEMAS
from genesis_ray.store.wal import read_rows


def read_table(
    events: Path, table: str, tenant_id: str | None = None, *, since: date | None = None
) -> pa.Table:
    """Return a table's rows by (occurred_at, event_id), those not committed yet included.

    Args:
        events: A folder of events; a missing one has no rows.
        table: A key of EVENT_SCHEMAS.
        tenant_id: Only this tenant's rows. No file of another tenant is opened.
        since: No file of a day before is opened; some rows may be older.

    Raises:
        NotFoundError: There is no such table.
        StoreError: The folder has another schema version, or a file is damaged.
    """
    if table not in EVENT_SCHEMAS:
        raise NotFoundError(f"no table {table!r}; there are {', '.join(EVENT_SCHEMAS)}")
    folder = EventFolder(events)
    folder.check_version()
    waiting = _in_write_ahead_log(folder, table)
    written = _in_parquet(folder, table, tenant_id, since)
    rows = pa.concat_tables([written, without(waiting, written)])
    if tenant_id is not None:
        rows = of_tenant(rows, tenant_id)
    return in_order(rows)


class RunTables(Mapping[str, pa.Table]):
    """All event tables of a run, each read when it is asked for."""

    def __init__(self, events: Path, tenant_id: str | None = None) -> None:
        self._events = events
        self._tenant_id = tenant_id

    def __getitem__(self, table: str) -> pa.Table:
        if table not in EVENT_SCHEMAS:
            raise KeyError(table)
        return read_table(self._events, table, self._tenant_id)

    def __iter__(self) -> Iterator[str]:
        return iter(EVENT_SCHEMAS)

    def __len__(self) -> int:
        return len(EVENT_SCHEMAS)


def _in_write_ahead_log(folder: EventFolder, table: str) -> pa.Table:
    found = [EVENT_SCHEMAS[table].empty_table()]
    for sequence in folder.segments():
        try:
            content = folder.segment(sequence).read_bytes()
        except FileNotFoundError:  # committed meanwhile: its rows are in Parquet now
            continue
        if rows := read_rows(content, table).get(table):
            found.append(rows)
    return pa.concat_tables(found)


def _in_parquet(
    folder: EventFolder, table: str, tenant_id: str | None, since: date | None
) -> pa.Table:
    schema = EVENT_SCHEMAS[table]
    while True:
        try:
            files = _settled(folder, table, tenant_id, since)
            read = [parquet_file.read(path, schema) for path in files]
        except FileNotFoundError:  # compacted meanwhile
            continue
        return pa.concat_tables([schema.empty_table(), *read])


def _settled(
    folder: EventFolder, table: str, tenant_id: str | None, since: date | None
) -> list[Path]:
    """Return the table's files as two looks in a row agree on.

    A single look while a compaction renames and deletes may show neither the merged file nor
    those it replaces.
    """
    seen = None
    while True:
        partitions = folder.partitions(table, tenant_id, since)
        found = [file.path for partition in partitions for file in live_files(partition)]
        if found == seen:
            return found
        seen = found
