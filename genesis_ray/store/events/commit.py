"""From a write-ahead log segment to Parquet, in steps that may be repeated after a crash."""

import logging
from pathlib import Path

import pyarrow as pa

from genesis_ray.errors import StoreError
from genesis_ray.store.disk import make_folder, writing_to
from genesis_ray.store.events import parquet_file
from genesis_ray.store.events.event_folder import EventFolder, data_file, live_files
from genesis_ray.store.events.rows import by_partition, in_order, without
from genesis_ray.store.events.wal import read_rows, whole_bytes

_log = logging.getLogger(__name__)

_IDS = pa.schema([("event_id", pa.binary(16))])


def commit_segment(folder: EventFolder, sequence: int) -> list[Path]:
    """Write a segment's rows to their partitions, then delete it; return the partitions.

    Rows whose `event_id` a partition has already are left out; a damaged file there is left as
    it is. The files' names derive from the sequence, so a repetition writes the same files.

    Raises:
        StoreError: The disk is full or refuses; the segment stays, to be committed later.
    """
    path = folder.segment(sequence)
    content = path.read_bytes()
    if torn := len(content) - whole_bytes(content):
        _log.warning("%s: its last %d bytes, a record cut short, are dropped", path, torn)
    touched = []
    for table, rows in read_rows(content).items():
        for (tenant_id, day), part in by_partition(rows).items():
            partition = folder.partition(table, tenant_id, day)
            _write_part(partition, sequence, part)
            touched.append(partition)
    with writing_to(folder.path):
        path.unlink()
    return touched


def _write_part(partition: Path, sequence: int, rows: pa.Table) -> None:
    files = live_files(partition)
    if any(file.covers(sequence) for file in files):
        return
    known = [ids for file in files if (ids := _ids(file.path)) is not None]
    fresh = without(rows, pa.concat_tables([_IDS.empty_table(), *known]))
    if len(fresh):
        with writing_to(partition):
            make_folder(partition)
        parquet_file.write(data_file(partition, sequence, sequence), in_order(fresh))


def _ids(path: Path) -> pa.Table | None:
    """Return which rows a file has; None where it is damaged, and stays as it is."""
    try:
        return parquet_file.read(path, _IDS)
    except StoreError as error:
        _log.warning("%s; rows that it had may be written again", error)
        return None
