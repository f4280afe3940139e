"""What a crash left in a folder of events, and files that were put back too late to count."""

import logging
from pathlib import Path

import pyarrow as pa

from genesis_ray.errors import StoreError
from genesis_ray.store.disk import TEMPORARY
from genesis_ray.store.events import parquet_file
from genesis_ray.store.events.event_folder import DataFile, EventFolder, covered_files
from genesis_ray.store.events.rows import in_order, without
from genesis_ray.store.schemas import EVENT_SCHEMAS

_log = logging.getLogger(__name__)


def remove_remnants(folder: EventFolder) -> None:
    """Delete what a crash left behind: files half written, and files that others cover.

    A file that was out of the folder, as one that is being repaired, while those round it were
    merged is covered too, and its rows are not in what covers it: they are taken over first. What
    is damaged is left as it is.

    Raises:
        StoreError: The disk is full or refuses.
    """
    for partition in folder.partitions():
        for path in partition.glob(f"*{TEMPORARY}"):
            path.unlink()
        for file, cover in covered_files(partition):
            try:
                _take_over(file, cover, EVENT_SCHEMAS[_table_of(partition, folder)])
            except StoreError as error:
                _log.warning("%s; it is left as it is", error)
            else:
                file.path.unlink()


def _take_over(file: DataFile, cover: DataFile, schema: pa.Schema) -> None:
    known = parquet_file.read(cover.path, schema)
    missing = without(parquet_file.read(file.path, schema), known)
    if len(missing):
        _log.warning("%s was put back: %s has its rows now", file.path, cover.path)
        parquet_file.write(cover.path, in_order(pa.concat_tables([known, missing])))


def _table_of(partition: Path, folder: EventFolder) -> str:
    return partition.relative_to(folder.path).parts[0]
