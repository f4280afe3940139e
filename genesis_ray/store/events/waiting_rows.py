"""Rows that are in the write-ahead log, and perhaps in no table yet."""

from pathlib import Path

import pyarrow as pa

from genesis_ray.store.events.event_folder import EventFolder
from genesis_ray.store.events.rows import of_tenant
from genesis_ray.store.events.wal_tails import wal_tails


def waiting_rows(events: Path, table: str, tenant_id: str) -> pa.Table:
    """Return a tenant's rows of a table in the write-ahead log; Parquet files may have some too.

    Read them before looking at the files: what is in neither then does not exist.
    """
    return of_tenant(wal_tails().rows(EventFolder(events), table), tenant_id)
