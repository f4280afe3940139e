"""Rows that are in the write-ahead log, and perhaps in no table yet."""

from pathlib import Path

import pyarrow as pa

from genesis_ray.store.event_folder import EventFolder
from genesis_ray.store.rows import of_tenant
from genesis_ray.store.schemas import EVENT_SCHEMAS
from genesis_ray.store.wal import read_rows


def waiting_rows(events: Path, table: str, tenant_id: str) -> pa.Table:
    """Return a tenant's rows of a table in the write-ahead log; Parquet files may have some too.

    Read them before looking at the files: what is in neither then does not exist.
    """
    folder = EventFolder(events)
    found = [EVENT_SCHEMAS[table].empty_table()]
    for sequence in folder.segments():
        try:
            content = folder.segment(sequence).read_bytes()
        except FileNotFoundError:  # committed meanwhile: its rows are in Parquet now
            continue
        if rows := read_rows(content, table).get(table):
            found.append(of_tenant(rows, tenant_id))
    return pa.concat_tables(found)
